"""A world and its visitors. The world is built once for many tests: they look, and change only what is their own.

Signing in hashes a password, so most visitors are given a session instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kernel import aws
from chalicelib.kernel.clock import ClockRecord
from chalicelib.web.sessions import cookie_name, session_cookie
from tests.portal.visitor import Visitor
from tests.portal.world import World, make_world

_BUILT: list[World] = []


@pytest.fixture(autouse=True)
def _stack() -> None:
    """The stack is kept from test to test in this room; `world` sees to it."""


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The world in the morning of 4 March 2026, built anew if another room's test has emptied the stack since."""
    if not _BUILT or not _is_standing(_BUILT[0]):
        request.getfixturevalue("engine")
        _BUILT[:] = [make_world(request.getfixturevalue("run_queues"))]
    return _BUILT[0]


def _is_standing(world: World) -> bool:
    try:
        return ClockRecord.find(str(world.chain.id)) is not None
    except aws.ClientError:  # the table is gone
        return False


@pytest.fixture
def visit(world: World) -> Callable[[str], Visitor]:
    """A function that answers a visitor who has signed in as somebody of the world; without a name, nobody."""

    def as_(name: str = "") -> Visitor:
        visitor = Visitor()
        if name:
            staff = world.staff[name]
            visitor.cookies[cookie_name()] = cookie_value(session_cookie(str(staff.chain_id), str(staff.id)))
        return visitor

    return as_


def cookie_value(set_cookie: str) -> str:
    """The value in a Set-Cookie header."""
    return set_cookie.partition(";")[0].partition("=")[2]


@pytest.fixture
def looks(world: World) -> Any:
    """Every page with its address, and who may see it."""
    guest = world.guests["wang"]
    return {
        "properties": "/portal/properties",
        "arrivals": f"/portal/arrivals?property={world.harbour.id}",
        "guests": "/portal/guests",
        "guest": f"/portal/guests/{guest}",
        "deliveries": "/portal/deliveries",
        "occasions": "/portal/occasions",
        "imports": "/portal/imports",
        "import": f"/portal/imports/{world.import_id}",
    }
