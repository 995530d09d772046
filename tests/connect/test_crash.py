"""A crash before or after any call to AWS: the next worker goes on, nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib.connect import service
from chalicelib.connect.service import rejections, scanning
from chalicelib.kernel import agenda, work
from chalicelib.kernel.clock import real_now
from tests.connect.fakes import HEADER, Things, World, counts, csv_bytes, many, things

_real_call = BaseClient._make_api_call


class Crash(BaseException):
    """The process is gone."""


@contextmanager
def calls_counted() -> Iterator[list[str]]:
    made: list[str] = []

    def call(self: Any, name: str, params: Any) -> Any:
        made.append(name)
        return _real_call(self, name, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield made


@contextmanager
def crash_at(number: int, *, is_after: bool) -> Iterator[None]:
    """The process dies at its call `number`, before it reaches AWS or after it had its effect."""
    made = 0

    def call(self: Any, name: str, params: Any) -> Any:
        nonlocal made
        made += 1
        if made == number and not is_after:
            raise Crash
        answer = _real_call(self, name, params)
        if made == number:
            raise Crash
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield


def small_file(prefix: str) -> bytes:
    rows = [[f"{prefix}.{number}", value, note] for number, value, note in many(22)[1:]]
    rows[2][0] = ""
    rows[12][1] = "raises"
    rows[20][1] = "rejected"
    return csv_bytes([HEADER, *rows])


REJECTED = [4, 14, 22]
EXPECTED = {"created": 19, "rejected": 3}


def work_off(world: World, import_id: str, run_id: str, number: int, *, is_after: bool) -> bool:
    """Let a worker crash and another one finish. Whether the first got as far as to crash."""
    try:
        with crash_at(number, is_after=is_after):
            service.advance_run(world.hq, import_id, run_id)
    except Crash:
        crashed = True
    else:
        crashed = False
    while not service.advance_run(world.hq, import_id, run_id):
        pass
    return crashed


def check(world: World, import_id: str, run_id: str, prefix: str, engine: Any) -> None:
    run = service.run_of(world.hq, import_id, run_id)
    assert (run.state, counts(run)) == ("done", EXPECTED)
    versions = [version for number, (_, version) in things(world.hq).items() if number.startswith(f"{prefix}.")]
    assert versions == [1] * EXPECTED["created"]
    report = service.report_of(world.hq, import_id, run_id)
    assert [one.row for one in report.rejected] == REJECTED
    _, _, body = engine.fetch("GET", service.rejected_file(world.hq, import_id, run_id).url)
    assert body.decode("utf-8-sig").count("\r\n") == 1 + len(REJECTED)
    assert service.get_import(world.hq, import_id).active_run_id is None


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_at_every_call_of_a_run(world: World, engine: Any, monkeypatch: pytest.MonkeyPatch, is_after: bool) -> None:
    monkeypatch.setattr(scanning, "CHUNK_BYTES", 300)
    monkeypatch.setattr(scanning, "PAGE_CHUNKS", 2)
    number, crashed = 0, True
    while crashed:
        number += 1
        prefix = f"n{number}"
        record = world.uploaded(small_file(prefix))
        run = service.start_run(world.hq, record.id, "real", is_queued=False)
        crashed = work_off(world, record.id, run.id, number, is_after=is_after)
        check(world, record.id, run.id, prefix, engine)
    assert number > 30


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_the_sweep_finds_what_a_dead_worker_left(
    world: World, engine: Any, run_queues: Callable[[], int], is_after: bool
) -> None:
    """The queue's own way: the message is lost with its worker, and the item comes again when its lease is over."""
    later = timedelta(seconds=service.STEP_LEASE_S + work.LEASE_S)
    record = world.uploaded(small_file("n0"))
    with calls_counted() as made:
        run = service.start_run(world.hq, record.id, "real")
        run_queues()
    check(world, record.id, run.id, "n0", engine)
    for number in range(1, len(made), 7):
        prefix = f"n{number}"
        record = world.uploaded(small_file(prefix))
        with suppress(Crash), crash_at(number, is_after=is_after):
            service.start_run(world.hq, record.id, "real")
            run_queues()
        run_id = service.get_import(world.hq, record.id).last_run_id
        if run_id is None:
            continue  # it died before the run was there: whoever asked has had no answer
        for _ in range(2):
            work.sweep(real_now() + later)
            run_queues()
        check(world, record.id, run_id, prefix, engine)
        item = agenda.AgendaRecord.find(world.hq.key(run_id), service.STEP_KIND)
        assert item is not None and item.lane is None


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_large_report_survives_too(
    world: World, engine: Any, monkeypatch: pytest.MonkeyPatch, is_after: bool
) -> None:
    monkeypatch.setattr(rejections, "PART_BYTES", 10_000)
    monkeypatch.setattr(rejections, "GROUPS_PER_READ", 2)
    rows = [["external_id", "value", "note"], *([f"T-{n}", "rejected", "n" * 1_500] for n in range(20))]
    content = csv_bytes(rows)
    service.register(Things(group_rows=5).kind)
    whole = world.run(content)
    _, _, expected = engine.fetch("GET", service.rejected_file(world.hq, str(whole.import_id), str(whole.id)).url)
    assert len(expected) > 30_000
    number, crashed = 0, True
    while crashed:
        number += 1
        record = world.uploaded(content)
        run = service.start_run(world.hq, record.id, "real", is_queued=False)
        crashed = work_off(world, record.id, run.id, number, is_after=is_after)
        _, _, body = engine.fetch("GET", service.rejected_file(world.hq, record.id, run.id).url)
        assert body == expected
