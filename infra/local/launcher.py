"""`make run`: starts the engine, the API and the runner, seeds the demo, keeps them alive and ends them.

It imports nothing but the standard library, so that it is there at once and nothing of the product can take it down.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from infra.local.children import Child
from infra.local.state import (
    HOST,
    REGION,
    TABLE_PREFIX,
    Folder,
    Taken,
    environment,
    fingerprint,
    free_port,
    is_free,
    variables,
)

PORT_DEFAULT = 8000
READY_WAIT_S = 60.0
WATCH_EVERY_S = 0.2
STARTS_MAX = 3  # a process that dies this often before it is ready will not get better
STOP_S = 2.0
ENGINE_STOP_S = 3.0
BAR_WIDTH = 32


class Stopped(Exception):
    """Somebody wants us to end."""


class Failed(Exception):
    """The stack cannot start; the message says why."""


class Launcher:
    """The processes of one local stack."""

    def __init__(self, folder: Folder, port: int) -> None:
        self._folder = folder
        self._port = port
        self._engine_port = free_port(folder.read("state.json").get("engine_port", 0))
        self.is_stopping = False
        told = variables(folder, self._engine_port, port)
        self._told = told
        self._given = frozenset(told)
        self._said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        arguments = ["--port", str(self._engine_port), "--data", str(folder.path)]
        self.engine = Child("engine", "infra.local.engine", arguments, environment(told), folder.logs)
        self.api = Child("api", "infra.local.gateway", ["--port", str(port)], environment(told), folder.logs)
        self.runner = Child("runner", "infra.local.runner", [], environment(told), folder.logs)
        self._prepare = Child("prepare", "infra.local.prepare", [], environment(told), folder.logs)

    @property
    def base_url(self) -> str:
        """Where API and portal are."""
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """Start everything. Raises Failed, or Stopped."""
        began = time.monotonic()
        self.engine.start()
        known, declared = self._folder.read("state.json"), fingerprint()
        # Nothing to make when the same declarations made everything in this folder before: that halves a warm start.
        is_made = known.get("declared") == declared and known.get("engine_port") == self._engine_port
        self._told |= known["variables"] if is_made else self._make()
        self.api.environment = self.runner.environment = environment(self._told)
        seeded = self._folder.read("seed.json") or self._found()
        self.runner.start()
        self.api.start()
        self.describe(seeded)  # before the API answers, so that whoever waits for it finds everything written down
        self._wait_ready()
        kept = {"engine_port": self._engine_port, "declared": declared, "variables": self._made}
        self._folder.write("state.json", kept)
        say(f"Ready after {time.monotonic() - began:.1f} s: {self.base_url}")
        if not self._folder.read("filled.json"):
            self._fill()
        self._dismiss()

    def _dismiss(self) -> None:
        """The preparing process is not needed any more."""
        process = self._prepare.process
        if process is not None and process.stdin is not None:
            process.stdin.close()

    @property
    def _made(self) -> dict[str, str]:
        return {name: value for name, value in self._told.items() if name not in self._given}

    def _make(self) -> dict[str, str]:
        """Have tables, queues, topic and bucket made; the variables that name them."""
        self._prepare.start(with_pipes=True)
        threading.Thread(target=self._listen, daemon=True, name="prepare").start()
        made = next((line["variables"] for line in self._lines() if "variables" in line), None)
        if made is None:
            raise Failed(f"The resources could not be made.\n{self._prepare.tail()}\n{self.engine.tail()}")
        return dict(made)

    def _lines(self) -> Iterator[dict[str, Any]]:
        """What the preparing process says, until it ends; meanwhile the others are looked after."""
        while True:
            try:
                line = self._said.get(timeout=WATCH_EVERY_S)
            except queue.Empty:
                line = {}
            if self.is_stopping:
                raise Stopped
            if line is None:
                return
            if line:
                yield line
            self.revive()

    def _listen(self) -> None:
        process = self._prepare.process
        assert process is not None and process.stdout is not None
        for text in process.stdout:
            self._said.put(json.loads(text))
        self._said.put(None)

    def _wait_ready(self) -> None:
        ends_at = time.monotonic() + READY_WAIT_S
        while not is_ready(f"{self.base_url}/healthz"):
            if self.is_stopping:
                raise Stopped
            for child in (self.engine, self.api):
                child.revive()
                if child.deaths >= STARTS_MAX:
                    raise Failed(f"The {child.name} does not start.\n{child.tail()}")
            if time.monotonic() > ends_at:
                raise Failed(f"The API does not answer.\n{self.api.tail()}")
            time.sleep(0.05)

    def _found(self) -> dict[str, Any]:
        """Have the demo chain created; what programs need to use it."""
        told = dict(self._asked("found", "founded"))
        self._folder.write("seed.json", told)
        return told

    def _fill(self) -> None:
        """Have the demo's bookings imported by the running product."""
        self._asked("fill", "filled")
        self._folder.write("filled.json", {"filled": True})
        say("\r\x1b[KSeeded." if sys.stdout.isatty() else "Seeded.")

    def _asked(self, word: str, answer: str) -> Any:
        """Ask the preparing process for something and show its progress. Raises Failed."""
        if not self._prepare.is_running():
            self._make()
        process = self._prepare.process
        assert process is not None and process.stdin is not None
        process.stdin.write(f"{word}\n".encode())
        process.stdin.flush()
        for line in self._lines():
            if answer in line:
                return line[answer]
            bar(int(line.get("done", 0)), int(line.get("total", 1)), str(line.get("text", "")))
        raise Failed(f"The demo could not be seeded.\n{self._prepare.tail()}")

    def describe(self, seeded: dict[str, Any]) -> None:
        """Write down, for programs, where everything is."""
        endpoint_url = self._told["AWS_ENDPOINT_URL"]
        content = {
            "base_url": self.base_url,
            "portal_url": f"{self.base_url}/",
            "outbox_url": f"{endpoint_url}/_hospes/outbox",
            "mailbox_url": f"{endpoint_url}/_hospes/mailbox",
            "inbound_url": f"{endpoint_url}/_hospes/inbound",
            "operator_key": self._folder.secrets()["operator_key"],
            **seeded,
            "aws_endpoint_url": endpoint_url,
            "region": REGION,
            "table_prefix": TABLE_PREFIX,
            "ses_topic_arn": self._told.get("HOSPES_SES_TOPIC_ARN", ""),
            "pids": {"engine": self.engine.pid, "api": self.api.pid, "runner": self.runner.pid},
        }
        self._folder.write("demo.json", content)

    def revive(self) -> bool:
        """Start what has died again; whether something was started."""
        revived = False
        for child in (self.engine, self.api, self.runner):
            child.bound_log()
            if not self.is_stopping and child.process is not None and child.revive():
                say(f"The {child.name} had ended and was started again.")
                revived = True
        return revived

    def watch(self) -> None:
        """Keep everything alive until somebody wants us to end."""
        seeded = self._folder.read("seed.json")
        while not self.is_stopping:
            if self.revive():
                self.describe(seeded)
            time.sleep(WATCH_EVERY_S)

    def stop(self) -> None:
        """End every child, those that ask before the one that answers."""
        self.is_stopping = True
        for child in (self.runner, self.api, self._prepare):
            child.end()
        for child in (self.runner, self.api, self._prepare):
            child.wait(STOP_S)
        self.engine.end()
        self.engine.wait(ENGINE_STOP_S)

    def greet(self) -> None:
        """Say where to go and how to get in."""
        seeded = self._folder.read("seed.json")
        say("")
        say(f"  Portal   {self.base_url}/")
        say(f"  API      {self.base_url}/v1/")
        say(f"  Mailbox  {self._told['AWS_ENDPOINT_URL']}/_hospes/mailbox")
        for one in seeded.get("staff", []):
            say(f"  Sign in  {one.get('email')}  {one.get('password')}  ({one.get('role')})")
        say(f"  Keys     {self._folder.path / 'demo.json'}")
        say("")
        say("Ctrl-C ends it; the data stays until `make reset`.")


def is_ready(url: str) -> bool:
    """Whether an address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def say(text: str) -> None:
    """A line for the person who started us; nobody may be listening any more."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError:
        pass


def bar(done: int, total: int, text: str) -> None:
    """The seeding's progress: a bar on a terminal, nothing elsewhere."""
    if not sys.stdout.isatty():
        return
    share = min(1.0, done / total) if total > 0 else 0.0
    filled = int(share * BAR_WIDTH)
    sys.stdout.write(f"\r\x1b[KSeeding [{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {share:4.0%} {text}")
    sys.stdout.flush()


def wanted_port() -> int:
    """The port that the environment asks for. Raises Failed."""
    text = os.environ.get("PORT") or str(PORT_DEFAULT)
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise Failed(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def main() -> int:
    """Run the stack; the exit status."""
    folder = Folder.here()
    try:
        folder.take()
    except Taken as other:
        say(f"It is running already: {other}" if str(other) else "It is running already.")
        return 1
    try:
        port = wanted_port()
        if not is_free(port):
            raise Failed(f"Port {port} is taken by another program. Choose another one: make run PORT={port + 1}")
        launcher = Launcher(folder, port)
    except Failed as failure:
        say(str(failure))
        return 1
    folder.describe(f"{launcher.base_url} (process {os.getpid()})")

    def ask_to_stop(*_: object) -> None:
        if not launcher.is_stopping:
            launcher.is_stopping = True
            say("\nEnding …")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    status = 0
    try:
        launcher.start()
        launcher.greet()
        launcher.watch()
    except Stopped:
        pass
    except Failed as failure:
        say(str(failure))
        status = 1
    finally:
        launcher.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
