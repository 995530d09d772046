"""The journey of a stay as it stands: what is remembered of it, and what each of its steps amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain, Property
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import day_bounds
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import models
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.journey import StayJourney
from chalicelib.outreach.rules import journey as rules
from chalicelib.outreach.rules.journey import Agreed, House, Memory, Step, View
from chalicelib.outreach.rules.timing import Window
from chalicelib.outreach.rules.vocabulary import OCCASIONS, AlreadyDecided
from chalicelib.outreach.service import planning, policies
from chalicelib.outreach.service.placing import place_at
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

AT_THE_HOUSE = frozenset({"room_ready", "in_stay"})  # the guest's day is the property's
AFTER = frozenset({"thanks", "milestone"})


@dataclass(frozen=True)
class Journey:
    """A stay, the property's clock, and what is remembered."""

    stay: Stay
    house: Property
    clock: House
    record: StayJourney

    @property
    def view(self) -> View:
        """The stay as the rules see it."""
        stay = self.stay
        return View(
            status=str(stay.status),
            agreed=Agreed(str(stay.arrival), str(stay.departure), stay.room_type, stay.room_number),
            created_at=stay.created_at,
            checked_out_at=stay.checked_out_at,
            room_ready_at=from_sortable(str(stay.room_ready_at)) if stay.room_ready_at else None,
            is_history=bool(stay.is_history),
        )

    def steps(self, memory: Memory) -> list[Step]:
        """What the stay calls for."""
        return rules.steps_of(self.view, self.clock, memory)


def since_of(scope: Scope, *, at: datetime | None = None) -> dict[str, datetime]:
    """The steps that the chain has on at the scope's instant, or at another, and since when each acts; empty if none
    is. Reads no guest."""
    known = [policies.policy_of(scope, name, at=at) for name in rules.STEPS]
    wanted = [one for one in known if one.is_on]
    if not wanted:
        return {}
    chain = directory.chain_of(scope)
    return {one.occasion: planning.acts_since(chain, one) for one in wanted}


def is_any_to_come(scope: Scope) -> bool:
    """Whether the chain has a step on, or will by what is decided by now."""
    return any(policies.is_on_from(scope, name) for name in rules.STEPS)


def journeys_of(scope: Scope, found: Iterable[Stay]) -> list[Journey]:
    """The journeys of stays. One batch read."""
    known = list(found)
    if not known:
        return []
    hour = int(directory.chain_of(scope).greeting_hour)
    records = StayJourney.many(scope, [(one.guest_id, str(one.id)) for one in known])
    journeys = []
    for stay in known:
        house = directory.find_property(scope, stay.property_id)
        if house is not None:
            clock = House(str(house.time_zone), hour, time.fromisoformat(house.business_day_close))
            journeys.append(Journey(stay, house, clock, records[str(stay.id)]))
    return journeys


def plan_of(scope: Scope, chain: Chain, guest: Guest, journey: Journey, step: Step) -> Plan:
    """What a step before or during the stay amounts to."""
    stay = journey.stay
    occurrence = f"{step.name}#{stay.id}"
    if step.name == "stay_changed":
        occurrence += f"#{int(step.anchor) + 1}"
    return _plan(scope, chain, guest, journey, step, occurrence, {})


def plan_after(
    scope: Scope, chain: Chain, guest: Guest, journey: Journey, step: Step, since: Mapping[str, datetime]
) -> Plan | None:
    """The one message after the stay: a milestone, or thanks; None if another one has spoken, or none is on."""
    ends = sorted(
        (left_at, str(one.id))
        for one in stays.of_guest(scope, *guest.ids)
        if (left_at := planning.left_at_of(one)) is not None
    )
    rank = next((place for place, one in enumerate(ends, 1) if one[1] == journey.stay.id), 0)
    milestones = {f"milestone#{number}": number for number in rules.MILESTONES}
    wanted = [_thanks(journey.stay), "first_stay", *(one for one, number in milestones.items() if number == rank)]
    claimed = [
        one
        for guest_id in guest.ids
        for one in Delivery.of_occurrences(scope, guest_id, wanted)
        if one.status != "skipped"
    ]
    name = rules.message_after(
        rank,
        is_on={one for one in AFTER if one in since and step.window.opens >= since[one]},
        was_thanked=any(one.stay_id == journey.stay.id for one in claimed),
        milestones_told=[milestones[str(one.occurrence)] for one in claimed if one.occurrence in milestones],
    )
    if name is None:
        return None
    occurrence = f"milestone#{rank}" if name == "milestone" else _thanks(journey.stay)
    step = replace(step, name=name)
    return _plan(scope, chain, guest, journey, step, occurrence, {"stays": str(rank)})


def keep_apart(scope: Scope, unit: Unit, guest: Guest, stay_id: str, other: str) -> None:
    """Make a message after a stay depend on the other kind not having left for the same stay. Raises AlreadyDecided,
    when it is committed."""
    occurrence = "first_stay" if other == "first_stay" else f"thanks#{stay_id}"
    unit.check(
        Delivery,
        (scope.key(guest.id), models.delivery_id(scope.chain_id, guest.id, occurrence)),
        "attribute_not_exists(id) OR delivery_status = :skipped OR NOT stay_id = :stay",
        values={":skipped": {"S": "skipped"}, ":stay": {"S": stay_id}},
        refusal=AlreadyDecided(),
    )


def planned(scope: Scope, chain: Chain, guest: Guest, stay_id: str, name: str) -> Plan | None:
    """The plan of a step whose message was not taken; None if the stay no longer calls for it."""
    found = journeys_of(scope, [one for one in [stays.find(scope, stay_id)] if one is not None])
    since = since_of(scope)
    if not found or name not in since:
        return None
    journey, memory = found[0], found[0].record.memory
    if name == "stay_changed":
        return _news_again(scope, chain, guest, journey, memory)
    for step in journey.steps(memory):
        if step.name == name:
            if name in AFTER:
                return plan_after(scope, chain, guest, journey, step, since)
            return plan_of(scope, chain, guest, journey, step)
    return None


def _news_again(scope: Scope, chain: Chain, guest: Guest, journey: Journey, memory: Memory) -> Plan | None:
    """The last news, unless there is fresher one that will be told instead."""
    view = journey.view
    if memory.news is not None or memory.changes == 0 or view.status not in ("booked", "in_house"):
        return None
    last = view.departure if view.status == "in_house" else view.arrival
    window = Window(view.created_at, day_bounds(last, journey.clock.zone)[1])
    step = Step("stay_changed", str(memory.changes - 1), view.arrival, window)
    return plan_of(scope, chain, guest, journey, step)


def _plan(
    scope: Scope, chain: Chain, guest: Guest, journey: Journey, step: Step, occurrence: str, said: Mapping[str, str]
) -> Plan:
    stay, house = journey.stay, journey.house
    place = place_at(chain, guest, house)
    if step.name in AT_THE_HOUSE or stay.is_in_house:
        place = replace(place, zone=journey.clock.zone)
    told = {"arrival": str(stay.arrival), "departure": str(stay.departure), "room_type": stay.room_type or "", **said}
    is_room_known = journey.record.memory.known is not None and journey.record.memory.known.room_number is not None
    if step.name == "room_ready" or (step.name == "stay_changed" and is_room_known):
        told["room"] = stay.room_number or ""
    policy = policies.policy_for(scope, step.name, step.window.opens)
    return Plan(
        OCCASIONS[step.name], occurrence, step.day, place, step.window, stay_id=str(stay.id),
        obstacle=None if policy.is_on else "policy_off", policy=policy, said=told,
    )  # fmt: skip


def _thanks(stay: Stay) -> str:
    return f"thanks#{stay.id}"


def _planner(name: str) -> planning.Planner:
    return lambda scope, chain, guest, stay_id: planned(scope, chain, guest, stay_id, name)


planning.PLANNERS.update({name: _planner(name) for name in rules.STEPS})
