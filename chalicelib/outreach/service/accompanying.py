"""Goes along with a stay: one item of the agenda for each, which moves from step to step and is gone at the end.

Whatever changes the stay puts the item where it belongs by the stay as it then stands; the handler looks at the stay
once more. A chain that has no step on pays for none of it: nothing is read, and nothing is armed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds, models
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.rules import journey as rules
from chalicelib.outreach.rules.journey import Agreed, Memory, Step
from chalicelib.outreach.service import journeys, policies
from chalicelib.outreach.service.deciding import decide
from chalicelib.outreach.service.journeys import AFTER, Journey, journeys_of, since_of
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

STAYS_AT_ONCE = 25  # of a house in one step: each writes two items and is checked, of ninety in a transaction


# -- the agenda ------------------------------------------------------------------------------------------------


def follow(scope: Scope, unit: Unit, stay_id: str, guest_id: str, version: int, was: Mapping[str, Any] | None) -> None:
    """A stay has changed: put its journey where it belongs now. `was`: what was agreed before that version."""
    since = since_of(scope)
    if not since:
        return
    stay = stays.find_many(scope, [(guest_id, stay_id)]).get(stay_id) or stays.find(scope, stay_id)
    before = (Agreed(was["arrival"], was["departure"], was["room_type"]), version - 1) if was else None
    for journey in journeys_of(scope, [stay] if stay is not None else []):
        _arm(scope, unit, journey, since, before)


def follow_imported(scope: Scope, unit: Unit, current: Iterable[Sequence[str]]) -> None:
    """Stays that are not over have come in or changed by a file: as `follow`. Two batch reads."""
    since = since_of(scope)
    if not since:
        return
    known = stays.find_many(scope, [(guest_id, stay_id) for guest_id, stay_id in current])
    for journey in journeys_of(scope, known.values()):
        _arm(scope, unit, journey, since, None, is_import=True)


def arm_again(scope: Scope, unit: Unit) -> None:
    """A step was switched on, or a clock or an hour has changed: go through the stays that are not over."""
    if since_of(scope):
        arm_again_soon(unit, scope.chain_id)


def arm_again_soon(unit: Unit, chain_id: str) -> None:
    """As `arm_again`, whatever this process remembers of the policies."""
    agenda.arm(
        unit, subject_id=chain_id, kind=kinds.ARM_JOURNEYS, due_at=unit.scope.now, is_recurring=True, is_nudged=True
    )  # fmt: skip


def arm_some_journeys(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """One step of `arm_again`: the next stays of a property, or the next property."""
    directory.forget(scope.chain_id)  # this process may still remember the settings of before
    policies.forget(scope.chain_id)
    houses, since = directory.properties(scope), since_of(scope)
    place = int(work.detail.get("house", 0))
    if place >= len(houses) or not since:
        return Done()
    house = houses[place]
    today = local_day(scope.now, str(house.time_zone))
    page = stays.leaving_from(scope, str(house.id), today, limit=STAYS_AT_ONCE, after=work.detail.get("after"))
    for journey in journeys_of(scope, page.items):
        _arm(scope, unit, journey, since, None)
    following = {"house": place, "after": page.next_key} if page.next_key else {"house": place + 1}
    return Again(scope.now, detail=following, is_nudged=True)


def _arm(
    scope: Scope,
    unit: Unit,
    journey: Journey,
    since: Mapping[str, datetime],
    was: tuple[Agreed, int] | None,
    *,
    is_import: bool = False,
) -> None:
    memory = before = journey.record.memory
    if is_import and not int(journey.record.version) and "booking_confirmed" in since:
        memory = rules.imported(memory)
    if "stay_changed" in since:
        memory = rules.heard(memory, journey.view, int(journey.stay.version), scope.now, was)
    if memory != before:
        journey.record.remember(unit, memory)
    unit.unchanged(journey.stay)  # or an older word, heard at the same moment, could put it where it was
    left = rules.ahead(journey.steps(memory), memory, scope.now, since)
    if not left:
        agenda.disarm(unit, subject_id=str(journey.stay.id), kind=kinds.JOURNEY)
        return
    due_at = max(left[0].window.opens, scope.now)
    agenda.arm(
        unit,
        subject_id=str(journey.stay.id),
        kind=kinds.JOURNEY,
        is_recurring=True,
        occurrence=left[0].name,
        due_at=due_at,
        is_nudged=due_at <= scope.now,
    )


# -- what falls due --------------------------------------------------------------------------------------------


def accompany(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Decide the step that is due, by the stay as it stands, and go on to the next."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    journey, since = _journey(scope, work), since_of(scope)
    guest = guests.find(scope, journey.stay.guest_id) if journey is not None and since else None
    if journey is None or guest is None:
        return Done()  # switching a step on again arms what lies ahead
    before = journey.record.memory
    memory = before
    if "stay_changed" in since:
        memory = rules.heard(before, journey.view, int(journey.stay.version), scope.now)
    waits: dict[str, datetime] = {}
    for step in rules.ahead(journey.steps(memory), memory, scope.now, since):
        if step.window.opens > scope.now:
            break
        if step.name in AFTER and not AFTER.isdisjoint(waits):
            waits[step.name] = next(at for name, at in waits.items() if name in AFTER)
            continue  # after a stay there is one message, and both of its names wait for it
        plan = _plan(scope, unit, guest, journey, step, since)
        waits_until = None
        if plan is not None:
            waits_until = decide(scope, unit, directory.chain_of(scope), guest, plan, refusal=work.refusal)
        if waits_until is None:
            memory = _decided(scope, unit, guest, journey, memory, step, plan)
            break  # one decision in a transaction; then the others are looked at anew
        waits[step.name] = waits_until
    if memory != before:
        journey.record.remember(unit, memory)
    unit.unchanged(journey.stay)
    left = rules.ahead(journey.steps(memory), memory, scope.now, since)
    if not left:
        return Done()
    due_at, name = min((waits.get(one.name) or max(one.window.opens, scope.now), one.name) for one in left)
    return Again(due_at, occurrence=name, is_nudged=due_at <= scope.now)


def journey_lost(scope: Scope, work: Work) -> Again | Done:
    """How a journey goes on after a step that could not be decided: when the moment for that one is over."""
    journey = _journey(scope, work)
    if journey is None:
        return Done()
    memory = journey.record.memory
    left = rules.ahead(journey.steps(memory), memory, scope.now, since_of(scope))
    return Again(left[0].window.closes) if left else Done()


def _journey(scope: Scope, work: Work) -> Journey | None:
    stay: Stay | None = stays.find(scope, work.subject_id)
    return next(iter(journeys_of(scope, [stay])), None) if stay is not None else None


def _plan(
    scope: Scope, unit: Unit, guest: guests.Guest, journey: Journey, step: Step, since: Mapping[str, datetime]
) -> Plan | None:
    chain = directory.chain_of(scope)
    if step.name not in AFTER:
        return journeys.plan_of(scope, chain, guest, journey, step)
    plan = journeys.plan_after(scope, chain, guest, journey, step, since)
    if plan is not None:
        journeys.keep_apart(scope, unit, guest, str(journey.stay.id), "first_stay")
    return plan


def _decided(
    scope: Scope, unit: Unit, guest: guests.Guest, journey: Journey, memory: Memory, step: Step, plan: Plan | None
) -> Memory:
    """What is remembered after a step. After a stay there is one message, so that deciding one decides both."""
    was_claimed = False
    if plan is not None:
        key = scope.key(guest.id), models.delivery_id(scope.chain_id, guest.id, plan.occurrence)
        written = unit.written(Delivery, key)
        was_claimed = isinstance(written, Delivery) and written.status == "claimed"
    both = [one for one in journey.steps(memory) if one.name in AFTER] if step.name in AFTER else [step]
    for one in both:
        memory = rules.settled(memory, one, journey.view, was_claimed=was_claimed)
    return memory
