"""Limits of how often a guest is written to, held by the claim: two messages at once see each other."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cached_property

from chalicelib.guests.service import Guest
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import models
from chalicelib.outreach.models.frequencies import ContactFrequency
from chalicelib.outreach.rules import frequency
from chalicelib.outreach.service.planning import Plan


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


class Limits:
    """A guest's limits, read when they are first asked for, and what is expected to be claimed before."""

    def __init__(self, scope: Scope, guest: Guest) -> None:
        self._scope, self._guest = scope, guest
        self._expected: dict[str, list[datetime]] = {}  # by purpose

    @cached_property
    def _book(self) -> Book:
        return book_of(self._scope, self._guest)

    def free_at(self, plan: Plan, at: datetime) -> datetime:
        """When a message that could leave at an instant is within the limits."""
        return self._book.free_at(plan.purpose, self._delivery_id(plan), at, self._expected.get(plan.purpose, ()))

    def expect(self, purpose: str, at: datetime) -> None:
        """Let a message count that will leave at an instant to come."""
        self._expected.setdefault(purpose, []).append(at)

    def note(self, unit: Unit, plan: Plan) -> None:
        """Count a message in the unit that claims it. Raises Stale, when it is committed, if another was faster."""
        self._book.note(unit, plan.purpose, self._delivery_id(plan))

    def _delivery_id(self, plan: Plan) -> str:
        return models.delivery_id(self._scope.chain_id, self._guest.id, plan.occurrence)
