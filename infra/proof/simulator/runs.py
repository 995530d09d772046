"""One run of a journey in a world of its own, and what was found in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from infra.local.inprocess import Engine
from infra.proof.journeys import Journey
from infra.proof.simulator.faults import Plan
from infra.proof.simulator.scene import Scene, scene_in
from infra.proof.simulator.totals import Totals, totals_of
from infra.proof.simulator.world import STARTS_AT, World, made_up


@dataclass
class Ran:
    """The end of a run: its totals, its trace, the calls that were made under the plan."""

    totals: Totals
    trace: str
    calls: list[tuple[str, str]] = field(default_factory=list)  # handler and operation of each
    befallen: int = 0
    covered: set[str] = field(default_factory=set)  # handlers that something befell
    errors: dict[str, int] = field(default_factory=dict)
    now: datetime = STARTS_AT


def run(engine: Engine, journey: Journey, seed: str, plan_of: Callable[[World], Plan], *, late: float = 0.0) -> Ran:
    """Prepare in peace, act and live on under a plan, then come to rest in peace."""
    with made_up(engine, seed) as world:
        scene = scene_in(world, starts_at=STARTS_AT if journey.is_test else None)
        journey.prepare(scene)
        world.door.made = 0
        plan = _Watching(plan_of(world), world)
        with world.under(plan):
            _act(scene, journey)
        scene.settle()
        return Ran(
            totals=totals_of(world),
            trace=world.door.trace,
            calls=plan.calls,
            befallen=sum(world.door.befallen.values()),
            covered={handler for handler, _ in world.door.covered},
            errors=dict(world.errors),
            now=world.time.now,
        )


def _act(scene: Scene, journey: Journey) -> None:
    journey.act(scene)
    scene.live_days(journey.days)


class _Watching:
    """A plan that notes which calls there were."""

    def __init__(self, plan: Plan, world: World) -> None:
        self._plan = plan
        self._world = world
        self.calls: list[tuple[str, str]] = []

    def choose(self, call: object) -> str | None:
        """What the plan says."""
        self.calls.append((self._world.door.handler, call.operation))  # type: ignore[attr-defined]
        return self._plan.choose(call)  # type: ignore[arg-type]
