"""Which kinds of files there are: what the contexts below offer for importing."""

from chalicelib.connect.service.kinds import Kind, register
from chalicelib.guests import service as guests
from chalicelib.stays import service as stays

KINDS = (
    Kind("guests", guests.IMPORT_COLUMNS, guests.IMPORT_GROUP_ROWS, guests.stage_import, guests.read_ahead),
    Kind("stays", stays.IMPORT_COLUMNS, stays.IMPORT_GROUP_ROWS, stays.stage_import, stays.read_ahead),
)

for kind in KINDS:
    register(kind)
