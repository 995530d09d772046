"""Brings files in through the real importer and lets the clock run, and waits for the runner to be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.connect import service as connect
from chalicelib.kernel import testclock
from chalicelib.kernel.clock import ClockRecord
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.scope import Scope
from infra.demo.bookings import Hotel
from infra.demo.files import ImportFile
from infra.demo.world import PROPERTY_OF

POLL_S = 0.15
RUN_WAIT_MAX_S = 3600
ADVANCE_POLL_S = 0.1
ADVANCE_WAIT_MAX_S = 1800
SYSTEM = "hbd"  # whose numbers the external ids are
OUTCOMES = ("created", "updated", "unchanged", "rejected")
OVER = ("done", "failed", "cancelled")

Progress = Callable[[int], None]
Wait = Callable[[float], object]  # sleeps so many seconds while a runner works, or does the runner's work itself


class LoadFailed(RuntimeError):
    """A run did not end well."""


def load(
    scope: Scope,
    file: ImportFile,
    progress: Progress = lambda rows: None,
    *,
    houses: Mapping[Hotel, str] = PROPERTY_OF,
    wait: Wait = time.sleep,
) -> dict[str, int]:
    """Import one file; `progress` is told how many rows are done. Returns created, updated, unchanged, rejected."""
    record = connect.create_import(
        scope,
        kind=file.kind,
        property_id=houses[file.hotel],
        file_name=file.path.name,
        format=ImportFormat(system=SYSTEM, numbers="chain"),
    )
    with file.path.open("rb") as content:
        connect.upload(scope, str(record.id), content)
    run = connect.start_run(scope, str(record.id), "real")
    ends_at = time.monotonic() + RUN_WAIT_MAX_S
    while str(run.state) not in OVER:
        if time.monotonic() > ends_at:
            raise LoadFailed(f"{file.path.name} took more than {RUN_WAIT_MAX_S} s")
        wait(POLL_S)
        run = connect.run_of(scope, str(record.id), str(run.id))
        progress(sum(counts_of(run).values()))
    if run.state != "done":
        raise LoadFailed(f"{file.path.name}: {run.state} {run.failure or ''}")
    return counts_of(run)


def counts_of(run: Any) -> dict[str, int]:
    """What became of a run's rows so far."""
    return {name: int(getattr(run, name)) for name in OUTCOMES}


def advance_to(scope: Scope, instant: datetime, *, wait: Wait = time.sleep) -> None:
    """Advance the chain's clock and wait for it; nothing if it stands there or later."""
    if scope.now >= instant:
        return
    testclock.request_advance(scope, to=instant)
    ends_at = time.monotonic() + ADVANCE_WAIT_MAX_S
    while True:
        clock = ClockRecord.find(scope.chain_id)
        if clock is not None and not clock.target_at:
            return
        if time.monotonic() > ends_at:
            raise TimeoutError(f"the advance to {instant} is not done")
        wait(ADVANCE_POLL_S)
