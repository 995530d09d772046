"""Use-cases of guests, for this context's doors and for the contexts above."""

from chalicelib.guests.kinds import (
    BACKFILL_KIND,
    HOUSES_KIND,
    LINK_KIND,
    MATCH_GROUP_KIND,
    MATCH_KIND,
    MERGE_KIND,
    PART_KIND,
)
from chalicelib.guests.models import Guest, Merge
from chalicelib.guests.ports import Held
from chalicelib.guests.service.backfilling import Backfill, backfill_of, start_backfill
from chalicelib.guests.service.consenting import History, consent_history, set_consent, withdraw_consent
from chalicelib.guests.service.holdings import held
from chalicelib.guests.service.import_columns import IMPORT_COLUMNS
from chalicelib.guests.service.import_undoing import UNDO_GROUP_ROWS, stage_undo
from chalicelib.guests.service.importing import IMPORT_GROUP_ROWS, read_ahead, show_import, stage_import
from chalicelib.guests.service.merging import merge
from chalicelib.guests.service.merging import step as merge_step
from chalicelib.guests.service.pairing import (
    arm_match,
    arm_match_group,
    link,
    match_group,
    match_guest,
    note_merged,
    note_parted,
)
from chalicelib.guests.service.parting import is_parted, merge_of, part
from chalicelib.guests.service.parting import step as part_step
from chalicelib.guests.service.previews import Preview, Side, merges_page, preview
from chalicelib.guests.service.quality import note_contact
from chalicelib.guests.service.reading import (
    check_unchanged,
    contact_owner_count,
    contact_owners,
    find,
    find_many,
    get,
    ids_by_external,
)
from chalicelib.guests.service.recording import create, update, upsert_external
from chalicelib.guests.service.relations import is_child_companion
from chalicelib.guests.service.reviewing import Review, ReviewPage, Tally, decide, matches_page, report, review_of
from chalicelib.guests.service.searching import GuestPage, list_page, search
from chalicelib.guests.service.writing import note_seen_at, refresh_houses

__all__ = [
    "BACKFILL_KIND",
    "HOUSES_KIND",
    "IMPORT_COLUMNS",
    "IMPORT_GROUP_ROWS",
    "LINK_KIND",
    "MATCH_GROUP_KIND",
    "MATCH_KIND",
    "MERGE_KIND",
    "PART_KIND",
    "UNDO_GROUP_ROWS",
    "Backfill",
    "Guest",
    "GuestPage",
    "Held",
    "History",
    "Merge",
    "Preview",
    "Review",
    "ReviewPage",
    "Side",
    "Tally",
    "arm_match",
    "arm_match_group",
    "backfill_of",
    "check_unchanged",
    "consent_history",
    "contact_owner_count",
    "contact_owners",
    "create",
    "decide",
    "find",
    "find_many",
    "get",
    "held",
    "ids_by_external",
    "is_child_companion",
    "is_parted",
    "link",
    "list_page",
    "match_group",
    "match_guest",
    "matches_page",
    "merge",
    "merge_of",
    "merge_step",
    "merges_page",
    "note_contact",
    "note_merged",
    "note_parted",
    "note_seen_at",
    "part",
    "part_step",
    "preview",
    "read_ahead",
    "refresh_houses",
    "report",
    "review_of",
    "search",
    "set_consent",
    "show_import",
    "stage_import",
    "stage_undo",
    "start_backfill",
    "update",
    "upsert_external",
    "withdraw_consent",
]
