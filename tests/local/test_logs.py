"""`make logs`: the lines of all processes in one order, filtered, followed, added up; and files that stay bounded."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import logs
from infra.local import children
from infra.local.children import Child
from tests.local.stack import PATIENCE_S

ROOT = Path(__file__).parents[2]
A, B = "chn_00000000000000000000000001", "chn_00000000000000000000000002"


def line(seconds_ago: float, event: str, level: str = "info", **fields: Any) -> str:
    """A line as the product writes it."""
    at = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    head = {"at": at, "level": level, "event": event, "service": "hospes", "stage": "local"}
    return json.dumps({**head, **fields}) + "\n"


def figure(seconds_ago: float, name: str, value: Any, unit: str = "Count", by: str = "", **fields: str) -> str:
    """A line with one figure."""
    at_ms = int((datetime.now(UTC) - timedelta(seconds=seconds_ago)).timestamp() * 1000)
    sets = [["stage"], ["stage", by]] if by else [["stage"]]
    directive = {"Namespace": "Hospes", "Dimensions": sets, "Metrics": [{"Name": name, "Unit": unit}]}
    content = {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [directive]}, "event": "metrics", "stage": "local"}
    return json.dumps({**content, **fields, name: value}) + "\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's folder with logs in it."""
    monkeypatch.setenv("HOSPES_LOCAL", str(tmp_path))
    found = tmp_path / "log"
    found.mkdir()
    (found / "api.log").write_text(
        line(7200, "request", chain=A, request="req_old")
        + line(50, "request", chain=A, request="req_1", status=200, ms=3.25, actor="staff", actor_id="stf_1")
        + line(30, "defect", "error", request="req_2", trace_of=["ValueError", "  chalicelib/x.py:1 in fail"])
        + figure(29, "Requests", 1, by="status_class", status_class="2xx", chain=A)
        + figure(28, "Requests", 2, by="status_class", status_class="2xx", chain=A)
        + figure(27, "RequestMs", [4, 2, 9], "Milliseconds")
    )
    (found / "runner.log").write_text(
        line(40, "work_done", chain=B, request="rev_1", function="work_due")
        + "Traceback (most recent call last):\n"
        + line(20, "work_failed", "warning", chain=A)
    )
    (found / "runner.log.1").write_text(line(60, "sweep_done", function="sweep"))
    return found


@pytest.fixture
def shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What the command prints, by lines."""

    def run(*arguments: str) -> list[str]:
        assert logs.main(list(arguments)) == 0
        return capsys.readouterr().out.splitlines()

    return run


class TestLines:
    def test_of_all_processes_in_the_order_of_time(self, shown: Any) -> None:
        found = shown()
        events = [match[1] for text in found if (match := re.search(r"(?:info|error|warning)\s+(\w+)", text))]
        assert events == ["request", "sweep_done", "request", "work_done", "defect", "work_failed"]
        assert [text for text in found if "Traceback" in text] == [found[4]], "after the line before it"
        assert "    chalicelib/x.py:1 in fail" in found[7]

    def test_say_what_the_event_says_then_whose_it_is(self, shown: Any) -> None:
        (text,) = shown("--request", "req_1")
        told = f"status=200 ms=3.25 chain={A} actor=staff:stf_1 request=req_1"
        assert text.endswith(f"api         info    request {told}")

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["--chain", A], 3),
            (["--chain", A, "--since", "1h"], 2),
            (["--event", "work_"], 2),
            (["--event", "work_done,defect"], 1 + 3),
            (["--level", "warning", "--chain", A], 1),
            (["--level", "error", "--event", "defect"], 3),
            (["--since", "45s", "--event", "work"], 2),
            (["--request", "req_none"], 0),
        ],
    )
    def test_are_filtered(self, shown: Any, arguments: list[str], expected: int) -> None:
        assert len(shown(*arguments)) == expected

    def test_a_time_that_cannot_be_read_is_refused(self, folder: Path) -> None:
        with pytest.raises(SystemExit):
            logs.main(["--since", "yesterday"])

    def test_colours_are_for_terminals(self) -> None:
        read = logs.parsed(line(1, "defect", "error").strip(), "api", "")
        assert "\x1b[31mdefect" in logs.shown(read, is_coloured=True)
        assert "\x1b" not in logs.shown(read, is_coloured=False)

    def test_a_folder_without_logs_shows_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOSPES_LOCAL", str(tmp_path / "new"))
        assert logs.main([]) == 0


class TestFigures:
    def test_are_added_up_by_chain(self, shown: Any) -> None:
        found = [text.split() for text in shown("--metrics")[1:]]
        assert found == [["-", "RequestMs", "3", "4.0", "9.0", "9.0"], [A, "Requests", "2xx", "3"]]

    def test_of_one_chain_or_of_late(self, shown: Any) -> None:
        assert len(shown("--metrics", "--chain", A)) == 2
        assert len(shown("--metrics", "--since", "1s")) == 1


class TestFollowing:
    def test_goes_on_with_what_is_written_also_after_the_file_was_begun_anew(self, folder: Path) -> None:
        file = logs.File(folder / "api.log")
        assert len(list(file.news())) == 6
        with (folder / "api.log").open("a") as log:
            log.write(line(1, "half")[:20])
            log.flush()
            assert list(file.news()) == []
            log.write(line(1, "half")[20:])
        assert [one.fields["event"] for one in file.news()] == ["half"]
        (folder / "api.log").write_text(line(0, "anew"))
        assert [one.fields["event"] for one in file.news()] == ["anew"]

    def test_as_a_person_follows(self, folder: Path) -> None:
        command = [sys.executable, "-m", "infra.logs", "--follow", "--event", "late"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(0.5)
            with (folder / "new.log").open("w") as log:
                log.write(line(0, "late_one"))
            assert process.stdout is not None
            assert "late_one" in process.stdout.readline()
        finally:
            process.terminate()
            process.communicate(timeout=10)


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """A process that writes a hundred lines a moment into its log, which is long beyond 2,000 bytes."""
    monkeypatch.setattr(children, "LOG_BYTES_MAX", 2000)
    (tmp_path / "chatter.py").write_text(
        "import sys, time\nfor n in range(10**6):\n    print(n, flush=True)\n    time.sleep(0.0005)\n"
    )
    child = Child("writer", "chatter", [], {**os.environ, "PYTHONPATH": str(tmp_path)}, tmp_path)
    child.start()
    yield child
    child.end()
    child.wait(5)
    child.close()


class TestBounds:
    def test_a_log_is_put_aside_while_its_process_writes(self, writer: Child, tmp_path: Path) -> None:
        log, aside = tmp_path / "writer.log", tmp_path / "writer.log.1"
        ends_at = time.monotonic() + PATIENCE_S
        while not aside.exists() and time.monotonic() < ends_at:
            writer.bound_log()
            time.sleep(0.01)
        assert aside.exists()
        size = log.stat().st_size
        while size == log.stat().st_size and time.monotonic() < ends_at:
            time.sleep(0.01)
        assert size < log.stat().st_size, "the process writes on"
        assert b"\0" not in log.read_bytes(), "at the end of what there is, not where it was before"
        kept = [int(text) for text in aside.read_text().split()]
        assert kept == list(range(len(kept)))
