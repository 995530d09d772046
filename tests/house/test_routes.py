"""Every declared route, walked by everybody who has no business there. A new route is walked without a word here."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.directory.rules import ROLES
from chalicelib.directory.schemas import RotationIn
from chalicelib.kernel.clock import real_now
from infra.demo import world as demo
from tests.client import Client, Reply
from tests.house import permissions
from tests.house.world import (
    BY_KEY,
    BY_OPERATOR,
    ENDPOINTS,
    PUBLIC,
    World,
    example_of,
    fingerprint,
    key_of,
    name_of,
    stored,
)

PROBLEM = "application/problem+json"
ID = re.compile(r"\b(?:chn|brd|prp|stf|key|gst|sty|imp|run|dlv|sup|adv)_[0-9a-z]{26}\b")
GUARDED = [*BY_KEY, *BY_OPERATOR]
PERMISSIONS = permissions.table()


@pytest.fixture
def unharmed(world: World) -> Iterator[None]:
    """Nothing at all is written meanwhile."""
    before = fingerprint()
    yield
    assert {row[:3] for row in fingerprint() ^ before} == set()


def is_problem(reply: Reply, status: int) -> bool:
    """Whether an answer is one of our refusals, whole."""
    if reply.status != status or reply.headers.get("content-type") != PROBLEM:
        return False
    body = reply.json
    is_whole = body["status"] == status and body["title"] and body["type"].startswith("https://")
    return bool(is_whole and body["instance"] == reply.headers["request-id"])


def said(reply: Reply) -> tuple[int, str | None, Any]:
    """An answer but for the id of its request."""
    body = json.loads(reply.text) if reply.text else None
    if isinstance(body, dict):
        body.pop("instance", None)
    return reply.status, reply.headers.get("content-type"), body


# -- nobody, and those who pretend -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def forgeries(world: World) -> dict[str, str]:
    """Authorization headers that must not open anything, by what is wrong with them."""
    mode, chain, key, secret = world.hq.removeprefix("hk_").split("_")
    _, rival_chain, rival_key, rival_secret = world.rival.removeprefix("hk_").split("_")
    revoked_id, revoked = key_of()
    directory.revoke_key(demo.hq_scope(), revoked_id, 1)
    rotated_id, replaced = key_of()
    directory.rotate_key(demo.hq_scope(), rotated_id, RotationIn(overlap_hours=0))
    soon = real_now() + timedelta(milliseconds=200)
    expired = key_of(expires_at=soon.isoformat())[1]
    (row,) = [one for one in stored()["test-api-keys"] if one["id"]["S"] == demo.HQ_KEY]
    while real_now() <= soon:
        time.sleep(0.01)
    return {
        "no scheme": world.hq,
        "another scheme": f"Basic {world.hq}",
        "no token": "Bearer",
        "spaces": "Bearer    ",
        "not a token": "Bearer hk",
        "text": "Bearer 王小明",
        "very long": f"Bearer {world.hq}{'0' * 100_000}",
        "two of them": f"Bearer {world.hq},Bearer {world.hq}",
        "a wrong secret": f"Bearer hk_{mode}_{chain}_{key}_{secret[::-1]}",
        "a shorter secret": f"Bearer hk_{mode}_{chain}_{key}_{secret[:-1]}",
        "another mode": f"Bearer hk_live_{chain}_{key}_{secret}",
        "another chain": f"Bearer hk_{mode}_{rival_chain}_{key}_{secret}",
        "another's secret": f"Bearer hk_{mode}_{chain}_{key}_{rival_secret}",
        "another's key": f"Bearer hk_{mode}_{chain}_{rival_key}_{rival_secret}",
        "no such key": f"Bearer hk_{mode}_{chain}_{'0' * 26}_{secret}",
        "what is stored": f"Bearer hk_{mode}_{chain}_{key}_{row['secret_hash']['S']}",
        "revoked": f"Bearer {revoked}",
        "replaced": f"Bearer {replaced}",
        "expired": f"Bearer {expired}",
    }


def test_nobody_gets_in(world: World, unharmed: None) -> None:
    for endpoint in GUARDED:
        reply = Client().ask(endpoint.method, world.path(endpoint))
        assert is_problem(reply, 401), (endpoint.operation_id, reply)
        assert reply.headers["www-authenticate"] == "Bearer"


def test_no_forgery_gets_in(world: World, forgeries: dict[str, str], unharmed: None) -> None:
    answers = {
        (endpoint.operation_id, name): Client().ask(endpoint.method, world.path(endpoint), authorization=header)
        for endpoint in GUARDED
        for name, header in forgeries.items()
    }
    assert {where for where, reply in answers.items() if not is_problem(reply, 401)} == set()
    assert not [where for where, reply in answers.items() if "hk_" in reply.text]


def test_operator_and_chain_keep_apart(world: World, unharmed: None) -> None:
    for endpoint in GUARDED:
        other = world.operator if endpoint.caller == "key" else world.hq
        reply = Client(other).ask(endpoint.method, world.path(endpoint))
        assert is_problem(reply, 401), (endpoint.operation_id, reply)


@pytest.mark.parametrize("endpoint", PUBLIC, ids=name_of)
def test_public_routes_ask_nobody(world: World, endpoint: Any, unharmed: None) -> None:
    for client in (Client(), Client("forged"), Client(world.rival)):
        assert client.ask(endpoint.method, world.path(endpoint)).status == endpoint.status


# -- roles -----------------------------------------------------------------------------------------------------


def test_the_table_of_permissions_is_current() -> None:
    assert permissions.PATH.read_text(encoding="utf-8") == permissions.page(), "python -m tests.house.permissions write"


def test_every_route_is_in_the_table() -> None:
    assert set(PERMISSIONS) == {endpoint.operation_id for endpoint in ENDPOINTS}


def test_every_permission_is_of_use() -> None:
    asked = {endpoint.permission for endpoint in BY_KEY} - {"me:read"}
    assert asked == directory.PERMISSIONS


@pytest.mark.parametrize("role", ROLES)
def test_roles_do_what_the_table_says(world: World, role: str, unharmed: None) -> None:
    """Whoever may is let through to the body, which is missing; whoever may not is stopped before."""
    client = Client(world.roles[role])
    for endpoint in BY_KEY:
        if PERMISSIONS[endpoint.operation_id][role] and endpoint.method != "GET" and endpoint.body is None:
            continue  # it would have its effect
        reply = client.ask(endpoint.method, world.path(endpoint))
        if PERMISSIONS[endpoint.operation_id][role]:
            assert reply.status not in (401, 403), (endpoint.operation_id, reply)
        else:
            assert is_problem(reply, 403), (endpoint.operation_id, reply)
            assert str(endpoint.permission) in reply.json["detail"]


# -- walls -----------------------------------------------------------------------------------------------------

IF_MATCH = '"v1"'
OUTSIDE_BODIES: dict[str, list[dict[str, Any]]] = {
    "search_guests": [
        {"name": "王"},
        {"email": "wang.xiaoming@guests.example"},
        {"phone": "+351912000001"},
        {"external_id": {"system": "demo", "property_id": demo.CITY, "id": "DEMO-G-1"}},
        {"property_id": demo.CITY},
    ],
    "search_at_desk": [{"q": "王小明"}, {"q": "wang xiaoming"}, {"q": "DEMO-G-1"}],
    "update_guest": [{"home_property_id": demo.CITY}],
    "change_stay": [{"guest_id": demo.GUEST}],
}


class Sent:
    """A request that names real things, and its twin that names things that there are not."""

    def __init__(self, endpoint: Any, target: str, body: Any) -> None:
        self.endpoint, self.target, self.body = endpoint, target, body

    def __repr__(self) -> str:
        return f"{self.endpoint.method} {self.target} {self.body}"

    @property
    def text(self) -> str:
        """All that it says."""
        return f"{self.target} {json.dumps(self.body)}"

    def by(self, token: str) -> Reply:
        """Send it."""
        headers = {"if_match": IF_MATCH} if self.endpoint.needs_match else {}
        return Client(token).ask(self.endpoint.method, self.target, self.body, **headers)

    def twin(self) -> Sent:
        """The same about things that there are not."""
        body = json.loads(ID.sub(_absent, json.dumps(self.body)))
        return Sent(self.endpoint, ID.sub(_absent, self.target), body)


def _absent(found: re.Match[str]) -> str:
    return f"{found[0][:4]}{found[0][4:][::-1].replace('0', '3')}"


def requests_about(world: World) -> Iterator[Sent]:
    """Everything that can be asked about what is there: by address, by parameter, in a body."""
    for endpoint in BY_KEY:
        body = example_of(endpoint) if endpoint.body is not None else None
        yield Sent(endpoint, world.path(endpoint), body)
        for other in OUTSIDE_BODIES.get(endpoint.operation_id, []):
            yield Sent(endpoint, world.path(endpoint), other)
        fields = endpoint.query.model_fields if endpoint.query is not None else {}
        for name in fields:
            if name in world.ids and name.endswith("_id"):
                yield Sent(endpoint, f"{world.path(endpoint)}?{name}={world.ids[name]}", body)


REQUEST_SUBJECTS = ("chn", "brd", "prp", "stf", "key", "gst", "sty", "imp", "run", "dlv", "sup")


def test_what_the_walls_hide_is_really_there(world: World) -> None:
    """Or else the tests below would compare nothing with nothing."""
    reads = [one for one in requests_about(world) if one.endpoint.method == "GET"]
    assert {one.by(world.hq).status for one in reads if ID.search(one.target)} <= {200, 303}
    searches = [one for one in requests_about(world) if one.endpoint.operation_id.startswith("search_")]
    found = [one.by(world.hq).json for one in searches if one.body.get("name") != "Wang"]
    assert all(one.get("data") or one.get("guests") for one in found)
    kinds = {found[:3] for one in requests_about(world) for found in ID.findall(one.text)}
    assert kinds >= set(REQUEST_SUBJECTS) - {"chn"}


@pytest.mark.parametrize("caller", ["rival", "sister"])
def test_beyond_a_wall_there_is_nothing(world: World, caller: str, unharmed: None) -> None:
    """What belongs to another chain, or to another house, answers as what does not exist, word for word."""
    token = getattr(world, caller)
    theirs = {"rival": set(), "sister": {demo.BRAND, demo.RESORT, demo.ACCOUNT, world.ids["advance_id"]}}[caller]
    compared = 0
    for sent in requests_about(world):
        if not set(ID.findall(sent.text)) - theirs:
            continue
        reply, twin = sent.by(token), sent.twin().by(token)
        is_empty = reply.status == 200 and reply.json.get("data") == []
        assert is_empty or reply.status in (403, 404, 422), (sent, reply)
        assert said(reply) == said(twin), sent
        if sent.endpoint.path_examples and set(ID.findall(sent.target)) - theirs and reply.status != 403:
            assert is_problem(reply, 404), (sent, reply)
        compared += 1
    assert compared > 50


@pytest.mark.parametrize("caller", ["rival", "sister"])
def test_lists_show_nothing_from_beyond_a_wall(world: World, caller: str, unharmed: None) -> None:
    hidden = {value for name, value in world.ids.items() if name.endswith("_id") and ID.fullmatch(value)}
    if caller == "sister":
        hidden -= {demo.CHAIN, demo.BRAND, demo.ACCOUNT, world.ids["advance_id"]}
    for endpoint in BY_KEY:
        if endpoint.method == "GET" and "{" not in endpoint.path:
            reply = Client(getattr(world, caller)).get(endpoint.path)
            assert not hidden & set(ID.findall(reply.text)), (endpoint.operation_id, reply.text)
            assert "DEMO-" not in reply.text, endpoint.operation_id


def test_a_child_is_not_found_under_another_parent(world: World) -> None:
    """A run is reached through its own import alone, also by those who see both."""
    mine = connect.create_import(demo.hq_scope(), kind="guests", property_id=demo.RESORT, file_name="mine.csv")
    for endpoint in BY_KEY:
        if "{run_id}" in endpoint.path:
            for token in (world.hq, world.sister):
                target = world.path(endpoint, import_id=str(mine.id))
                body = example_of(endpoint) if endpoint.body is not None else None
                assert is_problem(Client(token).ask(endpoint.method, target, body), 404), endpoint.operation_id
