"""Lives through the demo: imports all real bookings, lets the clock run over two months, and prints what came of it;
then lives a year of care with a part of them, in a chain of its own.

It runs against a stack that is up; running it again finds everything done and changes nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import app  # noqa: F401  (registers what the agenda can do)
from chalicelib.kernel import aws
from infra.demo import attention, earned, ledger, world
from infra.demo.bookings import ATTRIBUTION
from infra.demo.files import Demo, ImportFile
from infra.demo.identities import GENERATED_NOTICE_EN
from infra.demo.loading import OUTCOMES, advance_to, load
from infra.demo.memory import Watch
from infra.demo.progress import Bar
from infra.demo.timeline import DEMO_AS_OF, LAST_CHANGE
from infra.demo.year import showing
from infra.demo.year.part import QUICK_PART, YEAR_PART, Part

CLOCK_STARTS_AT = datetime(2017, 7, 31, 22, 30, tzinfo=UTC)  # the hotels' last half hour of that day
CLOSE = timedelta(hours=22, minutes=30)
LAST_DAY = date(2017, 9, 30)
ENGINE_WAIT_MAX_S = 900


def play(runner_pid: int | None = None, part: int | None = None, only: str | None = None) -> int:
    """Both acts, in order, or only one of them (`months`, `year`).

    Returns the exit status: 1 if a figure does not agree, a message is doubled, or another run changed something. With
    a `part` of about so many bookings, for a quick look, there are no truths for the months to agree with, and the year
    is lived with a tenth of its guests.
    """
    say(ATTRIBUTION)
    say(GENERATED_NOTICE_EN)
    _wait_for_engine()
    is_right = only == "year" or _months(runner_pid, part)
    if only != "months":
        share = YEAR_PART if part is None else QUICK_PART
        is_right = showing.show(Part(share), say, runner_pid) and is_right
    return 0 if is_right else 1


def _months(runner_pid: int | None, part: int | None) -> bool:
    """The whole of the bookings and two months. Whether everything agrees."""
    is_new = not world.exists()
    if is_new:
        world.found(CLOCK_STARTS_AT, has_examples=False)  # nothing but the real bookings
    before = ledger.message_count(world.CHAIN)
    watch = Watch(runner_pid)
    with tempfile.TemporaryDirectory(prefix="hospes-demo-") as folder:
        demo = Demo(part=part)
        say("Writing the files …")
        files = demo.write_history(Path(folder))
        told, wanted = earned.told_of(files), earned.expected()
        counts, seconds = _import_history(files, watch)
        _join(wanted, told)
        day_counts = _live_on(demo, Path(folder))
    are_true = part is not None or _agree()
    say("")
    are_true = earned.print_points(world.hq_scope(), wanted, told, say) and are_true
    return _report(is_new, before, counts, day_counts, seconds, watch) and are_true


def _wait_for_engine() -> None:
    """Wait until the engine has read back what an earlier run has left: some hundred megabytes."""
    ends_at = time.monotonic() + ENGINE_WAIT_MAX_S
    while True:
        try:
            aws.client("dynamodb").list_tables(Limit=1)
        except aws.EndpointConnectionError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(1)
        else:
            return


def _import_history(files: tuple[ImportFile, ...], watch: Watch) -> tuple[dict[str, int], float]:
    total = sum(file.rows for file in files)
    began = time.monotonic()
    counts = dict.fromkeys(OUTCOMES, 0)
    with Bar("Importing", total) as bar:
        done = 0
        for file in files:
            base = done

            def progress(rows: int, base: int = base) -> None:
                bar.show(base + rows)
                watch.look(base + rows)

            found = load(world.hq_scope(), file, progress)
            counts = {name: counts[name] + found[name] for name in OUTCOMES}
            done += file.rows
    return counts, time.monotonic() - began


def _join(wanted: earned.Expected, told: dict[str, str]) -> None:
    """Whoever is there, or will be, becomes a member; another run finds them all."""
    with Bar("Joining", earned.member_count(wanted, told)) as bar:
        earned.join(world.hq_scope(), wanted, told, bar.show)


def _live_on(demo: Demo, folder: Path) -> dict[str, int]:
    """Let every day pass, then bring in what changed on it, and see to what asks for somebody."""
    counts = dict.fromkeys(OUTCOMES, 0)
    days = (LAST_DAY - DEMO_AS_OF).days
    with Bar("Living on", days) as bar:
        for number in range(1, days + 1):
            day = DEMO_AS_OF + timedelta(days=number)
            advance_to(world.hq_scope(), datetime.combine(day, datetime.min.time(), UTC) + CLOSE)
            if day <= LAST_CHANGE:
                for file in demo.write_day_changes(folder, day):
                    found = load(world.hq_scope(), file)
                    counts = {name: counts[name] + found[name] for name in OUTCOMES}
            attention.look(world.hq_scope())
            bar.show(number)
    return counts


def _agree() -> bool:
    say("")
    return ledger.print_truths(world.hq_scope())


def _report(
    is_new: bool, before: int, counts: dict[str, int], day_counts: dict[str, int], seconds: float, watch: Watch
) -> bool:
    """Print the figures. Returns whether nothing is doubled, and nothing changed by another run."""
    rows = sum(counts.values())
    say("")
    say(f"History: {rows} rows in {seconds:.0f} s, {rows / seconds:.0f} rows a second: {_said(counts)}")
    say(f"Changes by day: {_said(day_counts)}")
    say(watch.said())
    say("")
    duplicated = ledger.print_outreach(world.hq_scope())
    attention.show(world.hq_scope(), say)
    sent = ledger.message_count(world.CHAIN) - before
    if not is_new:
        changed = sum(one[name] for one in (counts, day_counts) for name in ("created", "updated"))
        say(f"This was not the first run: {changed} records changed, {sent} messages sent by it.")
        return not (duplicated or changed or sent)
    return not duplicated


def _said(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in OUTCOMES)


def say(text: Any) -> None:
    """A line for whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Lives through the demo on a stack that is up.")
    parser.add_argument("--runner", type=int, help="whose memory to watch")
    parser.add_argument("--part", type=int, help="about so many bookings instead of all")
    parser.add_argument("--only", choices=("months", "year"), help="one of the two acts")
    asked = parser.parse_args()
    sys.exit(play(asked.runner, asked.part, asked.only))
