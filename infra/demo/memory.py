"""Watches how much memory the process that imports has, so that "flat" is a figure.

Imports run in a worker of the runner; the largest of its workers is taken for it.
"""

from __future__ import annotations

from pathlib import Path

EARLY_ROWS = 10_000


class Watch:
    """Notes the resident memory of a process when so much is done, by default ten thousand rows, and at its highest."""

    def __init__(self, pid: int | None, early: int = EARLY_ROWS, unit: str = "rows") -> None:
        self._pid = pid
        self._early_at, self._unit = early, unit
        self._early: int | None = None
        self._highest = 0

    def look(self, done: int) -> None:
        """Note the memory when this many rows are done."""
        now = max((_resident_mb(pid) for pid in self._pids()), default=0)
        if now and self._early is None and done >= self._early_at:
            self._early = now
        self._highest = max(self._highest, now)

    def _pids(self) -> list[str]:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children")
        return [str(self._pid), *children.read_text().split()] if children.exists() else []

    def said(self) -> str:
        """The figures in a sentence."""
        if self._early is None:
            return "Memory of the importing process: not measured here."
        early = f"{self._early} MB at {self._early_at:,} {self._unit}"
        return f"Memory of the importing process: {early}, {self._highest} MB at its highest."

    @property
    def grown_mb(self) -> int:
        """By how much it has grown since; 0 where it was not measured."""
        return self._highest - self._early if self._early is not None else 0


def _resident_mb(pid: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0  # it has ended meanwhile
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)
