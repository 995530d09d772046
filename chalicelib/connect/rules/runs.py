"""The states of a run and its figures."""

from __future__ import annotations

from chalicelib.kernel.deferred import dataclass

QUEUED, SCANNING, RUNNING = "queued", "scanning", "running"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
ACTIVE = (QUEUED, SCANNING, RUNNING)
OVER = (DONE, FAILED, CANCELLED)
DRY_RUN, REAL = "dry_run", "real"
MODES = (DRY_RUN, REAL)


@dataclass(frozen=True)
class Counts:
    """What became of the rows so far."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    @property
    def total(self) -> int:
        """All rows that are done."""
        return self.created + self.updated + self.unchanged + self.rejected

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
        )
