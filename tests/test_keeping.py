"""A kept world stands again as it was built: stored, queued and in hand, and nothing of what a test did to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.guests import service as guests
from infra.local.inprocess import Engine
from tests import keeping
from tests.conftest import fresh_stack, work_off_queues
from tests.guests.conftest import World, make_world

built: list[World] = []


def build() -> World:
    world = make_world()
    world.create(family_name="First")
    built.append(world)
    return world


@pytest.fixture
def world(stands: Callable[..., World]) -> World:
    return stands("world", build)


@pytest.mark.parametrize("number", range(3))
def test_each_test_finds_it_as_it_was_built(world: World, number: int) -> None:
    assert len(built) == 1
    (id,) = world.listed()
    assert guests.get(world.hq, id).version == 1
    assert work_off_queues() > 0, "what was queued is queued again"
    world.patch(guests.get(world.hq, id), family_name="Changed")
    world.create(family_name=f"Second {number}")
    assert len(world.listed(property_id=world.house.id)) == 2  # by an index
    assert vars(world).get("mark") is None
    world.mark = number  # type: ignore[attr-defined]


def test_what_is_handed_out_is_a_copy_that_works_with_the_same_engine(engine: Engine) -> None:
    def make() -> dict[str, Any]:
        return {"engine": engine, "list": []}

    place = Path(__file__), "copy"
    first = keeping.kept(engine, *place, make)
    first["list"].append(1)
    fresh_stack()
    second = keeping.kept(engine, *place, make)
    assert second["list"] == [] and second["engine"] is engine


def test_files_share_nothing(engine: Engine) -> None:
    made: list[str] = []
    for name in ("one.py", "other.py", "one.py"):
        fresh_stack()
        keeping.kept(engine, Path(name), "world", lambda name=name: made.append(name))  # type: ignore[misc]
    assert made == ["one.py", "other.py"]
