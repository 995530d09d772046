"""A chain with two houses and a guest of the first, and short ways to tell of stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import events
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.stays import service
from chalicelib.stays.events import STAY_CHANGED, STAY_COMPLETED, STAYS_IMPORTED
from chalicelib.stays.schemas import ExternalStayIn, StayIn
from tests.builders import make_chain, make_property, make_scope


@dataclass
class World:
    """Everything a test of stays needs."""

    chain: directory.Chain
    hq: Scope
    house: directory.Property
    sister: directory.Property
    guest: guests.Guest

    def desk(self, *houses: directory.Property) -> Scope:
        """A caller who sees some houses only."""
        return make_scope(self.chain, "front_desk", property_ids=[house.id for house in houses])

    def new_guest(self, family_name: str, *numbers: str, house: directory.Property | None = None) -> guests.Guest:
        """A guest whom a house knows by numbers of the system `pms`."""
        at = house or self.house
        external_ids = [{"system": "pms", "property_id": at.id, "id": number} for number in numbers]
        names = {"given_name": "Ana", "family_name": family_name}
        body = {**names, "home_property_id": at.id, "external_ids": external_ids}
        return guests.create(self.hq, GuestIn.model_validate(body))

    def body(self, **fields: Any) -> dict[str, Any]:
        """A stay as JSON: three nights of the guest at the house, from the day after the clock's."""
        days = {"arrival": "2026-03-05", "departure": "2026-03-08"}
        return {"guest_id": self.guest.id, "property_id": self.house.id, **days, **fields}

    def record(self, scope: Scope | None = None, **fields: Any) -> tuple[service.Stay, str]:
        """Record a stay."""
        return service.record(scope or self.hq, StayIn.model_validate(self.body(**fields)))

    def tell(self, number: str, scope: Scope | None = None, **fields: Any) -> tuple[service.Stay, str]:
        """Let the system `pms` tell of its stay."""
        body = {name: value for name, value in self.body(**fields).items() if name != "property_id"}
        told = ExternalStayIn.model_validate(body)
        return service.upsert_external(scope or self.hq, "pms", self.house.id, number, told)


@pytest.fixture
def world(engine: object) -> World:
    """One chain, two houses, one guest."""
    directory.forget()
    chain, hq = make_chain()
    house, sister = make_property(hq, "Harbour House"), make_property(hq, "Hill House")
    world = World(chain, hq, house, sister, None)  # type: ignore[arg-type]
    world.guest = world.new_guest("Silva", "G-1")
    return world


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, run_queues: Callable[[], int]) -> Callable[[], list[events.Event]]:
    """A function that answers the facts about stays announced since it was last called, oldest first."""
    told: list[events.Event] = []

    def listen(scope: Scope, event: events.Event, unit: Unit) -> None:
        told.append(event)

    listening = {STAY_CHANGED: "listen", STAY_COMPLETED: "listen", STAYS_IMPORTED: "listen"}
    register = {**events._REACTIONS, **{kind: {f"tests.{name}": listen} for kind, name in listening.items()}}
    monkeypatch.setattr(events, "_REACTIONS", register)

    def collect() -> list[events.Event]:
        run_queues()
        news = list(told)
        told.clear()
        return news

    return collect
