"""A fresh world for every test."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.inprocess import Engine
from tests.outreach.world import World, make_world


@pytest.fixture
def world(engine: Engine, run_queues: Any) -> World:
    """A test chain on 4 March 2026, 08:00 in Lisbon."""
    return make_world(engine, run_queues)
