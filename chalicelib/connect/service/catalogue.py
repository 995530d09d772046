"""Which kinds of files there are: what the contexts below offer for importing."""

from chalicelib.connect.service.kinds import Kind, register
from chalicelib.guests import service as guests
from chalicelib.loyalty import service as loyalty
from chalicelib.stays import service as stays

KINDS = (
    Kind(
        "guests", guests.IMPORT_COLUMNS, guests.IMPORT_GROUP_ROWS, guests.stage_import, guests.read_ahead,
        show=guests.show_import, undo=guests.stage_undo, undo_rows=guests.UNDO_GROUP_ROWS,
    ),
    Kind(
        "stays", stays.IMPORT_COLUMNS, stays.IMPORT_GROUP_ROWS, stays.stage_import, stays.read_ahead,
        show=stays.show_import, undo=stays.stage_undo, undo_rows=stays.UNDO_GROUP_ROWS,
    ),
    Kind(
        "points", loyalty.IMPORT_COLUMNS, loyalty.IMPORT_GROUP_ROWS, loyalty.stage_import,
        permission=loyalty.IMPORT_PERMISSION,
    ),
)  # fmt: skip

for kind in KINDS:
    register(kind)
