"""I1: two thousand chains, each of which lives through fifty steps (see `living`)."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding, goal_of
from infra.proof.points.house import silenced
from infra.proof.points.living import Living

LIVES, STEPS = 2_000, 50
LIVES_AT_ONCE = 25  # of one seed, so that a failure is repeated within a minute


def prove(scale: float, seed: int) -> Finding:
    """So many steps, in parts of a seed each, until one of them breaks."""
    engine = inside.stand_up()
    finding = Finding(goal_of(LIVES * STEPS, scale))
    lives = 0
    for part in range(10 * LIVES // LIVES_AT_ONCE):
        if finding.count >= finding.goal or finding.failures:
            break
        steps, hits, problems = lived(engine, f"{seed}.{part}")
        finding.count += steps
        finding.failures += problems
        lives += LIVES_AT_ONCE
        finding.notes["transactions met by trouble"] = hits + int(finding.notes.get("transactions met by trouble", 0))
    finding.notes["lives"] = lives
    return finding


def lived(
    engine: Engine, seed_text: str, *, lives: int = LIVES_AT_ONCE, steps: int = STEPS, is_shrunk: bool = True
) -> tuple[int, int, list[str]]:
    """Lives of one seed: how many steps were taken, how many transactions were met, and what broke with its steps."""
    type_: Any = type("Living", (Living,), {"engine": engine, "taken": 0, "hits": 0})
    chosen = settings(
        max_examples=lives,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink) if is_shrunk else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    problems: list[str] = []
    try:
        with silenced():
            run_state_machine_as_test(seed(number_of(seed_text))(type_), settings=chosen)
    except Exception as error:  # noqa: BLE001  (whatever broke is the finding)
        problems.append(
            f"seed {seed_text}: {type(error).__name__}: {error}\n" + "\n".join(getattr(error, "__notes__", []))
        )
    return type_.taken, type_.hits, problems


def number_of(seed_text: str) -> int:
    """A seed as hypothesis takes it: `1.17` → 1000017."""
    first, _, part = seed_text.partition(".")
    return int(first) * 1_000_000 + int(part or 0)
