"""Seeds what `make run` shows: the demo chain, and a part of the real bookings moved to the present day."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from chalicelib.kernel.clock import real_now
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from infra.demo import care, world
from infra.demo.files import write_history
from infra.demo.loading import load
from infra.demo.timeline import shift_days_to

PART = 600  # bookings: enough for full pages, few enough for a quick start
MORNING = time(8, 0)

Progress = Callable[[int, int, str], None]


def found(progress: Progress) -> dict[str, Any]:
    """Create the chain with its houses, staff and keys, and all that it writes for and owes its guests switched on; a
    second or two. Returns what programs need to use it.
    """
    progress(0, 1, "founding the demo chain")
    today = real_now().date()
    told = world.found(datetime.combine(today, MORNING, UTC))
    care.promise(world.hq_scope(), tuple(OCCASIONS))  # before the bookings: those ahead get their messages at once
    return told


def fill(progress: Progress) -> None:
    """Import the part through the real importer, worked off by the runner."""
    scope = world.hq_scope()
    with tempfile.TemporaryDirectory(prefix="hospes-demo-") as folder:
        files = write_history(Path(folder), part=PART, shift_days=shift_days_to(scope.now.date()))
        total = sum(file.rows for file in files)
        done = 0
        for file in files:
            load(scope, file, lambda rows, base=done: progress(base + rows, total, "importing"))  # type: ignore[misc]
            done += file.rows
    progress(total, total, "")

