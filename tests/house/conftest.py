"""One world for a file of tests; a fresh copy of it for a test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.house.world import World, make_world, put_back, stored


@pytest.fixture(scope="module")
def world() -> World:
    """The demo chain, as the tests before in this file have left it."""
    return make_world()


@pytest.fixture(scope="module")
def _beginning(world: World) -> object:
    return stored()


@pytest.fixture
def fresh_world(world: World, _beginning: object) -> Iterator[World]:
    """The demo chain as it was in the beginning, and again afterwards."""
    put_back(_beginning)  # type: ignore[arg-type]
    yield world
    put_back(_beginning)  # type: ignore[arg-type]
