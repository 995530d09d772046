"""What guests do about their own news: whoever is new or has changed is matched."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


def match_changed(scope: Scope, event: Event, unit: Unit) -> None:
    """Match a guest who is new, or of whom something has changed that tells people apart."""
    service.arm_match(unit, [event.subject_id], None if event.detail.get("is_new") else event.detail.get("fields", ()))


def match_imported(scope: Scope, event: Event, unit: Unit) -> None:
    """Match the guests of a group of rows."""
    service.arm_match_group(unit, event.subject_id, event.detail["ids"])


def answer_pair(scope: Scope, event: Event, unit: Unit) -> None:
    """Two guests are one: nobody is asked about them any more."""
    detail = event.detail
    service.note_merged(scope, unit, event.subject_id, detail["absorbed_id"], detail.get("merge_id"))


def keep_apart(scope: Scope, event: Event, unit: Unit) -> None:
    """A merge was undone: the two are not linked again."""
    detail = event.detail
    service.note_parted(scope, unit, event.subject_id, detail["absorbed_id"], detail.get("merge_id"))
