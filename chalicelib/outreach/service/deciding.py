"""The decision about one occurrence that has fallen due: wait, skip with a reason, or claim and send."""

from __future__ import annotations

from datetime import datetime

from chalicelib.directory.service import Chain
from chalicelib.guests.service import Guest
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.rules import frequency
from chalicelib.outreach.rules.vocabulary import AddressSuppressed, AlreadyDecided, GuestChanged
from chalicelib.outreach.service import claiming, suppressing
from chalicelib.outreach.service.limiting import Limits
from chalicelib.outreach.service.planning import Plan
from chalicelib.outreach.service.prospects import prospect_of


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
    limits = Limits(scope, guest)
    found = prospect_of(scope, chain, guest, plan, limits, is_suspicious=isinstance(refusal, AddressSuppressed))
    choice = found.choice
    if found.reason is not None:
        claiming.skip(scope, unit, guest, plan, found.reason, chosen=None if choice is None else choice.written)
        return None
    if choice is None or choice.contact is None:
        return found.at
    if frequency.is_limited(plan.purpose):
        limits.note(unit, plan)
    if choice.ended is not None:
        suppressing.end_for(unit, choice.ended, plan.purpose)
    if choice.kept is not None:
        unit.unchanged(choice.kept, refusal=GuestChanged())
    claiming.claim(
        scope, unit, chain, guest, plan, choice.contact, is_freed=choice.ended is not None, tries=tries + 1,
        chosen=choice.written, text=choice.text,
    )  # fmt: skip
    return None
