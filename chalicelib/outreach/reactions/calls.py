"""What the call desk does when stays and guests change."""

from __future__ import annotations

from chalicelib.kernel import agenda
from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.service import silence


def follow_silence(scope: Scope, event: Event, unit: Unit) -> None:
    """A stay was booked, has ended, was cancelled or moved: so has the day on which the guest falls silent."""
    ids = [event.detail["guest_id"], event.detail.get("from_guest_id")]
    silence.follow(scope, unit, [one for one in ids if one])


def follow_silences(scope: Scope, event: Event, unit: Unit) -> None:
    """The same for the guests of a group of imported rows."""
    silence.follow(scope, unit, event.detail["guest_ids"])


def follow_merged_silence(scope: Scope, event: Event, unit: Unit) -> None:
    """Nobody is called twice because two records were one person's."""
    silence.follow_merge(scope, unit, event.detail["absorbed_id"])


def follow_parted_silence(scope: Scope, event: Event, unit: Unit) -> None:
    """Each of two guests has a rhythm of their own again."""
    silence.follow(scope, unit, [event.subject_id, event.detail["absorbed_id"]])


def forget_silence(scope: Scope, event: Event, unit: Unit) -> None:
    """Take what was watched of a guest who is gone off the agenda."""
    if agenda.is_armed(scope, event.subject_id, kinds.SILENCE):
        agenda.disarm(unit, subject_id=event.subject_id, kind=kinds.SILENCE)
