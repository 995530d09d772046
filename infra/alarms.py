"""What must wake somebody: each alarm with its metric, its limit and the page of the runbook that says what to do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Alarm:
    """One alarm. `dimensions` may name a queue, a function or a table of the wiring; `{stage}` stands for the stage."""

    name: str
    namespace: str
    metric: str
    statistic: str  # Sum | Maximum | Average | p99
    threshold: float
    period_s: int
    periods: int
    runbook: str  # the heading in docs/runbook.md
    dimensions: dict[str, str] = field(default_factory=dict)
    comparison: str = "GreaterThanThreshold"
    missing_is: str = "notBreaching"


def alarms() -> list[Alarm]:
    """Every alarm of one stage, in order of name."""
    return []
