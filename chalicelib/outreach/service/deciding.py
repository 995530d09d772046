"""The decision about one occurrence that has fallen due: wait, skip with a reason, or claim and send."""

from __future__ import annotations

from datetime import datetime

from chalicelib.directory.service import Chain
from chalicelib.guests.service import Guest
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import models
from chalicelib.outreach.rules import frequency, timing
from chalicelib.outreach.rules.vocabulary import AddressSuppressed, AlreadyDecided, GuestChanged
from chalicelib.outreach.service import claiming, limiting, reputation, suppressing, tone
from chalicelib.outreach.service.choosing import Choice, choose, contacts_of
from chalicelib.outreach.service.planning import Plan

__all__ = ["Choice", "choose", "contacts_of", "decide"]


def decide(
    scope: Scope,
    unit: Unit,
    chain: Chain,
    guest: Guest,
    plan: Plan,
    *,
    refusal: Stale | None,
    tries: int = 0,
) -> datetime | None:
    """Decide an occurrence in the caller's unit. Answers until when to wait, or None once it is decided.

    `refusal` is why the decision of a moment ago could not be committed: only then are suppressions looked at, because
    the claim itself depends on there being none.
    """
    if isinstance(refusal, AlreadyDecided):
        return None
    if plan.obstacle is not None:
        claiming.skip(scope, unit, guest, plan, plan.obstacle)
        return None
    leaves_at = timing.moment_in(plan.window, scope.now, plan.place.zone, plan.place.quiet)
    if leaves_at is None:
        claiming.skip(scope, unit, guest, plan, "too_late")
        return None
    if leaves_at > scope.now:
        return leaves_at
    is_silent, leaves_at = tone.in_house(scope, guest, plan)
    if is_silent:
        if leaves_at is None:
            claiming.skip(scope, unit, guest, plan, "in_house")
        return leaves_at
    choice = choose(scope, chain, guest, plan, is_suspicious=isinstance(refusal, AddressSuppressed))
    if choice.contact is None:
        claiming.skip(scope, unit, guest, plan, str(choice.reason), chosen=choice.written)
        return None
    if reputation.holds_back(scope, plan.place.property_id, plan.purpose, choice.contact.channel):
        claiming.skip(scope, unit, guest, plan, reputation.HELD_BACK)
        return None
    if frequency.is_limited(plan.purpose):
        book, delivery_id = (
            limiting.book_of(scope, guest),
            models.delivery_id(scope.chain_id, guest.id, plan.occurrence),
        )
        free_at = book.free_at(plan.purpose, delivery_id, scope.now)
        if free_at > scope.now:
            return _put_off(scope, unit, guest, plan, free_at)
        book.note(unit, plan.purpose, delivery_id)
    if choice.ended is not None:
        suppressing.end_for(unit, choice.ended, plan.purpose)
    if choice.kept is not None:
        unit.unchanged(choice.kept, refusal=GuestChanged())
    claiming.claim(
        scope, unit, chain, guest, plan, choice.contact, is_freed=choice.ended is not None, tries=tries + 1,
        chosen=choice.written, text=choice.text,
    )  # fmt: skip
    return None


def _put_off(scope: Scope, unit: Unit, guest: Guest, plan: Plan, free_at: datetime) -> datetime | None:
    """Wait until the guest may be written to again, if that is still on its day; else note why nothing is sent."""
    leaves_at = timing.moment_in(plan.window, free_at, plan.place.zone, plan.place.quiet)
    if leaves_at is None:
        claiming.skip(scope, unit, guest, plan, "frequency_cap")
    return leaves_at
