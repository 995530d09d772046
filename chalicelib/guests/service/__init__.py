"""Use-cases of guests, for this context's doors and for the contexts above."""

from chalicelib.guests.models import Guest
from chalicelib.guests.service import activity
from chalicelib.guests.service.consenting import History, consent_history, set_consent, withdraw_consent
from chalicelib.guests.service.import_columns import IMPORT_COLUMNS
from chalicelib.guests.service.importing import IMPORT_GROUP_ROWS, read_ahead, stage_import
from chalicelib.guests.service.quality import note_contact
from chalicelib.guests.service.reading import (
    check_unchanged,
    contact_owner_count,
    find,
    find_many,
    get,
    ids_by_external,
)
from chalicelib.guests.service.recording import create, update, upsert_external
from chalicelib.guests.service.relations import is_child_companion
from chalicelib.guests.service.searching import GuestPage, list_page, search
from chalicelib.guests.service.writing import HOUSES_KIND, note_seen_at, refresh_houses

__all__ = [
    "HOUSES_KIND",
    "IMPORT_COLUMNS",
    "IMPORT_GROUP_ROWS",
    "Guest",
    "GuestPage",
    "History",
    "activity",
    "check_unchanged",
    "consent_history",
    "contact_owner_count",
    "create",
    "find",
    "find_many",
    "get",
    "ids_by_external",
    "is_child_companion",
    "list_page",
    "note_contact",
    "note_seen_at",
    "read_ahead",
    "refresh_houses",
    "search",
    "set_consent",
    "stage_import",
    "update",
    "upsert_external",
    "withdraw_consent",
]
