"""The journeys of a guest's stays for those who ask: what went, what comes, and why not."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.rules import journey as rules
from chalicelib.outreach.service.journeys import AFTER, Journey, journeys_of, plan_after, plan_of, since_of
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays

SHOWN_AFTER = timedelta(days=14)  # a stay's last message leaves within a week of the departure
# Whether there is something or not; changes and round numbers are shown where they were.
ALWAYS_SHOWN = ("booking_confirmed", "pre_arrival", "room_ready", "in_stay", "thanks")
JOURNEYS_MAX = 20  # of one guest at once: nobody has more bookings ahead


def travelling(scope: Scope, guest: Guest) -> list[Journey]:
    """The journeys of a guest's stays that are not over, or have been for some days only, the next arrival first."""
    since = (local_day(scope.now, str(directory.chain_of(scope).time_zone)) - SHOWN_AFTER).isoformat()
    known = [
        one
        for one in stays.of_guest(scope, *guest.ids)
        if str(one.departure) >= since and one.status not in ("cancelled", "no_show") and not one.is_history
    ]
    return journeys_of(scope, known[::-1][:JOURNEYS_MAX])


def plans_of(scope: Scope, chain: Chain, guest: Guest, journey: Journey) -> list[Plan]:
    """What a stay calls for, of the steps that the chain has on when each of them is due and that act for it.

    What comes after the check-in is told before it as if the stay went as it is booked.
    """
    memory = journey.record.memory
    found = []
    for step in _foreseen(journey):
        since = since_of(scope, at=max(scope.now, step.window.opens))
        if step.name not in since or step.window.opens < since[step.name]:
            continue
        if step.name == "milestone" and "thanks" in since:
            continue  # the two are one message
        plan = (
            plan_after(scope, chain, guest, journey, step, since)
            if step.name in AFTER
            else plan_of(scope, chain, guest, journey, step)
        )
        if plan is not None and (plan.window.closes > scope.now or step.name in memory.decided):
            found.append(plan)
    return found


def _foreseen(journey: Journey) -> list[rules.Step]:
    view = journey.view
    steps = journey.steps(journey.record.memory)
    if view.status == "booked":
        steps += rules.steps_of(rules.as_in_house(view), journey.clock, rules.Memory())
    return steps
