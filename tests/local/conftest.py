"""The room's own stack: an engine inside this process, or one in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.inprocess import Engine
from tests.local.stack import EngineProcess

TOPIC = "arn:aws:sns:us-east-1:000000000000:mail-events"


@pytest.fixture(scope="session")
def _inside() -> Engine:
    return Engine(topic_arn=TOPIC)


@pytest.fixture
def inside(_inside: Engine) -> Iterator[Engine]:
    """An empty engine in this process; install it into the clients that are to use it."""
    _inside.reset()
    yield _inside
    _inside.reset()


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[EngineProcess]:
    """An engine process over an empty folder."""
    engine = EngineProcess(tmp_path / "data")
    engine.start()
    yield engine
    engine.kill()
