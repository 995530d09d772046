"""What loyalty does when stays change, and when entries have been booked."""

from __future__ import annotations

from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import service


def price_stay(scope: Scope, event: Event, unit: Unit) -> None:
    """Book what the stay earns as it stands now, and take back what it no longer does."""
    guest_ids = [event.detail["guest_id"], event.detail.get("from_guest_id")]
    service.price_stay(scope, unit, event.subject_id, [one for one in guest_ids if one])


def price_guests(scope: Scope, event: Event, unit: Unit) -> None:
    """Have the stays of those guests priced who are members."""
    service.price_guests(scope, unit, event.detail["guest_ids"])


def join_members(scope: Scope, event: Event, unit: Unit) -> None:
    """Join the memberships of guests who have turned out to be one."""
    service.follow_merge(scope, unit, event.subject_id, event.detail["absorbed_id"], event.detail["merge_id"])


def part_members(scope: Scope, event: Event, unit: Unit) -> None:
    """Part the memberships of guests who have turned out to be two."""
    service.part_guests(scope, unit, event.detail["absorbed_id"], event.detail["merge_id"])


def count(scope: Scope, event: Event, unit: Unit) -> None:
    """Keep count of what the chain owes."""
    detail = event.detail
    service.count(scope, unit, detail["programme_id"], event.subject_id, detail["first"], detail["last"])
