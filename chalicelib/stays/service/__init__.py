"""What other rooms and contexts use of stays."""

from chalicelib.stays.models import Stay
from chalicelib.stays.rules import STATUSES
from chalicelib.stays.service.columns import IMPORT_COLUMNS
from chalicelib.stays.service.finding import find, find_many, get, of_guest, search
from chalicelib.stays.service.import_undoing import UNDO_GROUP_ROWS, guests_with_stays, stage_undo
from chalicelib.stays.service.importing import IMPORT_GROUP_ROWS, read_ahead, show_import, stage_import
from chalicelib.stays.service.listing import (
    StayPage,
    Totals,
    arrivals,
    departures,
    ended,
    in_house,
    leaving_from,
    list_page,
    today_at,
    totals,
)
from chalicelib.stays.service.recording import record, update, upsert_external

__all__ = [
    "IMPORT_COLUMNS",
    "IMPORT_GROUP_ROWS",
    "STATUSES",
    "UNDO_GROUP_ROWS",
    "Stay",
    "StayPage",
    "Totals",
    "arrivals",
    "departures",
    "ended",
    "find",
    "find_many",
    "get",
    "guests_with_stays",
    "in_house",
    "leaving_from",
    "list_page",
    "of_guest",
    "read_ahead",
    "record",
    "search",
    "show_import",
    "stage_import",
    "stage_undo",
    "today_at",
    "totals",
    "update",
    "upsert_external",
]
