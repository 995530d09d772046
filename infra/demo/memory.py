"""Watches how much memory the process that imports has, so that "flat" is a figure."""

from __future__ import annotations

from pathlib import Path

EARLY_ROWS = 10_000


class Watch:
    """Notes the resident memory of a process at ten thousand rows and at its highest later."""

    def __init__(self, pid: int | None) -> None:
        self._status = Path(f"/proc/{pid}/status") if pid else None
        self._early: int | None = None
        self._highest = 0

    def look(self, rows: int) -> None:
        """Note the memory at this many rows."""
        if self._status is None or not self._status.exists():
            return
        for line in self._status.read_text().splitlines():
            if line.startswith("VmRSS:"):
                now = int(line.split()[1]) // 1024
                if self._early is None and rows >= EARLY_ROWS:
                    self._early = now
                self._highest = max(self._highest, now)

    def said(self) -> str:
        """The figures in a sentence."""
        if self._early is None:
            return "Memory of the importing process: not measured here."
        return f"Memory of the importing process: {self._early} MB at 10,000 rows, {self._highest} MB at its highest."
