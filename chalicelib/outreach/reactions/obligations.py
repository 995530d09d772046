"""What is owed to guests follows from their stays, from merges, and from calls."""

from __future__ import annotations

from datetime import date

from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.rules.calls import SILENCE
from chalicelib.outreach.service import monthly, owing


def owe_after_stay(scope: Scope, event: Event, unit: Unit) -> None:
    """Owe a guest a word after a first stay, and a regular one a word each month."""
    owing.owe_after_stays(scope, unit, [(event.detail["guest_id"], event.subject_id)])


def owe_after_stays(scope: Scope, event: Event, unit: Unit) -> None:
    """The same for the stays that an import has seen to end; history owes nothing."""
    owing.owe_after_stays(scope, unit, [(guest_id, stay_id) for guest_id, stay_id in event.detail["completed"]])


def owe_merged(scope: Scope, event: Event, unit: Unit) -> None:
    """Two guests' stays together may make a regular one."""
    monthly.follow_guests(scope, unit, [event.subject_id])


def owe_parted(scope: Scope, event: Event, unit: Unit) -> None:
    """Either of two may be a regular guest alone."""
    monthly.follow_guests(scope, unit, [event.subject_id, event.detail["absorbed_id"]])


def owe_call(scope: Scope, event: Event, unit: Unit) -> None:
    """A guest who has fallen silent is owed a call."""
    if event.detail["cause"] == SILENCE:
        owing.owe_call(scope, unit, event.detail["guest_id"], _task(event))


def end_call(scope: Scope, event: Event, unit: Unit) -> None:
    """A call was made, or was not; whatever it was for, a talk is a contact."""
    is_owed, outcome = event.detail["cause"] == SILENCE, event.detail["outcome"]
    owing.end_call(scope, unit, event.detail["guest_id"], _task(event), outcome, is_owed=is_owed)


def _task(event: Event) -> tuple[str, str, date]:
    return event.subject_id, event.detail["property_id"], date.fromisoformat(event.detail["due_on"])
