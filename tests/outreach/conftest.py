"""A fresh world for every test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.inprocess import Engine
from tests.outreach.world import World, make_world


@pytest.fixture
def world(engine: Engine, run_queues: Any, stands: Callable[..., World]) -> World:
    """A test chain on 4 March 2026, 08:00 in Lisbon."""
    return stands("world", lambda: make_world(engine, run_queues))
