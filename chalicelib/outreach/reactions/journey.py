"""What outreach does for the journeys of stays when clocks and hours change, and for points that end."""

from __future__ import annotations

from chalicelib.directory.events import CHAIN_CHANGED, PROPERTY_CHANGED
from chalicelib.kernel.events import Event, reacts_to
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty.events import POINTS_ENDING
from chalicelib.outreach import service
from chalicelib.outreach.service import accompanying, reminding


@reacts_to(CHAIN_CHANGED, "outreach.arm_journeys")
def arm_journeys(scope: Scope, event: Event, unit: Unit) -> None:
    """Move the steps of the chain's stays if its hour has changed."""
    if "greeting_hour" in event.detail.get("fields", ()):
        accompanying.arm_again(scope, unit)


@reacts_to(PROPERTY_CHANGED, "outreach.arm_journeys")
def arm_journeys_of_house(scope: Scope, event: Event, unit: Unit) -> None:
    """Move the steps of a property's stays if its clock has changed."""
    if not service.MOVES_PROPERTY.isdisjoint(event.detail.get("fields", ())):
        accompanying.arm_again(scope, unit)


@reacts_to(POINTS_ENDING, "outreach.remind")
def remind(scope: Scope, event: Event, unit: Unit) -> None:
    """Let a member know of points that end."""
    detail = event.detail
    reminding.arm(scope, unit, event.subject_id, detail["guest_id"], detail["last_day"])
