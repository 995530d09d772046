"""Below the chain: of another house one finds what one finds of nothing, by key and by session, on every way.

`tests/house` walks the API for a key that may do everything in one house; here are the roles that work there, and the
portal's pages and forms. All addresses come from the routes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from chalicelib.directory.rules import ROLES
from chalicelib.web.routing import ROUTER
from chalicelib.web.sessions import cookie_name, session_cookie
from infra.demo import world as demo
from tests.builders import make_staff
from tests.house.test_routes import ID, Sent, requests_about, said
from tests.house.world import World, key_of, make_world
from tests.portal.conftest import cookie_value
from tests.portal.visitor import Page, Visitor

AT_A_HOUSE = sorted(name for name, role in ROLES.items() if role.reach != "chain")
OWN = {demo.RESORT, demo.BRAND}  # what the callers of these tests may know of
FILTERS = ("property", "house", "property_id")
# Drawn anew for every page that is shown: a form's token, and the key by which it is taken once.
TOKEN = re.compile(r'(name="form_token" value=")[^"]*|(name="key" value=")frm_[0-9a-z]{26}')


@pytest.fixture(scope="module")
def world() -> World:
    """The demo chain: nearly all of it lies in one house, the callers work for the other."""
    return make_world()


@pytest.fixture(autouse=True)
def _stack() -> None:
    """The world stays as it is between these tests."""


def foreign(sent: Sent) -> set[str]:
    """What a request names that lies in the other house."""
    return set(ID.findall(sent.text)) - OWN


@pytest.mark.parametrize("role", AT_A_HOUSE)
def test_a_key_with_a_role_of_one_house(world: World, role: str) -> None:
    """Every route, word for word the answer that is given about nothing."""
    token = key_of(permissions=sorted(ROLES[role].permissions), property_ids=[demo.RESORT])[1]
    compared = missing = 0
    for sent in requests_about(world):
        if not foreign(sent) - {world.ids["advance_id"]}:
            continue
        reply, twin = sent.by(token), sent.twin().by(token)
        is_empty = reply.status == 200 and reply.json.get("data") == []
        assert is_empty or reply.status in (403, 404, 422), (sent, reply)
        assert said(reply) == said(twin), sent
        compared += 1
        missing += reply.status == 404
    assert compared > 50 and missing > 10


# -- sessions --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def visitors(world: World) -> dict[str, Visitor]:
    """Somebody of each role, signed in, who works for the other house."""
    found = {}
    for role in AT_A_HOUSE:
        staff = make_staff(demo.hq_scope(), role, property_ids=[demo.RESORT])
        found[role] = Visitor({cookie_name(): cookie_value(session_cookie(str(staff.chain_id), str(staff.id)))})
    return found


def addresses(world: World) -> Iterator[str]:
    """Every page of the portal about something that is there, by its path and by each filter of its houses."""
    for pattern, handlers in ROUTER.handlers.items():
        if not pattern.startswith("/portal/") or "GET" not in handlers:
            continue
        path = pattern.format(**world.ids)
        if "{" in pattern:
            yield path
        else:
            yield from (f"{path}?{name}={demo.CITY}" for name in FILTERS)


def absent(address: str) -> str:
    """The same about what is not there."""
    return ID.sub(lambda found: f"{found[0][:4]}{found[0][4:][::-1].replace('0', '3')}", address)


def shown(page: Page) -> tuple[int, str]:
    """A page but for the ids that its own address put into it, and for what its forms are drawn."""
    return page.status, TOKEN.sub(r"\1\2", ID.sub(lambda found: found[0][:4], page.html))


@pytest.mark.parametrize("role", AT_A_HOUSE)
def test_a_session_of_one_house(world: World, visitors: dict[str, Visitor], role: str) -> None:
    """Every page: the other house's guest, import or list looks as one that was never there."""
    compared = missing = 0
    for address in addresses(world):
        page, twin = visitors[role].get(address), visitors[role].get(absent(address))
        assert shown(page) == shown(twin), address
        assert "DEMO-" not in page.html, address
        compared += 1
        missing += page.status == 404
    assert compared > 10 and missing >= 2


def test_what_is_compared_is_really_there(world: World) -> None:
    staff = make_staff(demo.hq_scope(), "hq_admin")
    visitor = Visitor({cookie_name(): cookie_value(session_cookie(str(staff.chain_id), str(staff.id)))})
    found = {address: visitor.get(address).status for address in addresses(world) if "?" not in address}
    assert set(found.values()) <= {200, 303} and len(found) >= 2, found


SEARCHES = [("王小明", "王小朋"), ("wang.xiaoming@guests.example", "wang.xiaopeng@guests.example")]


@pytest.mark.parametrize("role", AT_A_HOUSE)
@pytest.mark.parametrize("house", [{}, {"property": demo.CITY}], ids=["everywhere", "there"])
def test_a_search_of_one_house(visitors: dict[str, Visitor], role: str, house: dict[str, str]) -> None:
    """The portal's own search: by name and address of the other house's guest it tells what it tells of nobody."""
    visitor = visitors[role]

    def asked(words: str) -> Page:
        form = visitor.get("/portal/guests").form("/portal/guests/searches")
        return visitor.follow(visitor.post("/portal/guests/searches", {**form, **house, "q": words}))

    for known, unknown in SEARCHES:
        page, twin = asked(known), asked(unknown)
        assert page.status == twin.status
        assert page.text.replace(known, "") == twin.text.replace(unknown, "")
        assert demo.GUEST not in page.html
