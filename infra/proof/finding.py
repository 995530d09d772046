"""What a line of the proof found."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

SHOWN_FAILURES = 20

Prove = Callable[[float, int], "Finding"]


@dataclass
class Finding:
    """How often an invariant was tried, and where it broke. Each failure says the seed that repeats it."""

    goal: int
    count: int = 0
    failures: list[str] = field(default_factory=list)
    notes: dict[str, int | float | str] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        """Whether it was tried often enough and never broke."""
        return not self.failures and self.count >= self.goal


def goal_of(full: int, scale: float) -> int:
    """How many are asked for at a scale: a part of the full count, one at least."""
    return max(1, math.ceil(full * scale))
