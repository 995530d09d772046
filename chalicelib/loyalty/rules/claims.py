"""Claims for stays that are missing from a member's account: what may be claimed, and how a claim keeps its stay.

A stay is known by its house and its nights, because a stay that is missing may have no number here. What overlaps is
one stay: nobody sleeps in two beds, and a booking system that moves a date by a day tells of the same stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, get_args

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_, InvalidValue

ClaimStatus = Literal["open", "approved", "rejected"]
ClaimCause = Literal["not_credited", "booked_elsewhere", "name_differs", "before_joining", "other"]
ClaimRefusal = Literal["not_eligible", "no_proof", "other_guest", "credited_already", "too_late"]
CLAIM_CAUSES: tuple[ClaimCause, ...] = get_args(ClaimCause)
CLAIM_REFUSALS: tuple[ClaimRefusal, ...] = get_args(ClaimRefusal)

CLAIMS_MAX = 50  # of one member: they lie in the header, which every entry writes
CLAIM_DAYS_MAX = 3_650
NIGHTS_MAX = 366


class StayClaimed(Conflict):
    """There is a claim for this stay already."""

    type, title = "stay_claimed", N_("This stay has been claimed before")


class StayNotClaimable(Conflict):
    """The stay is none that points can be claimed for."""

    type, title = "stay_not_claimable", N_("No points can be claimed for this stay")


@dataclass(frozen=True)
class Claimed:
    """What a member's header keeps of a claim."""

    id: str
    status: str
    property_id: str
    arrival: date
    departure: date

    def covers(self, property_id: str, arrival: date, departure: date) -> bool:
        """Whether it is about the stay at a house on these days."""
        is_same = (self.arrival, self.departure) == (arrival, departure)
        overlaps = max(self.arrival, arrival) < min(self.departure, departure)
        return self.property_id == property_id and (is_same or overlaps)


def claims_in(kept: Mapping[str, Any] | None) -> list[Claimed]:
    """The claims that a header keeps."""
    return [
        Claimed(claim_id, status, property_id, date.fromisoformat(arrival), date.fromisoformat(departure))
        for claim_id, (status, property_id, arrival, departure) in sorted((kept or {}).items())
    ]


def claims_with(kept: Mapping[str, Any] | None, claim: Claimed) -> dict[str, Any]:
    """What a header keeps once a claim is as given."""
    told = [claim.status, claim.property_id, claim.arrival.isoformat(), claim.departure.isoformat()]
    return {**(kept or {}), claim.id: told}


def check_days(arrival: date, departure: date) -> None:
    """Raises InvalidValue, about the departure, for days that no stay has."""
    if departure < arrival:
        raise InvalidValue(N_("The departure lies before the arrival."))
    if (departure - arrival).days > NIGHTS_MAX:
        raise InvalidValue(N_("A stay has at most 366 nights."))


def check_claimable(known: list[Claimed], wanted: Claimed, *, today: date, days_max: int) -> None:
    """Raises StayClaimed for a stay claimed before; StayNotClaimable for one that is too old or not over, or too many.

    `days_max` is how old the departure may be; 0: the programme takes no claims.
    """
    if not days_max:
        raise StayNotClaimable(N_("This programme takes no claims."))
    if wanted.departure > today:
        raise StayNotClaimable(N_("This stay is not over."))
    if (today - wanted.departure).days > days_max:
        raise StayNotClaimable(
            N_("A stay can be claimed for %(most)d days after it has ended."), values={"most": days_max}
        )
    if any(one.covers(wanted.property_id, wanted.arrival, wanted.departure) for one in known):
        raise StayClaimed(N_("There is one claim for each stay, whatever became of it."))
    if len(known) >= CLAIMS_MAX:
        raise StayNotClaimable(N_("A member has at most %(most)d claims."), values={"most": CLAIMS_MAX})
