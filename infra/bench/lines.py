"""The lines of the bench: each measures in a process of its own and says its figure, its goal and what is behind it.

python -m infra.bench.lines P1
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.bench import accrual, calls, dueness, importing, kills, likeness, memory, parcel, paths, sending, starting
from infra.bench.world import build

SCALE = "SCALE"
CI = "ci"


@dataclass(frozen=True)
class Line:
    """One line of the table. A line that could not be measured here has no value and is not met."""

    value: float | None
    goal: float | None
    unit: str
    is_met: bool
    detail: dict[str, Any] = field(default_factory=dict)


def is_small() -> bool:
    """Whether a tenth of the counts is enough."""
    return os.environ.get(SCALE) == CI


def p1() -> Line:
    """Python calls per request."""
    found = calls.counts(build())
    detail = {
        one.name: {
            "ratio": round(one.ratio, 3),
            "goal": one.goal,
            "calls": one.product,
            "bare": one.bare,
            "aws_calls": one.aws_calls,
        }
        for one in found
    }
    worst = max(found, key=lambda one: one.ratio / one.goal)
    return Line(round(worst.ratio, 3), worst.goal, "× calls", all(one.ratio <= one.goal for one in found), detail)


def p2() -> Line:
    """Capacity units."""
    found, idle = paths.paths(build())
    detail = {one.name: paths.units_detail(one) for one in found}
    detail["idle sweep"] = {"read": idle.read, "write": idle.write, "queries": idle.trip_count}
    worst = max(one.units_ratio for one in found)
    return Line(worst, 1.1, "× units", all(one.is_near for one in found), detail)


def p3() -> Line:
    """AWS round trips."""
    found, _ = paths.paths(build())
    worst = max(one.trips_ratio for one in found)
    return Line(worst, 1.0, "× trips", worst <= 1.0, {one.name: paths.trips_detail(one) for one in found})


def p4() -> Line:
    """Items read per due greeting."""
    sizes = tuple(size // 10 for size in dueness.SIZES) if is_small() else dueness.SIZES
    found = dueness.findings(build(), sizes)
    worst, growth = max(one.ratio for one in found), dueness.growth(found)
    detail: dict[str, Any] = {str(one.guests): asdict(one) | {"ratio": one.ratio} for one in found}
    detail["growth"] = {"ratio": round(growth, 4), "goal": dueness.GROWTH_GOAL}
    is_met = worst <= dueness.GOAL and growth <= dueness.GROWTH_GOAL and all(one.handed == one.due for one in found)
    return Line(round(worst, 4), dueness.GOAL, "items", is_met, detail)


def p5() -> Line:
    """Processor time of the sender."""
    found = sending.measured(build())
    return Line(found.greeting_ms, sending.GOAL, "ms", found.greeting_ms <= sending.GOAL, asdict(found))


def p6() -> Line:
    """Import rate."""
    rows = importing.ROWS // 5 if is_small() else importing.ROWS
    found = importing.races(build(), rows)
    worst = min(one.ratio for one in found)
    detail = {one.kind: importing.detail(one) for one in found}
    return Line(round(worst, 3), importing.GOAL, "× raw", worst >= importing.GOAL, detail)


def p7() -> Line:
    """Python calls of the accrual."""
    found = accrual.counted(build())
    detail = {"calls": found.product, "bare": found.bare, "transaction_alone": found.transaction, "asked": found.asked}
    return Line(round(found.ratio, 3), accrual.GOAL, "× calls", found.ratio <= accrual.GOAL, detail)


def p8() -> Line:
    """Cold import."""
    found = starting.measured(starting.RUNS_CI if is_small() else starting.RUNS)
    worst = max(found, key=lambda one: one.ratio / one.goal)
    detail = {one.name: starting.detail(one) for one in found}
    return Line(round(worst.ratio, 3), worst.goal, "× boto3", all(one.is_met for one in found), detail)


def p9() -> Line:
    """Size of the package."""
    found = parcel.measured(parcel.built())
    return Line(round(max(found.values()) / 1e6, 2), None, "MB", True, {"bytes_without_boto3": found})


def p10() -> Line:
    """Kills in the middle of greetings."""
    account = kills.killed(greetings=300, times=4) if is_small() else kills.killed(greetings=3000, times=20)
    wrong = account["duplicated"] + abs(account["due"] - account["decided"])
    return Line(float(wrong), 0, "greetings", wrong == 0 and bool(account["is_right"]), account)


def flat() -> Line:
    """Memory of an import."""
    found = memory.measured(small=is_small())
    return Line(found["growth"], memory.GOAL, "× RSS", found["growth"] <= memory.GOAL, found)


def lookup_10k() -> Line:
    """Read units to find a new guest's candidates among ten thousand guests."""
    return _lookup(likeness.SIZES[0])


def lookup_1m() -> Line:
    """The same among a million."""
    return _lookup(likeness.SIZES[1])


def _lookup(size: int) -> Line:
    world = build()
    found = {one: likeness.lookup(world, one) for one in likeness.SIZES}
    goal = found[likeness.SIZES[0]].units
    return Line(found[size].units, goal, "read units", found[size].units <= goal, asdict(found[size]))


def match_pairs() -> Line:
    """Pairs of guests weighed in a second."""
    found = likeness.rate(build())
    return Line(round(found.per_s), likeness.PAIRS_GOAL, "pairs/s", found.per_s >= likeness.PAIRS_GOAL, asdict(found))


LINES: dict[str, Callable[[], Line]] = {
    "P1": p1, "P2": p2, "P3": p3, "P4": p4, "P5": p5, "P6": p6, "P7": p7, "P8": p8, "P9": p9, "P10": p10,
    "import memory": flat,
    "lookup_read_units_10k": lookup_10k, "lookup_read_units_1m": lookup_1m, "match_pairs_per_s": match_pairs,
}  # fmt: skip


def main() -> int:
    """One line as JSON on the last line of the output."""
    line = LINES[sys.argv[1]]()
    sys.stdout.write("\n" + json.dumps(asdict(line)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
