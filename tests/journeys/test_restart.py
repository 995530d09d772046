"""kill -9 of the engine, the API and the runner: guests, mails and what is to come are there again, under new pids."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kernel.calendars import format_instant, parse_instant
from tests.local.test_launcher import HEAL_S, START_S, Run, eventually, is_alive

NAMES = ("engine", "api", "runner")
ANSWER_S = 60
WORK_S = 60.0  # a worker that was killed is followed by another when its lease has run out


class Product:
    """The running product, as a program that has read `demo.json` uses it."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def known(self) -> dict[str, Any]:
        """What is written down now."""
        return self._run.described()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API with head office's key."""
        headers = {"Authorization": f"Bearer {self.known['hq_api_key']}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.known['base_url']}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:
            return json.load(answer)

    def outbox(self) -> list[dict[str, Any]]:
        """Every message so far."""
        with urllib.request.urlopen(f"{self.known['outbox_url']}?limit=1000", timeout=ANSWER_S) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]
        return found

    def advance(self, days: int) -> None:
        """Advance the demo chain's clock, and wait for it."""
        self.ask("POST", "/v1/test-clock/advances", {"days": days})
        self.wait_for_clock()

    def wait_for_clock(self) -> None:
        """Wait until no advance is under way and nothing is overdue."""

        def stands() -> bool:
            clock = self.ask("GET", "/v1/test-clock")
            return (clock["state"], clock["overdue"]) == ("standing", 0)

        eventually(stands, WORK_S, "the advance is not done")

    def kill(self, name: str) -> None:
        """As `kill -9` does, and wait until another one is there and answers."""
        before = self.known["pids"][name]
        os.kill(before, signal.SIGKILL)
        eventually(lambda: self.known["pids"][name] not in (before, 0), HEAL_S, f"no other {name} is written down")
        eventually(lambda: is_alive(self.known["pids"][name]), HEAL_S, f"{name} does not live")
        eventually(self._works, START_S, f"the product does not answer after the {name} was killed")

    def _works(self) -> bool:
        try:
            return self._run.answers() and bool(self.ask("GET", "/v1/me")) and isinstance(self.outbox(), list)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """A running stack with the demo's houses and keys and none of its bookings."""
    run = Run(tmp_path / "local", is_founded=False)
    try:
        run.wait()
        yield Product(run)
    finally:
        run.process.terminate()
        run.process.communicate(timeout=ANSWER_S)


def guest_born_on(day: str, number: int) -> dict[str, Any]:
    """A guest who agreed to be greeted."""
    return {
        "given_name": "Ana",
        "family_name": "Silva",
        "emails": [f"ana{number}@guests.example"],
        "birth_date": f"1980-{day}",
        "time_zone": "Europe/Lisbon",
        "consents": [{"purpose": "greeting", "channel": "email", "state": "granted", "source": "desk"}],
    }


def greeted(outbox: list[dict[str, Any]]) -> list[str]:
    """Who of those guests was written to, as often as they were; the demo's own guest is about to arrive."""
    return [entry["recipient"] for entry in outbox if entry["recipient"].startswith("ana")]


@pytest.mark.slow
def test_every_process_may_be_killed_and_nothing_is_lost(product: Product) -> None:
    now = parse_instant(product.ask("GET", "/v1/test-clock")["now"])
    days = [(now + timedelta(days=number)).strftime("%m-%d") for number in (1, 4)]
    made = [product.ask("POST", "/v1/guests", guest_born_on(day, number)) for number, day in enumerate(days)]
    product.wait_for_clock()
    product.advance(2)
    before = product.outbox()
    assert greeted(before) == ["ana0@guests.example"]
    described = product.known

    for name in NAMES:
        product.kill(name)
        for guest in made:
            assert product.ask("GET", f"/v1/guests/{guest['id']}") == guest
        assert product.outbox() == before

    after = product.known
    assert all(after["pids"][name] != described["pids"][name] and is_alive(after["pids"][name]) for name in NAMES)
    assert {**after, "pids": None} == {**described, "pids": None}
    assert product.ask("GET", "/v1/test-clock")["now"] == format_instant(now + timedelta(days=2))

    product.ask("POST", "/v1/test-clock/advances", {"days": 3})
    product.kill("runner")
    product.wait_for_clock()
    assert greeted(product.outbox()) == ["ana0@guests.example", "ana1@guests.example"]
    listed = product.ask("GET", "/v1/deliveries?limit=50&occasion=birthday")["data"]
    assert sorted(one["guest_id"] for one in listed) == sorted(guest["id"] for guest in made)
