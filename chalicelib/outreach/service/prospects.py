"""What becomes of a message, question by question: its hour, the tone in house, who may be written to where, the pause
of a property's mail, and how often.

This is the one order in which it is asked, for whoever decides now and whoever looks ahead. Nothing is written here.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.directory.service import Chain
from chalicelib.guests.service import Guest
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.rules import frequency, timing
from chalicelib.outreach.service import reputation, tone
from chalicelib.outreach.service.choosing import Choice, choose
from chalicelib.outreach.service.limiting import Limits
from chalicelib.outreach.service.planning import Plan

QUIET, IN_HOUSE, FREQUENCY, TOO_LATE = "quiet_hours", "in_house", "frequency_cap", "too_late"


@dataclass(frozen=True)
class Prospect:
    """Why nothing leaves (`reason`), else where it does (`choice`), else until when it waits (`at`).

    `moved` is what it has to wait for. A reason that the choice of a channel gave comes with that choice.
    """

    at: datetime | None = None
    reason: str | None = None
    choice: Choice | None = None
    moved: tuple[str, ...] = ()


def prospect_of(
    scope: Scope, chain: Chain, guest: Guest, plan: Plan, limits: Limits, *, is_suspicious: bool,
    looks_ahead: bool = False,
) -> Prospect:  # fmt: skip
    """What becomes of a message by the rules and the state of now.

    Whoever decides is told to wait at the first question that asks for it, because the others are asked anew then.
    Whoever looks ahead goes on with the instant to come, as if all stayed as it is. `is_suspicious`: look at the
    suppressions, too.
    """
    place, moved = plan.place, []
    if plan.obstacle is not None:
        return Prospect(reason=plan.obstacle)
    at = timing.moment_in(plan.window, scope.now, place.zone, place.quiet)
    if at is None:
        return Prospect(reason=TOO_LATE)
    if at > max(scope.now, plan.window.opens):
        moved.append(QUIET)
    if at > scope.now and not looks_ahead:
        return Prospect(at, moved=tuple(moved))
    is_silent, left_at = tone.in_house(scope, guest, plan, at=at if looks_ahead else None)
    if is_silent:
        if left_at is None:
            return Prospect(reason=IN_HOUSE, moved=tuple(moved))
        at = left_at
        moved.append(IN_HOUSE)
        if not looks_ahead:
            return Prospect(at, moved=tuple(moved))
    choice = choose(scope, chain, guest, plan, is_suspicious=is_suspicious)
    if choice.contact is None:
        return Prospect(reason=str(choice.reason), choice=choice, moved=tuple(moved))
    if reputation.holds_back(scope, place.property_id, plan.purpose, choice.contact.channel):
        return Prospect(reason=reputation.HELD_BACK, moved=tuple(moved))
    free_at = limits.free_at(plan, at) if frequency.is_limited(plan.purpose) else at
    if free_at > at:
        later = timing.moment_in(plan.window, free_at, place.zone, place.quiet)
        if later is None:
            return Prospect(reason=FREQUENCY, moved=tuple(moved))
        at = later
        moved.append(FREQUENCY)
        if not looks_ahead:
            return Prospect(at, moved=tuple(moved))
    return Prospect(at, choice=choice, moved=tuple(moved))
