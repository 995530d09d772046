"""Outreach over HTTP: who may, what is refused and how, and what a caller can rely on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.builders import make_chain, make_key, make_property
from tests.client import Client, Reply
from tests.outreach.world import World

TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)


@dataclass
class Doors:
    """Callers of every kind."""

    anonymous: Client
    stranger: Client
    poor: Client
    sister: Client
    desk: Client
    hq: Client


@pytest.fixture
def doors(world: World) -> Doors:
    """A caller of every kind."""
    sister = make_property(world.hq, "Hill House")
    _, stranger = make_chain()
    return Doors(
        anonymous=Client(),
        stranger=Client(make_key(stranger)),
        poor=Client(make_key(world.hq, ["stays:read"])),
        sister=Client(make_key(world.hq, property_ids=[sister.id])),
        desk=Client(make_key(world.hq, property_ids=[world.house.id])),
        hq=Client(make_key(world.hq)),
    )


def pointers(reply: Reply) -> list[str]:
    assert reply.status == 422, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    return [error["pointer"] for error in reply.json["errors"]]


def test_who_may(world: World, doors: Doors) -> None:
    guest = world.guest()
    world.advance(TEN)
    delivery = world.only()
    suppression = doors.hq.post("/v1/suppressions", {"channel": "email", "address": "a@example.com"}).json
    body = {"channel": "email", "address": "b@example.com"}
    every: list[tuple[str, str, Any, tuple[int, ...]]] = [
        # method, address, body, and what stranger, sister, desk and head office are answered
        ("GET", "/v1/deliveries", None, (200, 200, 200, 200)),
        ("GET", f"/v1/deliveries?guest_id={guest.id}", None, (404, 404, 200, 200)),
        ("GET", f"/v1/deliveries?property_id={world.house.id}", None, (404, 404, 200, 200)),
        ("GET", f"/v1/deliveries/{delivery.id}", None, (404, 404, 200, 200)),
        ("GET", f"/v1/guests/{guest.id}/occasions", None, (404, 404, 200, 200)),
        ("GET", "/v1/outreach-figures", None, (200, 200, 200, 200)),
        ("GET", f"/v1/outreach-figures?property_id={world.house.id}", None, (404, 404, 200, 200)),
        ("GET", "/v1/suppressions", None, (200, 403, 403, 200)),
        ("GET", f"/v1/suppressions/{suppression['id']}", None, (404, 403, 403, 200)),
        ("POST", "/v1/suppressions", body, (201, 403, 403, 201)),
        ("DELETE", f"/v1/suppressions/{suppression['id']}", None, (404, 403, 403, 204)),
    ]
    for method, target, content, statuses in every:
        match = {"if_match": '"v1"'} if method == "DELETE" else {}
        assert doors.anonymous.ask(method, target, content, **match).status == 401, target
        assert doors.poor.ask(method, target, content, **match).status == 403, target
        callers = (doors.stranger, doors.sister, doors.desk, doors.hq)
        found = tuple(one.ask(method, target, content, **match).status for one in callers)
        assert found == statuses, (method, target)
    assert doors.sister.get("/v1/deliveries").json["data"] == []
    assert doors.sister.get("/v1/outreach-figures").json["rows"] == []


def test_a_delivery(world: World, doors: Doors) -> None:
    guest = world.guest()
    world.advance(TEN)
    world.hear()
    found = doors.hq.get("/v1/deliveries").json
    assert (found["next"], found["has_more"], len(found["data"])) == (None, False, 1)
    delivery = found["data"][0]
    assert doors.hq.get(f"/v1/deliveries/{delivery['id']}").json == delivery
    assert delivery["address"] == f"a***@{guest.emails[0].partition('@')[2]}"
    assert delivery["history"] == dict.fromkeys(["claimed", "sent", "delivered"], "2026-03-10T10:00:00Z")
    assert {key: delivery[key] for key in ("status", "occasion", "occurrence", "day", "language", "decided_at")} == {
        "status": "delivered", "occasion": "birthday", "occurrence": "birthday#2026", "day": "2026-03-10",
        "language": "en", "decided_at": "2026-03-10T10:00:00Z",
    }  # fmt: skip


def test_a_skip_says_why_in_both_languages(world: World, doors: Doors) -> None:
    guest = world.guest(consents=[])
    world.advance(TEN)
    english = doors.hq.get("/v1/deliveries").json["data"][0]
    chinese = doors.hq.get("/v1/deliveries", accept_language="zh-CN").json["data"][0]
    assert english["reason"] == chinese["reason"] == "consent_missing"
    assert english["why"].startswith("The guest has not agreed") and english["remedy"].startswith("The guest agrees")
    assert chinese["why"].startswith("客人尚未同意") and chinese["remedy"].startswith("客人表示同意")
    for language, why in (("en", "The guest has not"), ("zh", "客人尚未同意")):
        reply = doors.hq.get(f"/v1/guests/{guest.id}/occasions?from=2026-03-01&to=2027-12-31", accept_language=language)
        assert [one["why"][: len(why)] for one in reply.json["data"]] == [why, why]
        assert [one["status"] for one in reply.json["data"]] == ["skipped", None]


def test_figures(world: World, doors: Doors) -> None:
    world.guest()
    world.guest(emails=[])
    world.advance(TEN)
    found = doors.hq.get("/v1/outreach-figures?from=2026-03-01&to=2026-03-31").json
    assert found["is_complete"] is True
    assert found["rows"][0] == {
        "property_id": world.house.id, "month": "2026-03", "occasion": "birthday", "due": 2, "sent": 1, "delivered": 0,
        "bounced": 0, "complained": 0, "parked": 0, "unknown": 0, "failed": 0, "skipped": 1,
        "skipped_by_reason": {"no_channel": 1},
    }  # fmt: skip
    assert found["total"]["due"] == 2


BAD_PARAMETERS = [
    ("/v1/deliveries?limit=0", ["?limit"]),
    ("/v1/deliveries?limit=101&status=lost&occasion=x", ["?limit", "?occasion", "?status"]),
    ("/v1/deliveries?since=yesterday&until=2026-03-04", ["?since", "?until"]),
    ("/v1/deliveries?colour=red", ["?colour"]),
    ("/v1/guests/{guest}/occasions?from=2026-02-30", ["?from"]),
    ("/v1/guests/{guest}/occasions?from=1700000000", ["?from"]),
    ("/v1/guests/{guest}/occasions?from=2026-03-04&to=2026-03-03", ["?to"]),
    ("/v1/guests/{guest}/occasions?from=2026-01-01&to=2032-01-01", ["?to"]),
    ("/v1/outreach-figures?from=2020-01-01", ["?to"]),
    ("/v1/outreach-figures?to=x", ["?to"]),
]


def test_bad_parameters(world: World, doors: Doors) -> None:
    guest = world.guest()
    for target, expected in BAD_PARAMETERS:
        assert sorted(pointers(doors.hq.get(target.format(guest=guest.id)))) == expected, target


BAD_BODIES: list[tuple[Any, list[str]]] = [
    ({}, ["/address", "/channel"]),
    ({"channel": "pigeon", "address": ""}, ["/address", "/channel"]),
    ({"channel": "email", "address": "x"}, ["/address"]),
    ({"channel": "email", "address": 7, "more": 1}, ["/address", "/more"]),
    ({"channel": "sms", "address": "12"}, ["/address"]),
    ({"channel": "email", "address": "a" * 301}, ["/address"]),
]


def test_bad_bodies(world: World, doors: Doors) -> None:
    for body, expected in BAD_BODIES:
        assert sorted(pointers(doors.hq.post("/v1/suppressions", body))) == expected, body


def test_a_suppression_comes_and_goes(world: World, doors: Doors) -> None:
    body = {"channel": "email", "address": "No.More@Example.com"}
    first, second = doors.hq.post("/v1/suppressions", body), doors.hq.post("/v1/suppressions", body)
    assert (first.status, second.status, first.json) == (201, 200, second.json)
    target = first.headers["location"]
    assert first.json["address"] == "N***@example.com" and first.json["cause"] == "manual"
    assert doors.hq.get("/v1/suppressions").json["data"] == [first.json]
    assert doors.hq.delete(target).status == 428
    assert doors.hq.delete(target, if_match='"v9"').status == 412
    assert doors.hq.delete(target, if_match=first.etag).status == 204
    assert doors.hq.get(target).status == 404
    assert doors.hq.delete(target, if_match=first.etag).status == 404


def test_the_link_in_a_mail(world: World) -> None:
    world.guest()
    world.advance(TEN)
    target = str(world.mail()["List-Unsubscribe"]).split(">")[0].strip("<").partition("/u/")[2]
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert Client().get(f"/u/{target}").status == 200
    for _ in range(2):
        reply = Client().ask("POST", f"/u/{target}", raw=b"List-Unsubscribe=One-Click", **form)
        assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert Client().get(f"/u/{target}x").status == 404
    assert Client().ask("PUT", f"/u/{target}").status == 405
