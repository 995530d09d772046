"""The little hotel of the benches, on the engine of the tests."""

from __future__ import annotations

import pytest

from infra.bench.world import World, build
from infra.local.inprocess import Engine


@pytest.fixture
def world(engine: Engine) -> World:
    """A chain with one house, thirty guests and thirty stays."""
    return build(engine)
