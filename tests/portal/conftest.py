"""A world and its visitors. Signing in hashes a password, so most tests are given a session instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.web.sessions import cookie_name, session_cookie
from tests.portal import front_door  # noqa: F401
from tests.portal.visitor import Visitor
from tests.portal.world import World, make_world


@pytest.fixture
def world(engine: Any, run_queues: Callable[[], int]) -> World:
    """The world before the morning."""
    return make_world(run_queues, is_lived=False)


@pytest.fixture
def lived_world(engine: Any, run_queues: Callable[[], int]) -> World:
    """The world after greetings, thanks and an import."""
    return make_world(run_queues)


@pytest.fixture
def visit(request: pytest.FixtureRequest) -> Callable[[str], Visitor]:
    """A function that answers a visitor who has signed in as somebody of the world; without a name, nobody."""

    def as_(name: str = "") -> Visitor:
        visitor = Visitor()
        if name:
            fixture = "lived_world" if "lived_world" in request.fixturenames else "world"
            staff = request.getfixturevalue(fixture).staff[name]
            cookie = session_cookie(str(staff.chain_id), str(staff.id))
            visitor.cookies[cookie_name()] = cookie.partition(";")[0].partition("=")[2]
        return visitor

    return as_
