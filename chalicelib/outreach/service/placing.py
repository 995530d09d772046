"""Where a guest is, as far as messages are concerned: which property speaks, in which zone, under whose law."""

from __future__ import annotations

from datetime import time

from chalicelib.directory.service import Chain, Property, find_property
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.rules.timing import Quiet
from chalicelib.stays import service as stays

BEEN_THERE = frozenset({"in_house", "checked_out"})

# A chain has no quiet hours of its own: where no property speaks, the usual ones hold.
DEFAULT_QUIET = Quiet(time(21), time(9))


@dataclass(frozen=True)
class Place:
    """The property that speaks (None: the chain), the guest's zone, and what follows from the two."""

    house: Property | None
    zone: str
    country: str
    quiet: Quiet

    @property
    def property_id(self) -> str | None:
        """Id of the property that speaks."""
        return str(self.house.id) if self.house is not None else None


def place_of(scope: Scope, chain: Chain, guest: Guest) -> Place:
    """Where a guest is reached: last property stayed at, else the next one booked, else home, else nowhere special.

    Stays are read only if the guest is known to several properties.
    """
    return place_at(chain, guest, _house_of(scope, guest))


def place_at(chain: Chain, guest: Guest, house: Property | None) -> Place:
    """The place if a given property speaks."""
    if house is None:
        return Place(None, guest.time_zone or chain.time_zone, chain.country, DEFAULT_QUIET)
    quiet = Quiet(time.fromisoformat(house.quiet_start), time.fromisoformat(house.quiet_end))
    return Place(house, guest.time_zone or house.time_zone, house.country, quiet)


def zones_of(scope: Scope, guest: Guest) -> set[str]:
    """Every zone that a guest's day may begin in; empty if nothing tells."""
    if guest.time_zone:
        return {str(guest.time_zone)}
    houses = (find_property(scope, property_id) for property_id in _known_to(guest))
    return {str(house.time_zone) for house in houses if house is not None}


def _known_to(guest: Guest) -> set[str]:
    known = set(guest.property_ids or ())
    return known | {guest.home_property_id} if guest.home_property_id else known


def _house_of(scope: Scope, guest: Guest) -> Property | None:
    known = _known_to(guest)
    if len(known) > 1:
        known = {_by_stays(scope, guest) or guest.home_property_id or ""}
    property_id = next(iter(known), "")
    return find_property(scope, property_id) if property_id else None


def _by_stays(scope: Scope, guest: Guest) -> str | None:
    found = stays.of_guest(scope, *guest.ids)
    for stay in found:  # newest arrival first
        if stay.status in BEEN_THERE:
            return stay.property_id
    today = local_day(scope.now, "UTC").isoformat()
    booked = [stay for stay in reversed(found) if stay.status == "booked" and stay.departure >= today]
    return booked[0].property_id if booked else None
