"""`make run` as a person and a program meet it: it starts, says where it is, heals, refuses a second one and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local import children, state
from infra.local.children import Child
from tests.local.stack import ROOT, free_port

START_S = 60.0
HEAL_S = 60.0
SEEDED = {"chain_id": "chn_1", "staff": [{"email": "hq@hotel.example", "password": "word", "role": "hq_admin"}]}


def eventually(claim: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is so."""
    ends_at = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < ends_at, what
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Run:
    """`python -m infra.local.launcher` over a folder that counts as filled and, unless it is to be, as founded."""

    def __init__(self, folder: Path, *, is_founded: bool = True) -> None:
        self.folder = folder
        self.port = free_port()
        folder.mkdir(exist_ok=True)
        if is_founded:
            (folder / "seed.json").write_text(json.dumps(SEEDED))
        (folder / "filled.json").write_text('{"filled": true}')
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOSPES_", "AWS_"))}
        self.environment = {**kept, "PORT": str(self.port), "HOSPES_LOCAL": str(folder)}
        self.process = self.launch()

    def launch(self, **more: str) -> subprocess.Popen[str]:
        """Start a launcher."""
        return subprocess.Popen(
            [sys.executable, "-m", "infra.local.launcher"],
            cwd=ROOT,
            text=True,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def described(self) -> dict[str, Any]:
        """What it wrote down for programs; empty before it did."""
        try:
            content: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        except OSError:
            return {}
        return content

    def answers(self) -> bool:
        """Whether the API does."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait(self) -> dict[str, Any]:
        """Wait until it is up."""

        def up() -> bool:
            assert self.process.poll() is None, self.process.stdout.read() if self.process.stdout else ""
            return bool(self.described()) and self.answers()

        eventually(up, START_S, "it does not start")
        return self.described()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A running stack, ended in any case."""
    one = Run(tmp_path / "local")
    yield one
    if one.process.poll() is None:
        one.process.terminate()
        one.process.wait(15)
    if one.process.stdout:
        one.process.stdout.close()


@pytest.mark.slow
def test_it_starts_heals_and_ends(run: Run) -> None:
    described = run.wait()
    assert described["chain_id"] == "chn_1"
    assert described["base_url"] == f"http://127.0.0.1:{run.port}"
    assert described["operator_key"] and (run.folder / "demo.json").stat().st_mode & 0o077 == 0
    assert (run.folder / "secrets.json").stat().st_mode & 0o077 == 0
    with urllib.request.urlopen(described["outbox_url"], timeout=HEAL_S) as answer:
        assert json.load(answer) == {"data": [], "next": None, "has_more": False}

    second = run.launch(PORT=str(free_port()))
    said, _ = second.communicate(timeout=HEAL_S)
    assert second.returncode == 1 and f"http://127.0.0.1:{run.port}" in said

    for name in ("engine", "api", "runner"):
        before = run.described()["pids"][name]
        os.kill(before, signal.SIGKILL)
        eventually(lambda name=name, before=before: run.described()["pids"][name] != before, HEAL_S, f"{name} is gone")
    eventually(run.answers, HEAL_S, "the API does not answer again")
    assert run.described()["aws_endpoint_url"] == described["aws_endpoint_url"]

    pids = run.described()["pids"].values()
    assert all(is_alive(pid) for pid in pids)
    run.process.terminate()
    said, _ = run.process.communicate(timeout=HEAL_S)
    assert run.process.returncode == 0
    assert "hq@hotel.example" in said and "The engine had ended and was started again." in said
    eventually(lambda: not any(is_alive(pid) for pid in pids), 1, "a child is left over")


PARENT = """
import os, sys, time
from pathlib import Path
from infra.local.children import Child
data = sys.argv[2]
child = Child("engine", "infra.local.engine", ["--port", sys.argv[1], "--data", data], dict(os.environ), Path(data))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")
def test_the_child_of_a_killed_launcher_ends(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", PARENT, str(port), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        eventually(lambda: not state.is_free(port), 10, "the engine does not start")
        assert is_alive(pid)
        launcher.kill()
    eventually(lambda: not is_alive(pid), 5, "a child outlived the launcher")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with state.socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "infra.local.launcher"],
            cwd=ROOT,
            text=True,
            timeout=HEAL_S,
            capture_output=True,
            env={**os.environ, "PORT": str(port), "HOSPES_LOCAL": str(tmp_path / "local")},
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stdout and "Traceback" not in done.stderr


def test_a_port_that_is_no_port_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.local.launcher"],
        cwd=ROOT,
        text=True,
        timeout=HEAL_S,
        capture_output=True,
        env={**os.environ, "PORT": "http", "HOSPES_LOCAL": str(tmp_path / "local")},
        check=False,
    )
    assert (done.returncode, "PORT is 'http'" in done.stdout) == (1, True)


class TestState:
    """The folder and the environment."""

    def test_secrets_are_made_once(self, tmp_path: Path) -> None:
        first = state.Folder(tmp_path).secrets()
        assert state.Folder(tmp_path).secrets() == first
        assert len(first["secret"]) > 40 and first["operator_key"].startswith("hop_local_")

    def test_a_folder_is_taken_once(self, tmp_path: Path) -> None:
        one, other = state.Folder(tmp_path), state.Folder(tmp_path)
        one.take()
        one.describe("the first")
        with pytest.raises(state.Taken, match="the first"):
            other.take()
        one.release()
        other.take()
        other.release()

    def test_a_persons_own_aws_settings_stay_outside(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "HOSPES_QUEUE_OLD_URL", "HTTP_PROXY"):
            monkeypatch.setenv(name, "from outside")
        monkeypatch.setenv("PATH", "kept")
        folder = state.Folder(tmp_path)
        given = state.environment(state.variables(folder, 1, 2))
        assert "from outside" not in given.values()
        assert (given["PATH"], given["AWS_ENDPOINT_URL"]) == ("kept", "http://127.0.0.1:1")
        assert folder.secrets()["operator_key"] not in given.values()

    def test_modules_are_compiled_once_even_for_who_wants_none_beside_the_sources(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = state.Folder(tmp_path)
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        given = state.environment(state.variables(folder, 1, 2))
        assert "PYTHONDONTWRITEBYTECODE" not in given and given["PYTHONPYCACHEPREFIX"].startswith(str(tmp_path))
        monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
        assert "PYTHONPYCACHEPREFIX" not in state.environment(state.variables(folder, 1, 2))

    def test_a_broken_file_counts_as_none(self, tmp_path: Path) -> None:
        folder = state.Folder(tmp_path)
        (tmp_path / "seed.json").write_text("{half")
        assert folder.read("seed.json") == {}


def test_a_child_that_keeps_dying_is_started_with_growing_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock of our own: how long a process takes to die is the machine's affair."""
    now = 1000.0
    monkeypatch.setattr(children, "time", SimpleNamespace(monotonic=lambda: now))
    child = Child("broken", "no.such.module", [], dict(os.environ), tmp_path)
    child.start()
    pauses: list[float] = []
    for _ in range(5):
        child.wait(HEAL_S)
        died_at = now
        while not child.revive():
            now += 0.05
        pauses.append(now - died_at)
    assert pauses == pytest.approx([0.3, 0.6, 1.2, 2.0, 2.0], abs=0.06)
    child.wait(HEAL_S)
    now += children.STABLE_AFTER_S + 1
    died_at = now
    while not child.revive():
        now += 0.05
    assert now - died_at == pytest.approx(0.3, abs=0.06), "it had lived long enough"
    child.wait(HEAL_S)
    assert "No module named" in child.tail()
    child.close()
