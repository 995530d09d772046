"""I6: one greeting per guest, occasion, year and channel, counted at the sink.

Chains live for some days in which every guest has a birthday and some have left for the first time. Two runners work
by turns on queues that bring everything twice, late and in any order; the sweep hands out what is being done; workers'
clocks differ, indexes lag, processes die and answers are lost; the desk changes guests while they are being greeted.
Every fourth chain lives on a test clock, which two runners then advance at once.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import ConsentSettingIn, GuestIn, GuestPatch
from chalicelib.kernel import testclock
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn, StayPatch
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.chains import Ground, break_ground
from infra.proof.finding import Finding, goal_of
from infra.proof.simulator import faults, raw
from infra.proof.simulator.faults import Calm, Seeded
from infra.proof.simulator.post import Weather
from infra.proof.simulator.totals import IN_DOUBT, OUT, agenda_problems, totals_of
from infra.proof.simulator.world import World, made_up

GUEST_DAYS = 100_000
GUESTS, DAYS = 80, 5
COMPLAINING = (2, 22, 42)  # one guest of each house: two would pause its mail, and the others went without a greeting
EVERY_TEST_CHAIN = 4  # how many lives for one on a test clock
EVERY_ERRAND = 3  # guests for one whom the desk changes meanwhile
# Days on which something is special: changes of clocks in Europe and Lord Howe, 29 February, the turn of a year.
SPECIAL = ((2027, 3, 26), (2027, 10, 1), (2028, 2, 26), (2027, 12, 30))
BEGINNINGS = [datetime(*day, 0, 30, tzinfo=UTC) for day in SPECIAL]
ZONES = ("Europe/Lisbon", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati")
RATES = {
    faults.CRASH_BEFORE: 0.003,
    faults.CRASH_AFTER: 0.003,
    faults.LOST: 0.01,
    faults.CUT: 0.01,
    faults.THROTTLED: 0.01,
    faults.CONFLICT: 0.01,
    faults.FAILED_LATE: 0.005,
    faults.PARTLY: 0.01,
}
WEATHER = Weather(twice=0.15, late=0.1)
STALE_RATE = 0.2
SKEW_MAX_S = 45.0
SETTLED_AFTER = timedelta(hours=30)  # what nobody heard of is unknown by then
SHOWN_PROBLEMS = 5


def prove(scale: float, seed: int) -> Finding:
    """Lives in turn until there were enough guest-days."""
    engine = inside.stand_up()
    finding = Finding(goal_of(GUEST_DAYS, scale))
    sums: Counter[str] = Counter()
    turn = 0
    while finding.count < finding.goal:
        name = f"{seed}.{turn}"
        told, problems = one_life(engine, name, is_test=turn % EVERY_TEST_CHAIN == EVERY_TEST_CHAIN - 1)
        finding.failures += [f"seed {name}: {one}" for one in problems[:SHOWN_PROBLEMS]]
        finding.count += GUESTS * DAYS
        sums += told
        turn += 1
    finding.notes |= {"lives": turn, **sums}
    return finding


def one_life(engine: Engine, seed: str, *, is_test: bool, count: int = GUESTS) -> tuple[Counter[str], list[str]]:
    """One chain's days: what happened in numbers, and what was wrong."""
    source = random.Random(f"{seed} life")
    begins = source.choice(BEGINNINGS)
    with made_up(engine, seed, begins) as world:
        ground = break_ground(starts_at=begins if is_test else None, zones=source.sample(ZONES, 3), greeting_hour=10)
        touched = _settle_in(world, ground, source, count)
        world.post.weather, world.door.stale_rate = WEATHER, STALE_RATE
        for worker in ("runner-1", "runner-2", "sweeper-1", "sweeper-2", "desk"):
            world.time.skews[worker] = source.uniform(-SKEW_MAX_S, SKEW_MAX_S)
        with world.under(Seeded(random.Random(f"{seed} faults"), RATES)):
            _live_on(world, ground, begins + timedelta(days=DAYS), is_test)
        world.post.weather, world.door.stale_rate = Weather(), 0.0
        world.time.skews.clear()
        _live_on(world, ground, begins + timedelta(days=DAYS) + SETTLED_AFTER, is_test)
        return _told(world), problems_of(world, touched)


def _live_on(world: World, ground: Ground, until: datetime, is_test: bool) -> None:
    if not is_test:
        world.live(until, runners=2, is_restless=True)
        return
    while (now := _now(world, ground)) < until:
        to = min(until, now + timedelta(days=1))
        world.errand(world.time.now, partial(_advance, ground, to))
        world.live(world.time.now + timedelta(minutes=20), runners=2, is_restless=True)


def _now(world: World, ground: Ground) -> datetime:
    """What the chain's clock shows: the proof's own look at it, which nothing befalls."""
    with world.under(Calm()):
        return ground.hq.now


def _advance(ground: Ground, to: datetime) -> None:
    testclock.request_advance(ground.hq, to=to)


def _settle_in(world: World, ground: Ground, source: random.Random, count: int) -> set[str]:
    """Guests, a stay for some, and the errands of the desk; ids of those whom it will change."""
    touched = set()
    for number in range(count):
        house = ground.houses[number % len(ground.houses)]
        day = (ground.hq.now + timedelta(days=source.randint(1, DAYS - 2))).date()
        made = guests.create(ground.hq, GuestIn.model_validate(_guest(number, str(house.id), day, source)))
        if number % 4 == 0:
            _left(ground, str(made.id), str(house.id))
        if number % EVERY_ERRAND == 0:
            touched.add(str(made.id))
            at = world.time.now + timedelta(hours=source.uniform(20, 24 * (DAYS - 1)))
            world.errand(at, partial(_change, ground, str(made.id), source))
    world.live(world.time.now + timedelta(minutes=20))
    return touched


def _guest(number: int, house: str, day: date, source: random.Random) -> dict[str, Any]:
    channels = ("email", "sms") if number % 10 == 9 else ("email",)
    local = {1: "bounce", 3: "softbounce"}.get(number % 20, "complaint" if number in COMPLAINING else "ana")
    born = f"{1960 + number % 40}-{day:%m-%d}" if (day.month, day.day) != (2, 29) else f"1980-{day:%m-%d}"
    return {
        "given_name": "Ana",
        "family_name": f"Silva {number}",
        "emails": [] if number % 10 == 9 else [f"{local}+{number}@guests.example"],
        "phones": [f"+3519123{number:05}"] if number % 10 == 9 else [],
        "language": ("en", "zh", "fr")[number % 3],
        "birth_date": born,
        "time_zone": source.choice((None, None, *ZONES)),
        "home_property_id": house,
        "consents": [
            {"purpose": purpose, "channel": channel, "state": "granted", "source": "desk"}
            for purpose in ("greeting", "service")
            for channel in channels
        ],
    }


def _left(ground: Ground, guest_id: str, house: str) -> None:
    today = ground.hq.now.date()
    days = {"arrival": (today - timedelta(days=2)).isoformat(), "departure": today.isoformat()}
    body = {"guest_id": guest_id, "property_id": house, "status": "checked_out", **days}
    stays.record(ground.hq, StayIn.model_validate(body))


def _change(ground: Ground, guest_id: str, source: random.Random) -> None:
    """What a desk does to a guest: nothing of it may bring a second greeting in the year."""
    known = guests.get(ground.hq, guest_id)
    kind = source.choice(("birth_date", "time_zone", "emails", "consent", "stay"))
    if kind == "consent":
        said = ConsentSettingIn(state=source.choice(("granted", "denied")), source="desk")
        guests.set_consent(ground.hq, guest_id, "greeting", "email", said)
    elif kind == "stay":
        found = stays.of_guest(ground.hq, guest_id)
        for status in ("in_house", "checked_out") if found else ():
            stay = stays.get(ground.hq, str(found[0].id))
            stays.update(ground.hq, str(stay.id), StayPatch.model_validate({"status": status}), int(stay.version))
    else:
        tomorrow = ground.hq.now.date() + timedelta(days=source.randint(0, 2))
        born, zone = f"1980-{tomorrow:%m-%d}", source.choice(ZONES)
        fields: dict[str, Any] = {"birth_date": born, "time_zone": zone, "emails": ["new@guests.example"]}
        guests.update(ground.hq, guest_id, GuestPatch.model_validate({kind: fields[kind]}), int(known.version))


# -- what came of it -------------------------------------------------------------------------------------------


def problems_of(world: World, touched: set[str]) -> list[str]:
    """Duplicates at the sink, guests forgotten, and whatever lies about."""
    found = duplicates(world)
    decided: dict[str, str] = {}
    for one in raw.every("deliveries"):
        guest_id = str(one["guest_key"]).split("#")[1]
        if one["occasion"] == "birthday":
            decided[guest_id] = str(one["delivery_status"])
    for guest_id in sorted({str(one["guest_key"]).split("#")[1] for one in raw.every("guests")} - touched):
        status = decided.get(guest_id, "nothing")
        if status in OUT or (status in IN_DOUBT | {"failed"} and world.door.sends_hit):
            continue
        found.append(f"{guest_id}: {status} on the birthday")
    return found + totals_of(world).problems if not found else found + agenda_problems(world)


def duplicates(world: World) -> list[str]:
    """Guests who got the same occasion twice in a year by one channel, by what the sink was handed."""
    occasions = {str(one["id"]): str(one["occasion"]) for one in raw.every("deliveries")}
    seen: Counter[tuple[str, ...]] = Counter()
    for entry in world.engine.outbox():
        occasion = occasions.get(str(entry["delivery_id"]), "of no delivery")
        seen[str(entry["guest_id"]), occasion, str(entry["chain_time"])[:4], str(entry["kind"])] += 1
    return [f"{count} messages for {' '.join(one)}" for one, count in seen.items() if count > 1]


def _told(world: World) -> Counter[str]:
    told = Counter({"messages": len(world.engine.outbox()), "doubled letters": world.post.doubled})
    told["faults"] = sum(world.door.befallen.values())
    told["crashes"] = sum(world.door.befallen[one] for one in faults.CRASHES)
    return told
