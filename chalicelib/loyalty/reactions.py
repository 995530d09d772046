"""What loyalty does when stays change, and when entries have been booked."""

from __future__ import annotations

from chalicelib.guests.events import GUESTS_MERGED, GUESTS_PARTED
from chalicelib.kernel.events import Event, reacts_to
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import service
from chalicelib.loyalty.events import POINTS_BOOKED
from chalicelib.loyalty.service import holding  # noqa: F401  (registers why a guest must stay)
from chalicelib.stays.events import STAY_CHANGED, STAYS_IMPORTED


@reacts_to(STAY_CHANGED, "loyalty.price_stay")
def price_stay(scope: Scope, event: Event, unit: Unit) -> None:
    """Book what the stay earns as it stands now, and take back what it no longer does."""
    guest_ids = [event.detail["guest_id"], event.detail.get("from_guest_id")]
    service.price_stay(scope, unit, event.subject_id, [one for one in guest_ids if one])


@reacts_to(STAYS_IMPORTED, "loyalty.price_guests")
def price_guests(scope: Scope, event: Event, unit: Unit) -> None:
    """Have the stays of those guests priced who are members."""
    service.price_guests(scope, unit, event.detail["guest_ids"])


@reacts_to(GUESTS_MERGED, "loyalty.join_members")
def join_members(scope: Scope, event: Event, unit: Unit) -> None:
    """Join the memberships of guests who have turned out to be one."""
    service.follow_merge(scope, unit, event.subject_id, event.detail["absorbed_id"], event.detail["merge_id"])


@reacts_to(GUESTS_PARTED, "loyalty.part_members")
def part_members(scope: Scope, event: Event, unit: Unit) -> None:
    """Part the memberships of guests who have turned out to be two."""
    service.part_guests(scope, unit, event.detail["absorbed_id"], event.detail["merge_id"])


@reacts_to(POINTS_BOOKED, "loyalty.count")
def count(scope: Scope, event: Event, unit: Unit) -> None:
    """Keep count of what the chain owes."""
    detail = event.detail
    service.count(scope, unit, detail["programme_id"], event.subject_id, detail["first"], detail["last"])
