"""What outreach does for the journeys of stays when clocks and hours change, and for points that end."""

from __future__ import annotations

from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import service
from chalicelib.outreach.service import accompanying, reminding


def arm_journeys(scope: Scope, event: Event, unit: Unit) -> None:
    """Move the steps of the chain's stays if its hour has changed."""
    if "greeting_hour" in event.detail.get("fields", ()):
        accompanying.arm_again(scope, unit)


def arm_journeys_of_house(scope: Scope, event: Event, unit: Unit) -> None:
    """Move the steps of a property's stays if its clock has changed."""
    if not service.MOVES_PROPERTY.isdisjoint(event.detail.get("fields", ())):
        accompanying.arm_again(scope, unit)


def remind(scope: Scope, event: Event, unit: Unit) -> None:
    """Let a member know of points that end."""
    detail = event.detail
    reminding.arm(scope, unit, event.subject_id, detail["guest_id"], detail["last_day"])
