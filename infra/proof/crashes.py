"""I5: a process dies before or after each single call to AWS of every journey, and what was begun heals by itself.

The journey is first taken in peace, which says how many calls there are and what the end must be. Then it is taken
again for every call of it, twice, in a world of its own. Empty looks of the sweep are left out: they are all the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding, goal_of
from infra.proof.journeys import JOURNEYS, Journey
from infra.proof.simulator.faults import CRASH_AFTER, CRASH_BEFORE, AtCall, Calm
from infra.proof.simulator.runs import Ran, run

POINTS = 500
SHOWN_DIFFERENCES = 5


def prove(scale: float, seed: int) -> Finding:
    """Every point at full scale, else a part of them drawn by the seed."""
    engine = inside.stand_up()
    finding = Finding(goal_of(POINTS, scale))
    source = random.Random(f"{seed} points")
    for journey in JOURNEYS:
        calm = run(engine, journey, str(seed), lambda world: Calm())
        finding.failures += [f"{journey.name}, in peace: {one}" for one in calm.totals.problems]
        points = list(points_of(calm))
        if scale < 1:
            points = source.sample(points, goal_of(len(points), scale))
        for number, fault in sorted(points):
            finding.failures += problems_at(engine, journey, seed, calm, number, fault)
            finding.count += 1
    finding.notes["journeys"] = len(JOURNEYS)
    return finding


def points_of(calm: Ran) -> Iterator[tuple[int, str]]:
    """Where the process may die."""
    for number, (handler, operation) in enumerate(calm.calls):
        if handler != "sweep" or operation != "Query":
            yield number, CRASH_BEFORE
            yield number, CRASH_AFTER


def problems_at(engine: Engine, journey: Journey, seed: int, calm: Ran, number: int, fault: str) -> list[str]:
    """Die there; what is wrong in the end, by name of the point."""
    where = f"seed {seed}, {journey.name}, {fault} call {number} ({' '.join(calm.calls[number])})"
    try:
        ran = run(engine, journey, str(seed), lambda world: AtCall(number, fault))
    except (RuntimeError, LookupError) as error:
        return [f"{where}: {error}"]
    found: Iterable[str] = ran.totals.differences(calm.totals)
    if not ran.befallen:
        found = ["nobody died"]
    return [f"{where}: {one}" for one in list(found)[:SHOWN_DIFFERENCES]]
