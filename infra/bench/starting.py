"""P8: what a cold start costs: processor time and memory of importing a function's code ÷ those of `import boto3`.

Every import is a fresh process whose modules are compiled already, as they are in the package. The processes take
turns, so that a busy machine is busy for all of them; the median counts. The interpreter's own start is not counted.

The floor of every function is botocore with PynamoDB: 0.96 of `import boto3` in instructions (cachegrind, CPython
3.11). Decision 0027 says what is imported at the start, what with the first piece of work, and what that costs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib import wiring

ROOT = Path(__file__).parents[2]
RUNS, RUNS_CI = 11, 9
BASE = "boto3"
GOAL_API, GOAL_OTHERS = (2.5, 2.0), (1.25, 1.5)  # of time, of memory
# Every module that a function of the wiring starts with.
GOALS = {
    one.handler.rpartition(".")[0]: GOAL_API if one.kind == "api" else GOAL_OTHERS for one in wiring.FUNCTIONS
}
_CHILD = """
import json, sys, time
def resident_kb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
began, before = time.process_time(), resident_kb()
__import__(sys.argv[1])
print(json.dumps([time.process_time() - began, resident_kb()]))
"""
_VARIABLES = {
    "HOSPES_STAGE": "local",
    "HOSPES_SECRET": "of-this-measurement-only",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHONPATH": str(ROOT),
}


@dataclass(frozen=True)
class Start:
    """One module: seconds and kilobytes, its own and boto3's."""

    name: str
    cpu_s: float
    resident_kb: float
    base_s: float
    base_kb: float

    @property
    def ratio(self) -> float:
        """Its time for boto3's."""
        return self.cpu_s / self.base_s

    @property
    def memory_ratio(self) -> float:
        """Its process's memory for that of one with boto3."""
        return self.resident_kb / self.base_kb

    @property
    def goal(self) -> float:
        """What the ratio of time may be at most."""
        return GOALS[self.name][0]

    @property
    def is_met(self) -> bool:
        """Whether time and memory are within their goals."""
        return self.ratio <= self.goal and self.memory_ratio <= GOALS[self.name][1]


def measured(runs: int) -> list[Start]:
    """Every function's code, by medians."""
    names = [BASE, *GOALS]
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for number in range(runs + 1):
        for name in names:
            figure = _import(name)
            if number:  # the first round compiles
                figures[name].append(figure)
    medians = {
        name: (statistics.median(one[0] for one in found), statistics.median(one[1] for one in found))
        for name, found in figures.items()
    }
    return [Start(name, *medians[name], *medians[BASE]) for name in GOALS]


def detail(start: Start) -> dict[str, Any]:
    """What is told of a module."""
    return {
        "ratio": round(start.ratio, 3),
        "goal": start.goal,
        "memory_ratio": round(start.memory_ratio, 3),
        "memory_goal": GOALS[start.name][1],
        "cpu_ms": round(start.cpu_s * 1000, 1),
        "boto3_ms": round(start.base_s * 1000, 1),
        "resident_mb": round(start.resident_kb / 1024, 1),
        "boto3_mb": round(start.base_kb / 1024, 1),
    }


def _import(name: str) -> tuple[float, float]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HOSPES_", "AWS_", "PYTHON"))}
    command = [sys.executable, "-c", _CHILD, name]
    done = subprocess.run(command, env=kept | _VARIABLES, cwd=ROOT, capture_output=True, check=True, text=True)
    seconds, kilobytes = json.loads(done.stdout.splitlines()[-1])
    return float(seconds), float(kilobytes)
