"""One world for a file of tests; a fresh copy of it for a test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.house.world import Row, World, fingerprint, make_world, put_back


@pytest.fixture(scope="module")
def world() -> World:
    """The demo chain, as the tests before in this file have left it."""
    return make_world()


@pytest.fixture(scope="module")
def _beginning(world: World) -> frozenset[Row]:
    return fingerprint()


@pytest.fixture
def fresh_world(world: World, _beginning: frozenset[Row]) -> Iterator[World]:
    """The demo chain as it was when the first test asked for it, and again afterwards."""
    put_back(_beginning)
    yield world
    put_back(_beginning)
