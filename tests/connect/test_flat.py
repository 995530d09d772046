"""What an import costs beside storing the rows: memory that does not grow with the file, and little time."""

from __future__ import annotations

import gc
import json
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chalicelib.connect import service
from chalicelib.connect.models import RunRecord
from chalicelib.connect.rules import FAULT_TEXT, Rejected
from chalicelib.connect.service import rows as importing
from chalicelib.connect.service.files import Source
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.imports import ImportRow, Staged
from chalicelib.kernel.unit import Unit
from tests import shortcuts
from tests.connect.fakes import COLUMNS, HEADER, World, counts

ROWS_FEW, ROWS_ALL = 10_000, 119_390  # as many as the demo has bookings
GROWTH_BYTES_MAX = 24 * 1024**2  # a block of 4 MB with its lines, twice, and what the allocator keeps
OVERHEAD_MAX = 0.15  # of the time that staging and committing take
ROUNDS_MAX = 5  # until one was not disturbed by whatever else the machine does


def file_of(rows: int) -> bytes:
    lines = [",".join(HEADER)]
    lines += [f'T-{number},value {number},"a note of some length {number:0150}"' for number in range(rows)]
    return "\n".join(lines).encode()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def peak_bytes(world: World, rows: int) -> int:
    """The most memory that the process holds while a dry run reads so many rows."""
    record = world.uploaded(file_of(rows))
    run = service.start_run(world.hq, record.id, "dry_run", is_queued=False)
    seen = [0]
    gc.collect()

    def read(source: Source, start: int, end: int) -> bytes:
        content = Source_read(source, start, end)
        seen[0] = max(seen[0], resident_bytes())
        return content

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Source, "read", read)
        while not service.advance_run(world.hq, record.id, run.id):
            pass
    assert counts(service.run_of(world.hq, record.id, run.id)) == {"created": rows}
    return seen[0]


Source_read = Source.read


def test_memory_does_not_grow_with_the_file(world: World) -> None:
    def stage(scope: Any, unit: Unit, rows: Sequence[ImportRow], **_: Any) -> list[Staged]:
        return [Staged("created", row.cells["external_id"]) for row in rows]

    service.register(service.Kind("things", COLUMNS, 250, stage))
    peak_bytes(world, ROWS_FEW)  # what is loaded once
    few, all_of_them = peak_bytes(world, ROWS_FEW), peak_bytes(world, ROWS_ALL)
    print(f"{few:,} bytes for {ROWS_FEW:,} rows, {all_of_them:,} for {ROWS_ALL:,}")
    assert all_of_them < few + GROWTH_BYTES_MAX


def test_time_goes_into_storing_the_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything but staging and committing: reading, cutting, decoding, counting, progress, queue."""
    spent = {"rows": 0.0}

    def timed(step: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            begun = time.process_time()
            try:
                return step(*args, **named)
            finally:
                spent["rows"] += time.process_time() - begun

        return call

    def overhead() -> float:
        record = world.uploaded(file_of(2_000))
        run = service.start_run(world.hq, record.id, "real", is_queued=False)
        spent["rows"] = 0.0
        begun = time.process_time()
        assert service.advance_run(world.hq, record.id, run.id, for_s=600)
        return (time.process_time() - begun - spent["rows"]) / spent["rows"]

    service.register(service.Kind("things", COLUMNS, 40, timed(world.things.stage)))
    monkeypatch.setattr(Unit, "commit", timed(Unit.commit))
    rounds: list[float] = []
    with shortcuts.whole_library():  # a commit costs what it costs in the product
        while not rounds or (min(rounds) >= OVERHEAD_MAX and len(rounds) < ROUNDS_MAX):
            rounds.append(overhead())
    assert min(rounds) < OVERHEAD_MAX, rounds
    print(f"overhead {min(rounds):.1%}")


def test_calls_to_aws_grow_with_groups_not_with_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    commits: list[int] = []
    commit = Unit.commit
    monkeypatch.setattr(Unit, "commit", lambda unit: commits.append(unit.size) or commit(unit))
    service.register(service.Kind("things", COLUMNS, 50, world.things.stage))
    world.run(file_of(1_000))
    assert len([size for size in commits if size > 40]) == 20  # 50 rows and the progress each
    assert len(commits) < 20 + 6  # the start, the scan, the end


def test_a_group_writes_one_small_run(world: World) -> None:
    run = world.run(file_of(200))
    stored = RunRecord.find(str(run.import_key), str(run.id))
    assert stored is not None
    assert len(str(stored.serialize())) < 2_000


def test_the_rejections_of_the_worst_group_fit_into_an_item() -> None:
    errors = tuple(FieldError(f"/{name}", "王" * 5_000, "invalid", {"limit": 10**9}) for name in range(100))
    worst = max(kind.group_rows for kind in service.KINDS)
    rows = [Rejected(10**9, 10**9, 10**9, 10**5, "王" * 5_000, errors).stored()] * worst
    rows += [Rejected(10**9, 10**9, 10**9, 10**5, FAULT_TEXT).stored()] * importing.FAULTS_PER_GROUP_MAX
    assert len(json.dumps(rows)) < 390_000
