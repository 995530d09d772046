"""What would become of messages that are not due yet, if the rules and the state of now still held when they are.

The same questions in the same order as `deciding.decide`, with nothing written: hours, the tone in house, who may be
written to where, the pause of a property's mail, and how often. Messages ahead count for one another: an offer that
will leave takes the place of one a day later.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from chalicelib.directory.service import Chain
from chalicelib.guests.service import Guest
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import models
from chalicelib.outreach.rules import frequency, timing
from chalicelib.outreach.service import limiting, planning, reputation, tone
from chalicelib.outreach.service.deciding import choose
from chalicelib.outreach.service.limiting import Book
from chalicelib.outreach.service.planning import Plan

QUIET, IN_HOUSE, FREQUENCY = "quiet_hours", "in_house", "frequency_cap"


@dataclass(frozen=True)
class Prospect:
    """When and where a message would leave, or why it would not; `moved` is what it had to wait for."""

    at: datetime | None = None
    channel: str | None = None
    reason: str | None = None
    moved: tuple[str, ...] = ()


class Ahead:
    """A guest's messages that are still to come, asked for in the order of their days."""

    def __init__(self, scope: Scope, guest: Guest) -> None:
        self._scope, self._guest = scope, guest
        self._leaving: dict[str, list[datetime]] = {}  # by purpose

    @cached_property
    def _book(self) -> Book:
        return limiting.book_of(self._scope, self._guest)

    def of(self, chain: Chain, plan: Plan) -> Prospect:
        """What would become of the next message."""
        scope, place = self._scope, plan.place
        if plan.obstacle is not None:
            return Prospect(reason=plan.obstacle)
        earliest = max(scope.now, plan.window.opens)
        at = timing.moment_in(plan.window, scope.now, place.zone, place.quiet)
        if at is None:
            begins = planning.acts_since(chain, plan.policy) if plan.policy is not None else chain.activated_at
            return Prospect(reason="before_activation" if plan.window.closes <= begins else "too_late")
        moved = [QUIET] if at > earliest else []
        is_silent, left_at = tone.in_house(scope, self._guest, plan, at=at)
        if is_silent:
            if left_at is None:
                return Prospect(reason=IN_HOUSE, moved=tuple(moved))
            at = left_at
            moved.append(IN_HOUSE)
        choice = choose(scope, chain, self._guest, plan, is_suspicious=True)
        if choice.contact is None:
            return Prospect(reason=choice.reason, moved=tuple(moved))
        if reputation.holds_back(scope, place.property_id, plan.purpose, choice.contact.channel):
            return Prospect(reason=reputation.HELD_BACK, moved=tuple(moved))
        if frequency.is_limited(plan.purpose):
            free_at = self._free_at(plan, at)
            if free_at > at:
                later = timing.moment_in(plan.window, free_at, place.zone, place.quiet)
                if later is None:
                    return Prospect(reason=FREQUENCY, moved=tuple(moved))
                at = later
                moved.append(FREQUENCY)
            self._leaving.setdefault(plan.purpose, []).append(at)
        return Prospect(at, choice.contact.channel, None, tuple(moved))

    def _free_at(self, plan: Plan, at: datetime) -> datetime:
        delivery_id = models.delivery_id(self._scope.chain_id, self._guest.id, plan.occurrence)
        return self._book.free_at(plan.purpose, delivery_id, at, self._leaving.get(plan.purpose, ()))
