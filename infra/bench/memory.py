"""Memory of a process that imports, at 10,000 rows and at 119,390: it must not grow with the file.

The engine is a process of its own, so that what is measured is the importer. The large file is run dry, which reads,
judges and stages every row and only leaves out the transaction; a real run of the first rows stands beside it.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from chalicelib.connect import service as connect
from chalicelib.kernel.imports import ImportFormat
from infra.bench.importing import guest_row
from infra.proof.around import around
from infra.proof.chains import OVER, SYSTEM, ImportFailed, break_ground
from infra.proof.stack import Stack

GOAL = 1.1
EARLY_ROWS, ALL_ROWS, REAL_ROWS = 10_000, 119_390, 2_000
LOOK_EVERY_S = 0.5


def measured(*, small: bool) -> dict[str, Any]:
    """Resident memory early and at its highest later, in a stack of its own."""
    rows = ALL_ROWS // 4 if small else ALL_ROWS
    done = subprocess.run(
        [sys.executable, "-m", "infra.bench.memory", "around", str(rows)], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _journey(rows: int) -> dict[str, Any]:
    up = Stack()
    try:
        real = _import(REAL_ROWS, "real")
        early = _import(rows, "dry_run")
    finally:
        up.stop()
    return {
        "growth": round(early["highest_mb"] / early["early_mb"], 3),
        "early_rows": EARLY_ROWS,
        "rows": rows,
        **early,
        "real_run_mb": real["highest_mb"],
    }


def _import(rows: int, mode: str) -> dict[str, Any]:
    ground = break_ground(starts_at=None)
    scope = ground.hq
    record = connect.create_import(
        scope,
        kind="guests",
        property_id=str(ground.houses[0].id),
        file_name="bench.csv",
        format=ImportFormat(system=SYSTEM),
    )
    with tempfile.TemporaryFile() as content:
        _write_rows(content, rows)
        connect.upload(scope, str(record.id), content)
    run = connect.start_run(scope, str(record.id), mode, is_queued=False)
    early = highest = 0.0
    while not connect.advance_run(scope, str(record.id), str(run.id), for_s=LOOK_EVERY_S):
        run = connect.run_of(scope, str(record.id), str(run.id))
        now = _resident_mb()
        if not early and int(run.created) >= EARLY_ROWS:
            early = now
        if early:
            highest = max(highest, now)
    run = connect.run_of(scope, str(record.id), str(run.id))
    if run.state not in OVER or int(run.created) != rows:
        raise ImportFailed(f"{run.state}: {run.created} of {rows} rows")
    return {"early_mb": early or _resident_mb(), "highest_mb": max(highest, _resident_mb())}


def _write_rows(file: IO[bytes], rows: int) -> None:
    """Row by row: a list of them would be the largest thing in memory."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, fieldnames=list(guest_row(0)))
    writer.writeheader()
    writer.writerows(guest_row(number) for number in range(rows))
    text.detach()
    file.seek(0)


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def main() -> int:
    """The journey, or the stack around it."""
    way, rows = sys.argv[1], sys.argv[2]
    if way == "around":
        return around("infra.bench.memory", ["inside", rows])
    sys.stdout.write(json.dumps(_journey(int(rows))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
