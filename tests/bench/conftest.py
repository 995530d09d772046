"""The little hotel of the benches, on the engine of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.bench.world import World, build
from infra.local.inprocess import Engine
from tests import shortcuts


@pytest.fixture(autouse=True)
def _whole_library() -> Iterator[None]:
    """Calls are counted here, the library's among them."""
    with shortcuts.whole_library():
        yield


@pytest.fixture
def world(engine: Engine) -> World:
    """A chain with one house, thirty guests and thirty stays."""
    with shortcuts.taken():  # nothing is counted yet
        return build(engine)
