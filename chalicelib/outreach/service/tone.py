"""The tone towards guests who are in house: what is for the market waits until they have left."""

from __future__ import annotations

from datetime import date, datetime

from chalicelib.directory import service as directory
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import day_bounds, local_day
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.rules.journey import waits_in_house
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays


def in_house(scope: Scope, guest: Guest, plan: Plan, *, at: datetime | None = None) -> tuple[bool, datetime | None]:
    """Whether a message keeps silent because its guest is in house, and until when it may wait. Only offers ask: their
    guest's stays are read. `at` is the instant to come at which that is asked, for whoever looks ahead: by then guests
    have left who leave as they said, and those are there who have booked."""
    if plan.purpose != "marketing":
        return False, None
    place = plan.place
    leaves_at = _leaves_at(scope, guest) if at is None else _will_leave_at(scope, guest, at)
    return waits_in_house(plan.purpose, leaves_at, plan.window, place.zone, place.quiet)


def _leaves_at(scope: Scope, guest: Guest) -> datetime | None:
    """When the last of the days of departure is over, of the stays in which the guest is in house."""
    ends = []
    for stay in stays.of_guest(scope, *guest.ids):
        house = directory.find_property(scope, stay.property_id) if stay.is_in_house else None
        if house is not None:
            zone = str(house.time_zone)
            last = max(date.fromisoformat(str(stay.departure)), local_day(scope.now, zone))  # some stay on unannounced
            ends.append(day_bounds(last, zone)[1])
    return max(ends, default=None)


def _will_leave_at(scope: Scope, guest: Guest, at: datetime) -> datetime | None:
    """The same at an instant to come, as the stays are booked. Who arrives on that very day is not there yet."""
    ends = []
    for stay in stays.of_guest(scope, *guest.ids):
        house = directory.find_property(scope, stay.property_id)
        if house is None or not (stay.is_in_house or stay.status == "booked"):
            continue
        zone, last = str(house.time_zone), date.fromisoformat(str(stay.departure))
        if stay.is_in_house:
            last = max(last, local_day(scope.now, zone))
        there_on = local_day(at, zone)
        has_come = stay.is_in_house or date.fromisoformat(str(stay.arrival)) < there_on
        if has_come and there_on <= last:
            ends.append(day_bounds(last, zone)[1])
    return max(ends, default=None)
