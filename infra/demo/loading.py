"""Brings files in through the real importer and waits for the runner to be done with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from chalicelib.connect import service as connect
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.scope import Scope
from infra.demo.files import ImportFile
from infra.demo.world import PROPERTY_OF

POLL_S = 0.15
RUN_WAIT_MAX_S = 3600
SYSTEM = "hbd"  # whose numbers the external ids are
OUTCOMES = ("created", "updated", "unchanged", "rejected")
OVER = ("done", "failed", "cancelled")

Progress = Callable[[int], None]


class LoadFailed(RuntimeError):
    """A run did not end well."""


def load(scope: Scope, file: ImportFile, progress: Progress = lambda rows: None) -> dict[str, int]:
    """Import one file; `progress` is told how many rows are done. Returns created, updated, unchanged, rejected."""
    record = connect.create_import(
        scope,
        kind=file.kind,
        property_id=PROPERTY_OF[file.hotel],
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
        time.sleep(POLL_S)
        run = connect.run_of(scope, str(record.id), str(run.id))
        progress(sum(counts_of(run).values()))
    if run.state != "done":
        raise LoadFailed(f"{file.path.name}: {run.state} {run.failure or ''}")
    return counts_of(run)


def counts_of(run: Any) -> dict[str, int]:
    """What became of a run's rows so far."""
    return {name: int(getattr(run, name)) for name in OUTCOMES}
