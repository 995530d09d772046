"""A chain with two houses, callers of every kind, and short ways to make guests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.guests import jobs, service  # the jobs register what the service arms
from chalicelib.guests.events import GUEST_CHANGED, GUESTS_IMPORTED
from chalicelib.guests.schemas import GuestIn, GuestPatch, GuestSearchIn
from chalicelib.kernel import aws, events
from chalicelib.kernel.imports import ImportFormat, ImportRow, Staged
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from tests.builders import make_chain, make_property, make_scope

assert jobs


@dataclass
class World:
    """Everything a test of guests needs."""

    chain: directory.Chain
    hq: Scope
    house: directory.Property
    sister: directory.Property

    def desk(self, *houses: directory.Property) -> Scope:
        """A caller who sees some houses only."""
        return make_scope(self.chain, "front_desk", property_ids=[house.id for house in houses])

    def create(self, scope: Scope | None = None, **fields: Any) -> service.Guest:
        """A guest, by default one of the house."""
        values = {"given_name": "Ana", "family_name": "Silva", **fields}
        if scope is None:
            values.setdefault("home_property_id", self.house.id)
        return service.create(scope or self.hq, GuestIn.model_validate(values))

    def patch(self, guest: service.Guest, scope: Scope | None = None, **fields: Any) -> service.Guest:
        """Change a guest as it is now."""
        by = scope or self.hq
        return service.update(by, guest.id, GuestPatch.model_validate(fields), service.get(self.hq, guest.id).version)

    def put(
        self, number: str, scope: Scope | None = None, *, at: str | None = None, **fields: Any
    ) -> tuple[service.Guest, bool]:
        """Let the system `pms` say what it knows."""
        values = {"family_name": "Silva", **fields}
        body = GuestIn.model_validate(values)
        return service.upsert_external(scope or self.hq, "pms", at or self.house.id, number, body)

    def search(self, scope: Scope | None = None, **wanted: Any) -> list[str]:
        """Ids of all guests that a search finds, over all of its pages, in order."""
        return list(self.pages(lambda after: service.search(
            scope or self.hq, GuestSearchIn.model_validate({"cursor": after, **wanted})
        )))  # fmt: skip

    def listed(self, scope: Scope | None = None, *, limit: int = 25, **filters: Any) -> list[str]:
        """Ids of all guests of a list, over all of its pages, in order."""
        return list(self.pages(
            lambda after: service.list_page(scope or self.hq, limit=limit, after=after, **filters)
        ))  # fmt: skip

    def pages(self, ask: Callable[[str | None], service.GuestPage]) -> Iterator[str]:
        """The guests' ids of page after page."""
        after: str | None = None
        for _ in range(200):
            page = ask(after)
            yield from (guest.id for guest in page.guests)
            after = page.next
            if after is None:
                return
        raise AssertionError("the pages never end")

    def bring(
        self, *rows: dict[str, str], at: directory.Property | None = None, scope: Scope | None = None
    ) -> list[Staged]:
        """Import rows as one group."""
        unit = Unit(scope or self.hq)
        numbered = [ImportRow(number, cells) for number, cells in enumerate(rows, start=2)]
        staged = service.stage_import(
            unit.scope, unit, numbered, property_id=(at or self.house).id, format=ImportFormat()
        )
        unit.commit()
        return staged


@pytest.fixture
def world(engine: object) -> World:
    """One chain, two houses."""
    directory.forget()
    chain, hq = make_chain()
    return World(chain, hq, make_property(hq, "Harbour House"), make_property(hq, "Hill House"))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, run_queues: Callable[[], int]) -> Callable[[], list[events.Event]]:
    """A function that answers the facts about guests announced since it was last called."""
    told: list[events.Event] = []

    def listen(scope: Scope, event: events.Event, unit: Unit) -> None:
        told.append(event)

    listening = {kind: {"tests.listen": listen} for kind in (GUEST_CHANGED, GUESTS_IMPORTED)}
    monkeypatch.setattr(events, "_REACTIONS", {**events._REACTIONS, **listening})

    def collect() -> list[events.Event]:
        run_queues()
        news = list(told)
        told.clear()
        return news

    return collect


@dataclass
class Calls:
    """The calls made to DynamoDB, by name."""

    names: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def counted(engine: object) -> Callable[[], Any]:
    """A context in which calls to DynamoDB are counted."""

    @contextmanager
    def count() -> Iterator[Calls]:
        calls = Calls()

        def note(params: dict[str, Any], model: Any, **_: Any) -> None:
            calls.names.append(model.name)
            calls.requests.append(params)

        events_of = aws.client("dynamodb").meta.events
        events_of.register("provide-client-params.dynamodb", note)
        try:
            yield calls
        finally:
            events_of.unregister("provide-client-params.dynamodb", note)

    return count
