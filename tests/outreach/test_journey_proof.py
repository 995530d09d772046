"""Whatever becomes of stays, and in whatever order it is heard: at the sink is what their true history demands."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.kernel import agenda, work
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import system_scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.rules.journey import Agreed, House, Memory, View, ahead, heard, settled, steps_of
from chalicelib.outreach.rules.timing import Quiet, moment_in
from chalicelib.outreach.service import accompanying
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn, StayPatch
from tests.outreach.journey_oracle import DAY, History, demanded, histories
from tests.outreach.test_journey import armed, at, booking, guest_of, sent, switch_on
from tests.outreach.world import World

STAYS = 8
LISBON, QUIET = House("Europe/Lisbon", 10, time(3)), Quiet(time(21), time(9))
BEGIN = datetime(2026, 3, 5, 8, tzinfo=UTC)
SWITCHED_ON = ("booking_confirmed", "pre_arrival", "in_stay", "stay_changed", "thanks")


def as_told(stay: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in stay.items()}


def test_at_the_sink_is_what_the_true_history_demands(world: World) -> None:
    random = Random(20260305)
    switch_on(world, *SWITCHED_ON)
    world.advance(BEGIN)
    told = histories(random, STAYS, BEGIN)
    guests = [guest_of(world, is_run=False, given_name=f"G{n}", emails=[f"g{n}@example.com"]) for n in range(STAYS)]
    for history, guest in zip(told, guests, strict=True):
        if history.is_returning:
            before = {"status": "checked_out", "arrival": "2025-01-01", "departure": "2025-01-03"}
            record(world, guest.id, before)
    world.run_queues()
    made: dict[int, str] = {}
    for now in sorted({since for history in told for since, _ in history.versions}):
        world.advance(now)
        for number, history in enumerate(told):
            for since, stay in history.versions:
                if since != now:
                    continue
                if number in made:
                    patch = StayPatch.model_validate(as_told(stay))
                    stays.update(world.hq, made[number], patch, int(stays.get(world.hq, made[number]).version))
                else:
                    made[number] = record(world, guests[number].id, as_told(stay))
        shuffle_events(world, random, list(made.values()))
        world.run_queues()
    end = BEGIN + 26 * DAY
    world.advance(end)
    assert_demanded(world, told, guests, end)


@pytest.mark.parametrize("seed", range(2))
def test_by_the_rules_alone(seed: int) -> None:
    """The same, for many more stays: the rules and a memory, without a store, a clock or a queue."""
    names = set[str]()
    for history in histories(Random(seed), 100, BEGIN):
        wanted = [(name, now) for name, now in demanded(history, BEGIN + 26 * DAY) if name != "first_stay"]
        assert by_the_rules(history, BEGIN + 26 * DAY) == wanted, history
        names |= {name for name, _ in wanted}
    assert names == set(SWITCHED_ON)


def by_the_rules(history: History, end: datetime) -> list[tuple[str, datetime]]:
    """What the rules let leave: looked at when the stay changes, and when the next step is due."""
    since = dict.fromkeys(SWITCHED_ON if history.is_returning else SWITCHED_ON[:4], BEGIN)
    memory, sent, left_at = Memory(), list[tuple[str, datetime]](), None
    for place, (heard_at, stay) in enumerate(history.versions):
        before = history.versions[place - 1][1] if place else None
        left_at = left_at if before is not None and before["status"] == stay["status"] else heard_at
        view = View(
            status=stay["status"],
            agreed=Agreed(stay["arrival"].isoformat(), stay["departure"].isoformat()),
            created_at=history.began,
            checked_out_at=left_at if stay["status"] == "checked_out" else None,
        )
        memory = heard(memory, view, place + 1, heard_at)
        until = history.versions[place + 1][0] if place + 1 < len(history.versions) else end
        now = heard_at
        while now < until:
            memory, now = one_look(memory, view, now, since, sent)
    return sent


def one_look(
    memory: Memory, view: View, now: datetime, since: dict[str, datetime], sent: list[tuple[str, datetime]]
) -> tuple[Memory, datetime]:
    """Decide what is due, as the handler does, and tell when to look again."""
    steps = ahead(steps_of(view, LISBON, memory), memory, now, since)
    if not steps:
        return memory, datetime.max.replace(tzinfo=UTC)
    step = steps[0]
    leaves_at = moment_in(step.window, now, LISBON.zone, QUIET)
    if leaves_at is not None and leaves_at > now:
        return memory, leaves_at
    was_sent = step.name != "stay_changed" and step.name in {name for name, _ in sent}
    was_claimed = leaves_at is not None and not was_sent
    if was_claimed:
        sent.append((step.name, now))
    return settled(memory, step, view, was_claimed=was_claimed), now


def record(world: World, guest_id: str, told: dict[str, Any]) -> str:
    body = {"guest_id": guest_id, "property_id": world.house.id, **told}
    return str(stays.record(world.hq, StayIn.model_validate(body))[0].id)


def shuffle_events(world: World, random: Random, stay_ids: list[str]) -> None:
    """Run what was announced in any order, and some of it twice, before the queues come to it."""
    waiting = [
        one
        for stay_id in stay_ids
        for one in agenda.AgendaRecord.page(world.hq.key(stay_id), limit=100).items
        if one.kind == agenda.EVENT_KIND and one.lane
    ]
    random.shuffle(waiting)
    for one in (*waiting, *waiting[::2]):
        work.run(str(one.subject_key), str(one.item_key), str(one.revision))


def assert_demanded(world: World, told: list[History], guests: list[Any], end: datetime) -> None:
    found: dict[str, list[tuple[str, str]]] = {}
    for one in world.outbox:
        found.setdefault(one["recipient"], []).append((one["tags"]["kind"], str(one["chain_time"])[:16]))
    for history, guest in zip(told, guests, strict=True):
        wanted = [(name, f"{now:%Y-%m-%dT%H:%M}") for name, now in demanded(history, end)]
        assert found.get(guest.emails[0], []) == wanted, history
    assert {name for messages in found.values() for name, _ in messages} == {*SWITCHED_ON, "first_stay"}


def test_two_runners_of_one_step(world: World) -> None:
    """Both have decided before either commits, and neither knows of the other's lease."""
    switch_on(world, "pre_arrival")
    stay = booking(world, guest_of(world))
    (item,) = [
        one for one in agenda.AgendaRecord.page(world.hq.key(str(stay.id)), limit=9).items if one.kind == kinds.JOURNEY
    ]
    scope = system_scope(world.chain.id, at(17, 11), is_test=True)
    units = [Unit(scope), Unit(scope)]
    for unit in units:
        accompanying.accompany(scope, agenda.work_of(item), unit)
    units[0].commit()
    with pytest.raises(Stale):
        units[1].commit()
    assert len(world.outbox) == 1


def test_a_stay_that_is_cancelled_at_the_last_moment(world: World) -> None:
    """Between the decision and its commit: nothing leaves."""
    switch_on(world, "pre_arrival")
    stay = booking(world, guest_of(world))
    (item,) = [
        one for one in agenda.AgendaRecord.page(world.hq.key(str(stay.id)), limit=9).items if one.kind == kinds.JOURNEY
    ]
    scope = system_scope(world.chain.id, at(17, 11), is_test=True)
    unit = Unit(scope)
    accompanying.accompany(scope, agenda.work_of(item), unit)
    world.change_stay(stay, status="cancelled")
    with pytest.raises(Stale):
        unit.commit()
    world.advance(at(17, 12) + timedelta(days=9))
    assert (sent(world), armed(world, stay)) == ([], [])
