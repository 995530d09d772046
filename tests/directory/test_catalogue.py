"""What is remembered of chains and properties, for how long, and by whom it is forgotten."""

from __future__ import annotations

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.models import Property
from chalicelib.directory.service import catalogue
from chalicelib.kernel.errors import NotFound
from tests.builders import make_chain, make_property, make_scope, operator_scope


def rename_elsewhere(house: directory.Property, name: str) -> None:
    """Another process changes a property: this one is not told."""
    stored = Property.find(house.chain_id, house.id)
    assert stored is not None
    stored.name = name
    stored.save()


def test_beyond_the_wall_is_not_found() -> None:
    chain, hq = make_chain()
    _, rival = make_chain()
    house, sister = make_property(hq), make_property(hq)
    limited = make_scope(chain, property_ids=[house.id])
    assert directory.property_of(limited, house.id).id == house.id
    for scope, property_id in ((limited, sister.id), (rival, house.id), (hq, "prp_x"), (hq, "x" * 5000), (hq, "")):
        with pytest.raises(NotFound):
            directory.property_of(scope, property_id)
    assert directory.find_property(limited, sister.id) is not None
    assert directory.find_property(rival, house.id) is None
    with pytest.raises(NotFound):
        directory.chain_of(operator_scope())


def test_other_processes_writes_are_seen_after_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    _, hq = make_chain()
    house = make_property(hq, "Before")
    now = 1000.0
    monkeypatch.setattr(catalogue.time, "monotonic", lambda: now)
    assert directory.property_of(hq, house.id).name == "Before"
    assert [one.name for one in directory.properties(hq)] == ["Before"]
    rename_elsewhere(house, "After")
    now += catalogue.REMEMBERED_S - 0.1
    assert directory.property_of(hq, house.id).name == "Before"
    now += 0.2
    assert directory.property_of(hq, house.id).name == "After"
    assert [one.name for one in directory.properties(hq)] == ["After"]


def test_absence_is_not_remembered() -> None:
    _, hq = make_chain()
    property_id = "prp_0000000000000000000000zzzz"
    assert directory.find_property(hq, property_id) is None
    stored = make_property(hq)
    stored.id = property_id
    stored.save()
    assert directory.find_property(hq, property_id) is not None


def test_a_write_during_a_read_is_not_overwritten_by_what_was_read() -> None:
    memory = catalogue._Memory()

    def read_while_somebody_writes() -> str:
        memory.forget("chn_1")
        return "old"

    assert memory.get("chn_1", "chain", read_while_somebody_writes) == "old"
    assert memory.get("chn_1", "chain", lambda: "new") == "new"
    assert memory.get("chn_1", "chain", lambda: "newer") == "new"


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CHAINS_REMEMBERED_MAX", 3)
    memory = catalogue._Memory()
    for number in range(10):
        memory.get(f"chn_{number}", "chain", lambda: "x")
    assert len(memory._shelves) <= 3


def test_properties_come_by_name_as_people_sort() -> None:
    _, hq = make_chain()
    for name in ("Zeta", "élan", "Alpha", "beta"):
        make_property(hq, name)
    assert [one.name for one in directory.properties(hq)] == ["Alpha", "beta", "élan", "Zeta"]
