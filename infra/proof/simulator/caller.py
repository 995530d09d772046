"""A program that uses the API and does not give up: it asks again, under the same key, until it knows the outcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import app
from chalicelib.web import routing
from infra.local import gateway_events
from infra.local.lambdas import Context
from infra.proof.simulator.faults import Died
from infra.proof.simulator.world import World

TRIES_MAX = 40
PAUSE_S = 2.0
_AGAIN = frozenset({"busy", "too_many_requests"})
SOURCE_IP = "192.0.2.1"


class GaveUp(RuntimeError):
    """The API did not come to an answer."""


@dataclass(frozen=True)
class Reply:
    """An answer that means something: no 5xx, and nobody was busy."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def is_lost(self) -> bool:
        """Whether the effect has happened, but its answer was never kept."""
        return self.status == 409 and self.body.get("type", "").endswith("answer_lost")

    @property
    def is_done(self) -> bool:
        """Whether what was asked for has happened."""
        return self.status < 300 or self.is_lost


class Direct:
    """One program with its key, which meets no made-up world on its way to the API."""

    def __init__(self, token: str, *, name: str = "caller", pause: Callable[[float], None]) -> None:
        self._token = token
        self._name = name
        self._keys = 0
        self._pause = pause

    def ask(self, method: str, target: str, body: Any = None, **headers: str) -> Reply:
        """One request, repeated until it is answered. A POST carries one key through all of its tries."""
        if method == "POST":
            self._keys += 1
            headers.setdefault("idempotency_key", f"{self._name}-{self._keys}")
        for _ in range(TRIES_MAX):
            reply = self.once(method, target, body, **headers)
            if reply is not None:
                return reply
            self._pause(PAUSE_S)
        raise GaveUp(f"{method} {routing_pattern(target)}")

    def once(self, method: str, target: str, body: Any = None, **headers: str) -> Reply | None:
        """One request, once; None if it is to be repeated."""
        sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
        sent.append(("authorization", f"Bearer {self._token}"))
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            sent.append(("content-type", "application/json"))
        matched = routing.match(target.partition("?")[0])
        event = gateway_events.event_of(method, target, sent, content, matched, SOURCE_IP)
        answer = gateway_events.reply_of(app.app(event, Context("api")))
        text = answer.body.decode()
        found = {name.lower(): value for name, value in answer.headers}
        body = json.loads(text) if text and "json" in found.get("content-type", "") else None
        kind = str(body.get("type", "")).rpartition("/")[2] if isinstance(body, dict) else ""
        if answer.status >= 500 or (answer.status in (409, 429) and kind in _AGAIN):
            return None
        return Reply(answer.status, found, body)

    def change(self, target: str, fields: dict[str, Any]) -> Reply:
        """Change a record as it is now; if it was changed meanwhile, perhaps by a try of our own, look again."""
        for _ in range(TRIES_MAX):
            seen = self.ask("GET", target)
            if all(seen.body.get(name) == value for name, value in fields.items()):
                return seen
            reply = self.ask("PATCH", target, fields, if_match=seen.headers["etag"])
            if reply.status != 412:
                return reply
        raise GaveUp(f"PATCH {routing_pattern(target)}")


class Caller(Direct):
    """The same in a made-up world, in which the API's process may die."""

    def __init__(self, world: World, token: str, *, name: str = "caller") -> None:
        super().__init__(token, name=name, pause=world.time.sleep)
        self._world = world

    def once(self, method: str, target: str, body: Any = None, **headers: str) -> Reply | None:
        """One request, once; None also if nobody was there to answer it."""
        self._world.door.handler = f"{method} {routing_pattern(target)}"
        try:
            return super().once(method, target, body, **headers)
        except Died:
            self._world.restart()
            return None


def routing_pattern(target: str) -> str:
    """The declared form of an address, which names nobody."""
    matched = routing.match(target.partition("?")[0])
    return matched[0] if matched else "?"
