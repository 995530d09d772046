"""What outreach does when its work falls due."""

from __future__ import annotations

from datetime import date

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.rules.timing import Due
from chalicelib.outreach.service import journeys, planning
from chalicelib.outreach.service.deciding import decide


def greet(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Decide a birthday greeting and go on with the next year's.

    The birthday is worked out again, because the guest, the zone or the chain's rule may have changed since it was put
    on the agenda.
    """
    if work.due_at > scope.now:
        return Again(work.due_at)
    guest = guests.find(scope, work.subject_id)
    if guest is None or guest.id != work.subject_id:
        return Done()  # who is merged is greeted as the survivor
    chain = directory.chain_of(scope)
    plan = planning.birthday_plan(scope, chain, guest, str(work.occurrence).partition("#")[2])
    if plan is None or plan.day.isoformat() != work.detail.get("day"):
        return _next(guest, planning.next_birthday(scope, chain, guest, is_imported=False))
    waits_until = decide(scope, unit, chain, guest, plan, refusal=work.refusal)
    if waits_until is not None:
        return Again(waits_until)
    return _next(guest, planning.birthday_after(scope, chain, guest, plan.day))


def greeting_lost(scope: Scope, work: Work) -> Again | Done:
    """How the recurrence goes on after an occurrence that could not be decided: with the next year."""
    guest = guests.find(scope, work.subject_id)
    if guest is None or guest.id != work.subject_id:
        return Done()
    day = date.fromisoformat(work.detail["day"])
    return _next(guest, planning.birthday_after(scope, directory.chain_of(scope), guest, day))


def thank(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Decide the thanks for a first stay, unless other thanks have left for it."""
    guest = guests.find(scope, work.subject_id)
    if guest is not None and work.due_at <= scope.now:
        journeys.keep_apart(scope, unit, guest, str(work.occurrence), "thanks")
    return _once(scope, unit, work, "first_stay", str(work.occurrence), tries=0)


def try_again(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Decide an occurrence anew whose message the channel did not take."""
    detail = work.detail
    return _once(scope, unit, work, detail["occasion"], detail["about"], tries=int(detail["tries"]))


def _once(scope: Scope, unit: Unit, work: Work, occasion: str, about: str, *, tries: int) -> Again | Done:
    if work.due_at > scope.now:
        return Again(work.due_at)
    guest = guests.find(scope, work.subject_id)
    if guest is None:
        return Done()
    chain = directory.chain_of(scope)
    plan = planning.PLANNERS[occasion](scope, chain, guest, about)
    if plan is None:
        return Done()
    waits_until = decide(scope, unit, chain, guest, plan, refusal=work.refusal, tries=tries)
    return Again(waits_until) if waits_until is not None else Done()


def _next(guest: Guest, due: Due | None) -> Again | Done:
    if due is None:
        return Done()
    return Again(due.at, occurrence=planning.birthday_of(due.day, guest), detail={"day": due.day.isoformat()})
