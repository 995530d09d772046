"""Limits of how often a guest is written to, held by the claim: two messages at once see each other."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from chalicelib.guests.service import Guest
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.models.frequencies import ContactFrequency
from chalicelib.outreach.rules import frequency


@dataclass(frozen=True)
class Book:
    """What was claimed for a guest of late. `own` is written; under `others` lies what was before a merge."""

    own: ContactFrequency
    others: tuple[ContactFrequency, ...]

    def free_at(self, purpose: str, delivery_id: str, now: datetime, expected: Collection[datetime] = ()) -> datetime:
        """When a delivery is within the limits; what was claimed for itself does not count against it.

        `expected` are instants at which others will be claimed, for whoever looks ahead.
        """
        claimed = {
            one: at
            for record in (*self.others, self.own)
            for one, at in (record.claims or {}).get(purpose, {}).items()
            if one != delivery_id
        }
        return frequency.free_at(purpose, [*(from_sortable(at) for at in claimed.values()), *expected], now)

    def note(self, unit: Unit, purpose: str, delivery_id: str) -> None:
        """Count a delivery in the unit that claims it. Raises Stale, when it is committed, if another was faster."""
        since = sortable(unit.scope.now - frequency.LOOKED_BACK)
        known = (self.own.claims or {}).get(purpose, {})
        recent = {one: at for one, at in known.items() if at > since} | {delivery_id: sortable(unit.scope.now)}
        self.own.claims = {**(self.own.claims or {}), purpose: recent}
        if int(self.own.version):
            unit.update(self.own)
        else:
            unit.create(self.own, refusal=Stale())


def book_of(scope: Scope, guest: Guest) -> Book:
    """What was claimed for a guest, under whichever of their ids."""
    own, *others = (ContactFrequency.of(scope, one) for one in guest.ids)
    return Book(own, tuple(others))
