"""What a request may cost: a change that makes one dearer turns a test red, on any machine and at any load."""

from __future__ import annotations

import pytest

from infra.bench import accrual, calls, dueness, paths, usage
from infra.bench.minimum import LEAST
from infra.bench.watch import watching
from infra.bench.world import World, build
from tests.conftest import fresh_stack

# Whole figures, so that a saving is noted as well as a loss: units and round trips without authentication and nudge.
COSTS = {
    "profile read": (1, 1),
    "stay read": (2, 2),
    "create guest": (23, 1),
    "create stay": (17, 3),
    "change guest": (22, 2),
    "list page of guests": (13.5, 2),
    "list page of stays": (27, 2),
    "arrivals page": (27, 2),
    "reaction": (8, 3),
    "greeting": (25, 6),
    "settling": (8, 2),  # with the day of the house's mail, by which it pauses
    "accrual": (21, 8),
    "redemption": (14, 2),
    "balance": (1, 1),
    "sweep handing": (3.02, 1),
}


@pytest.fixture(scope="module")
def found() -> dict[str, paths.Path]:
    """Every use-case by name, of one world: each is watched by what it asks for, which is the same by any way."""
    return {one.name: one for one in paths.paths(build(fresh_stack()))[0]}


def test_units_and_round_trips_are_what_they_were(found: dict[str, paths.Path]) -> None:
    costs = {name: usage.own(path.bill) for name, path in found.items()}
    assert {name: (round(units, 2), trips) for name, (units, trips) in costs.items()} == COSTS
    assert [path.name for path in found.values() if not path.is_near or path.trips_ratio > 1] == []


def test_every_use_case_has_a_least_and_every_touch_a_reason(found: dict[str, paths.Path]) -> None:
    assert found.keys() == LEAST.keys()
    assert all(touch.why and touch.units > 0 for least in LEAST.values() for touch in least.touches)


def test_a_refused_transaction_is_billed_and_changes_nothing(world: World) -> None:
    guest = world.guests[0]
    stale = world.event("PATCH", f"/v1/guests/{guest['id']}", {"language": "zh"}, If_Match='"v9"')
    with watching() as bill, pytest.raises(Exception, match="412"):
        world.answer(stale)
    assert (bill.write, bill.trips["TransactWriteItems"]) == (0, 0)  # refused before anything is written


def test_requests_make_few_python_calls(world: World) -> None:
    ratios = {one.name: (round(one.ratio, 2), one.goal) for one in calls.counts(world)}
    assert {name: ratio for name, (ratio, goal) in ratios.items() if ratio > goal} == {}
    # A shortcut of the product makes lists cheaper than botocore's own way; below that something is not counted.
    assert all(ratio >= 0.4 for ratio, _ in ratios.values())


def test_an_accrual_makes_few_python_calls(world: World) -> None:
    found = accrual.counted(world)
    # Reads arrive by a shortcut that botocore's own way has not; the transaction is all there.
    assert found.transaction < found.product and found.ratio <= accrual.GOAL
    assert found.asked[-2].startswith("TransactWriteItems") and len(found.asked) == 9


def test_counting_counts(world: World) -> None:
    event = world.event("GET", f"/v1/guests/{world.guests[0]['id']}")
    tape = calls.Tape((calls.aws.client("dynamodb"),), world.engine)
    with tape.recording():
        world.answer(event)
    once = calls.calls_of(lambda: world.answer(event), tape)
    more = calls.calls_of(lambda: [world.answer(event), [len("x") for _ in range(100)]], tape)
    assert more - once == pytest.approx(101, abs=3)


def test_finding_due_work_does_not_grow_with_the_agenda(world: World) -> None:
    few, many = dueness.findings(world, (2_000, 20_000))
    assert (few.due, few.handed, few.evaluated) == (6, 6, 6)
    assert many.evaluated == many.handed == many.due == 50
    assert dueness.growth([few, many]) <= dueness.GROWTH_GOAL
