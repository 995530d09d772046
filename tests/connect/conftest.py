"""A chain with a house, and files of things to be imported into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.connect import jobs
from chalicelib.connect.service import kinds
from chalicelib.directory import service as directory
from tests.connect.fakes import World

assert jobs  # its import registers the step of a run


@pytest.fixture
def world(engine: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose kind `things` is forgotten afterwards."""
    directory.forget()
    monkeypatch.setattr(kinds, "_KINDS", dict(kinds._KINDS))
    yield World()
