"""I4: answers that are lost, throttled, refused or failed change no totals, whichever handler they befall.

Every journey is taken again and again under faults drawn by the seed, on every call of every function; the callers ask
again until they know. In the end everything must be as after the same journey in peace: items, messages, entries of
the activity log.
"""

from __future__ import annotations

import itertools
import random

from chalicelib import wiring
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding, goal_of
from infra.proof.journeys import JOURNEYS, Journey
from infra.proof.simulator import faults
from infra.proof.simulator.faults import Calm, Seeded
from infra.proof.simulator.runs import Ran, run

FAULTS = 10_000
# Together a third of all calls: four tries of the SDK in a row meet a fault now and then, so it gives up, too.
RATES = {
    faults.LOST: 0.08,
    faults.CUT: 0.06,
    faults.REFUSED: 0.04,
    faults.THROTTLED: 0.06,
    faults.CONFLICT: 0.04,
    faults.FAILED: 0.03,
    faults.FAILED_LATE: 0.03,
    faults.PARTLY: 0.02,
}
SHOWN_DIFFERENCES = 5
EVERY_WORKER = frozenset(one.name for one in wiring.FUNCTIONS if one.kind != "api")


def prove(scale: float, seed: int) -> Finding:
    """Journeys in turn until there were enough faults, each journey at least once."""
    engine = inside.stand_up()
    finding = Finding(goal_of(FAULTS, scale))
    calm = {journey.name: run(engine, journey, str(seed), lambda world: Calm()) for journey in JOURNEYS}
    covered: set[str] = set()
    for turn in itertools.count():
        if finding.count >= finding.goal and turn >= len(JOURNEYS):
            break
        journey = JOURNEYS[turn % len(JOURNEYS)]
        ran, problems = under_faults(engine, journey, f"{seed}.{turn}", calm[journey.name])
        finding.failures += problems
        finding.count += ran.befallen if ran is not None else 0
        covered |= ran.covered if ran is not None else set()
    finding.notes["runs"] = turn
    finding.notes["handlers"] = len(covered)
    missing = sorted(EVERY_WORKER - covered)
    finding.failures += [f"nothing ever befell {one}" for one in missing]
    return finding


def under_faults(engine: Engine, journey: Journey, seed: str, calm: Ran) -> tuple[Ran | None, list[str]]:
    """One journey under faults; the run, and what is wrong in the end."""
    where = f"seed {seed}, {journey.name}"
    try:
        ran = run(engine, journey, seed, lambda world: Seeded(random.Random(f"{seed} faults"), RATES))
    except (RuntimeError, LookupError) as error:
        return None, [f"{where}: {error}"]
    return ran, [f"{where}: {one}" for one in ran.totals.differences(calm.totals)[:SHOWN_DIFFERENCES]]
