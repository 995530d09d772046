"""The small hotel that the benches measure: one live chain with one house on the engine of this process."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import app
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import KeyIn
from chalicelib.kernel.clock import real_now
from chalicelib.outreach.service import care, channels, policies, reputation
from chalicelib.web import routing
from infra.local.gateway_events import event_of
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.chains import Ground, break_ground

LISTED = 30  # guests and stays of the house: a page of 25 and some more


class Refused(RuntimeError):
    """A request that was to succeed did not."""


@dataclass
class World:
    """A house with guests and stays, and somebody with a key who asks for them."""

    engine: Engine
    ground: Ground
    token: str
    guests: list[dict[str, Any]] = field(default_factory=list)
    stays: list[dict[str, Any]] = field(default_factory=list)

    @property
    def house(self) -> str:
        """Id of the house."""
        return str(self.ground.houses[0].id)

    def event(self, method: str, target: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """A request as API Gateway hands it over. Header names are given with underscores."""
        sent = [("Authorization", f"Bearer {self.token}"), ("Accept", "application/json"), ("User-Agent", "bench")]
        sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            sent.append(("Content-Type", "application/json"))
        return event_of(method, target, sent, content, routing.match(target.partition("?")[0]), "127.0.0.1")

    def ask(self, event: dict[str, Any]) -> Any:
        """The answer's JSON. Raises Refused."""
        return json.loads(self.answer(event)["body"])

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """The whole answer. Raises Refused."""
        answer: dict[str, Any] = app.app(event, None)
        if answer["statusCode"] >= 300:
            raise Refused(f"{event['httpMethod']} {event['path']}: {answer['statusCode']} {answer['body']}")
        return answer

    def remember(self) -> None:
        """Have the process remember the chain, its house and its policies from now on, as one that is at work does."""
        directory.forget(self.ground.chain_id)
        hq = self.ground.hq
        directory.chain_of(hq)
        directory.property_of(hq, self.house)
        directory.properties(hq)
        policies.forget(self.ground.chain_id)
        policies.in_force(hq)
        care.in_force(hq)
        channels.forget(self.ground.chain_id)
        channels.known_of(hq)
        reputation.holds_back(hq, self.house, "greeting", "email")

    def guest_body(self, number: int, **fields: Any) -> dict[str, Any]:
        """A guest as a booking system tells it: all particulars, one address, one phone, one number, one consent."""
        return {
            "given_name": "Ana",
            "family_name": f"Silva {number}",
            "emails": [f"ana.silva.{number}@guests.example"],
            "phones": [f"+35191{number:07}"],
            "language": "pt-PT",
            "time_zone": "Europe/Lisbon",
            "birth_date": "1987-08-05",
            "nationality": "PT",
            "home_property_id": self.house,
            "external_ids": [{"system": "opera", "property_id": self.house, "id": f"G-{number}"}],
            "consents": [{"purpose": "greeting", "channel": "email", "state": "granted", "source": "booking form"}],
            **fields,
        }

    def stay_body(self, number: int, guest_id: str, **fields: Any) -> dict[str, Any]:
        """A stay as a booking system tells it, with a line of revenue."""
        today = real_now().date()
        return {
            "guest_id": guest_id,
            "property_id": self.house,
            "external_id": f"S-{number}",
            "source": {"system": "opera", "version": 1},
            "status": "booked",
            "arrival": today.isoformat(),
            "departure": (today + timedelta(days=3)).isoformat(),
            "room_type": "DLX",
            "rate_plan": "BAR",
            "rate": {"amount": 12900, "currency": "EUR"},
            "channel": "direct",
            "adults": 2,
            "revenue_lines": [{"id": "1", "category": "room", "amount": 38700, "tax": 2322, "eligible": True}],
            **fields,
        }

    def create_guest(self, number: int, **fields: Any) -> Any:
        """A guest, by a request."""
        return self.ask(self.event("POST", "/v1/guests", self.guest_body(number, **fields)))

    def create_stay(self, number: int, guest_id: str, **fields: Any) -> Any:
        """A stay, by a request."""
        return self.ask(self.event("POST", "/v1/stays", self.stay_body(number, guest_id, **fields)))


def build(engine: Engine | None = None, **chain: Any) -> World:
    """A world of its own chain. Whoever has an engine already gives it."""
    engine = engine or inside.stand_up()
    ground = break_ground(starts_at=None, **chain)
    key = KeyIn(name="bench", permissions=sorted(directory.PERMISSIONS))
    world = World(engine, ground, directory.create_key(ground.hq, key)[1])
    world.guests = [world.create_guest(number) for number in range(LISTED)]
    world.stays = [world.create_stay(number, one["id"]) for number, one in enumerate(world.guests)]
    inside.work_off()
    return world
