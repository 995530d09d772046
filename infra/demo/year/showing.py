"""Lives the year on a stack that is up, and shows it; another run finds the same year and changes nothing."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from infra.demo import ledger
from infra.demo.loading import OUTCOMES
from infra.demo.memory import Watch
from infra.demo.progress import Bar
from infra.demo.year import accounts, houses, telling
from infra.demo.year.accounts import Check
from infra.demo.year.living import Lived, live
from infra.demo.year.part import Part

EARLY_DAYS = 60  # by then a worker has imported everything of the history and done every kind of work
GROWN_MAX_MB = 64  # a process that kept what it imports would have grown by more in ten months


def show(part: Part, say: Callable[[str], None], runner_pid: int | None = None) -> bool:
    """Live the year and print it. Whether every account comes out even and nothing changed that was there."""
    say("")
    say("A year of care …")
    before, began = ledger.message_count(houses.CHAIN), time.monotonic()
    watch = Watch(runner_pid, EARLY_DAYS, "days")
    days = len(part.span.days_after(part.span.history))
    with tempfile.TemporaryDirectory(prefix="hospes-year-") as folder, Bar("Living a year", days) as bar:

        def look(done: int) -> None:
            bar.show(done)
            watch.look(done)

        lived = live(part, Path(folder), look=look)
    books = accounts.read(houses.scope(), part, lived.roll, ledger.outbox)
    sent = ledger.message_count(houses.CHAIN) - before
    checks = [*accounts.checks(books), *_of_run(lived, sent, watch)]
    is_even = telling.tell(books, checks, say)
    say(f"{lived.days} days lived and {lived.rows.total():,} rows brought in, in {time.monotonic() - began:.0f} s: "
        + ", ".join(f"{lived.rows[name]:,} {name}" for name in OUTCOMES))  # fmt: skip
    say(watch.said())
    return is_even


def _of_run(lived: Lived, sent: int, watch: Watch) -> list[Check]:
    """What a run must not do: refuse rows, keep what it has imported, or change a year that was over."""
    found = [
        Check("rows that were rejected", lived.rows["rejected"], 0),
        Check(f"MB of memory grown beyond {GROWN_MAX_MB}", max(watch.grown_mb - GROWN_MAX_MB, 0), 0),
    ]
    if not lived.is_new and not lived.days:
        found += [Check("records changed by another run", lived.changed, 0), Check("messages sent by it", sent, 0)]
    return found
