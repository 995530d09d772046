"""What guests do about their own news: whoever is new or has changed is matched."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.guests.events import GUEST_CHANGED, GUESTS_IMPORTED, GUESTS_MERGED, GUESTS_PARTED
from chalicelib.kernel.events import Event, reacts_to
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


@reacts_to(GUEST_CHANGED, "guests.match")
def match_changed(scope: Scope, event: Event, unit: Unit) -> None:
    """Match a guest who is new, or of whom something has changed that tells people apart."""
    service.arm_match(unit, [event.subject_id], None if event.detail.get("is_new") else event.detail.get("fields", ()))


@reacts_to(GUESTS_IMPORTED, "guests.match_group")
def match_imported(scope: Scope, event: Event, unit: Unit) -> None:
    """Match the guests of a group of rows."""
    service.arm_match_group(unit, event.subject_id, event.detail["ids"])


@reacts_to(GUESTS_MERGED, "guests.answer_pair")
def answer_pair(scope: Scope, event: Event, unit: Unit) -> None:
    """Two guests are one: nobody is asked about them any more."""
    detail = event.detail
    service.note_merged(scope, unit, event.subject_id, detail["absorbed_id"], detail.get("merge_id"))


@reacts_to(GUESTS_PARTED, "guests.keep_apart")
def keep_apart(scope: Scope, event: Event, unit: Unit) -> None:
    """A merge was undone: the two are not linked again."""
    detail = event.detail
    service.note_parted(scope, unit, event.subject_id, detail["absorbed_id"], detail.get("merge_id"))
