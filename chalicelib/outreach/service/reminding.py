"""Lets members know of points that end: once for a member and last day, however many notices the programme gives."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import day_bounds, local_day, local_instant
from chalicelib.kernel.later import later
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.rules.timing import Window
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import planning, policies
from chalicelib.outreach.service.deciding import decide
from chalicelib.outreach.service.placing import place_of
from chalicelib.outreach.service.planning import Plan

if TYPE_CHECKING:
    from chalicelib.loyalty import service as loyalty
else:
    loyalty = later("chalicelib.loyalty.service")  # of which most messages need nothing

NAME = "points_ending"


def arm(scope: Scope, unit: Unit, member_id: str, guest_id: str, last_day: str) -> None:
    """Points of a member end on a day: have that told at the chain's next hour. A later notice finds it told, or, if
    it could not be, tries once more."""
    if not policies.policy_of(scope, NAME).is_on:
        return
    chain = directory.chain_of(scope)
    today = local_day(scope.now, str(chain.time_zone))
    due_at = max(local_instant(today, time(int(chain.greeting_hour)), str(chain.time_zone)), scope.now)
    agenda.arm(
        unit,
        subject_id=guest_id,
        kind=kinds.POINTS_ENDING,
        occurrence=f"{NAME}#{member_id}#{last_day}",
        due_at=due_at,
        is_nudged=due_at <= scope.now,
    )


def remind(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Decide the message about a member's points of one last day."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    guest, chain = guests.find(scope, work.subject_id), directory.chain_of(scope)
    plan = planned(scope, chain, guest, str(work.occurrence)) if guest is not None else None
    if guest is None or plan is None or not policies.policy_of(scope, NAME).is_on:
        return Done()
    waits_until = decide(scope, unit, chain, guest, plan, refusal=work.refusal)
    return Again(waits_until) if waits_until is not None else Done()


def planned(scope: Scope, chain: Chain, guest: Guest, about: str) -> Plan | None:
    """What there is to tell of a member's last day now; None if those points were spent, or saved."""
    _, member_id, last_day = about.split("#")
    ending = loyalty.ending_on(scope, member_id, date.fromisoformat(last_day))
    if ending is None:
        return None
    place, policy, day = place_of(scope, chain, guest), policies.policy_of(scope, NAME), date.fromisoformat(last_day)
    closes = day_bounds(day, str(chain.time_zone))[1]
    window = Window(planning.acts_since(chain, policy), closes)
    said = {"points": str(ending.points), "last_day": last_day, "is_idle": "1" if ending.is_idle else ""}
    return Plan(OCCASIONS[NAME], about, day, place, window, policy=policy, said=said)


planning.PLANNERS[NAME] = planned
