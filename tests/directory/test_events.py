"""What the directory announces reaches whoever reacts to it, in the transaction of the change."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.directory import events as facts
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ChainPatch, PropertyPatch
from chalicelib.kernel import events
from tests.builders import make_chain, make_property, operator_scope


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """Everything that the directory announces, as a reaction hears it."""
    found: list[tuple[str, str, dict[str, Any]]] = []

    def listen(scope: Any, event: events.Event, unit: Any) -> None:
        found.append((event.type, event.subject_id, event.detail))

    for kind in (facts.CHAIN_CREATED, facts.CHAIN_CHANGED, facts.PROPERTY_CREATED, facts.PROPERTY_CHANGED):
        monkeypatch.setitem(events._REACTIONS, kind, {"tests.listen": listen})
    return found


def test_what_is_said(heard: list[tuple[str, str, dict[str, Any]]], run_queues: Any) -> None:
    chain, hq = make_chain()
    house = make_property(hq)
    directory.update_property(hq, house.id, PropertyPatch(time_zone="Asia/Shanghai"), 1)
    directory.update_property(hq, house.id, PropertyPatch(time_zone="Asia/Shanghai"), 2)  # changes nothing
    directory.update_chain(operator_scope(), chain.id, ChainPatch(greeting_hour=9), 1)
    run_queues()
    said = {(kind, subject): detail.get("fields") for kind, subject, detail in heard}
    assert said == {
        (facts.CHAIN_CREATED, chain.id): None,
        (facts.PROPERTY_CREATED, house.id): None,
        (facts.PROPERTY_CHANGED, house.id): ["time_zone"],
        (facts.CHAIN_CHANGED, chain.id): ["greeting_hour"],
    }
    assert len(heard) == 4
