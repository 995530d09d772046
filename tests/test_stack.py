"""The stack of the tests is made once, and emptied for each."""

from __future__ import annotations

import pytest

from infra.local.inprocess import Engine
from tests import conftest


def test_it_is_emptied_and_not_made_anew(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "reset", lambda _: pytest.fail("everything is made anew for each test"))
    assert conftest.fresh_stack() is engine
