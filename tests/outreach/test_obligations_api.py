"""The rules of care and what is owed, over HTTP: who may, what is refused and how, what a caller can rely on."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.outreach.events import CALL_OPENED
from tests.builders import make_key
from tests.client import Client
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_obligations import at, call, owe
from tests.outreach.world import World

assert doors  # the fixture
POLICIES = "/v1/care-policies"
VERSIONS = f"{POLICIES}/new_guest/versions"


def test_who_may(world: World, doors: Doors) -> None:
    owe(world, "new_guest")
    guest = world.guest(birth_date=None, consents=[])
    world.stay(guest)
    own, body = {"is_on": True, "days": 3, "property_id": world.house.id}, {"is_on": True, "days": 5}
    every: list[tuple[str, str, Any, tuple[int, ...]]] = [
        # method, address, body, and what stranger, sister, desk and head office are answered
        ("GET", POLICIES, None, (200, 200, 200, 200)),
        ("GET", f"{POLICIES}?property_id={world.house.id}", None, (404, 404, 200, 200)),
        ("GET", f"{VERSIONS}?property_id={world.house.id}", None, (404, 404, 200, 200)),
        ("GET", f"{POLICIES}/tax_day/versions", None, (404, 404, 404, 404)),
        ("POST", f"{POLICIES}/tax_day/versions", body, (404, 404, 404, 404)),
        ("POST", VERSIONS, own, (404, 404, 201, 200)),
        ("POST", VERSIONS, body, (201, 403, 403, 201)),
        ("GET", "/v1/obligations", None, (200, 200, 200, 200)),
        ("GET", f"/v1/obligations?property_id={world.house.id}", None, (404, 404, 200, 200)),
        ("GET", f"/v1/obligations?guest_id={guest.id}", None, (404, 404, 200, 200)),
        ("GET", "/v1/obligation-figures", None, (200, 200, 200, 200)),
        ("GET", f"/v1/obligation-figures?property_id={world.house.id}", None, (404, 404, 200, 200)),
    ]
    for method, target, content, statuses in every:
        assert doors.anonymous.ask(method, target, content).status == 401, target
        assert doors.poor.ask(method, target, content).status == 403, target
        callers = (doors.stranger, doors.sister, doors.desk, doors.hq)
        assert tuple(one.ask(method, target, content).status for one in callers) == statuses, (method, target)
    assert doors.sister.get("/v1/obligations").json["data"] == []
    assert doors.sister.get("/v1/obligation-figures").json["rows"] == []
    analyst = Client(make_key(world.hq, ["occasions:read", "deliveries:read"]))
    assert (analyst.get(VERSIONS).status, analyst.post(VERSIONS, body).status) == (200, 403)


@pytest.mark.parametrize(
    ("rule", "body", "where"),
    [
        ("new_guest", {}, ["/is_on"]),
        ("new_guest", {"is_on": 1, "days": 8, "property_id": 7, "hue": "red"},
         ["/days", "/hue", "/is_on", "/property_id"]),
        ("new_guest", {"is_on": True, "stays": 3, "occasions": ["birthday", "festival"]}, ["/occasions", "/stays"]),
        ("loyal_guest", {"is_on": True, "per_month": 0, "stays": 4, "window_days": 89, "contact_day": 31},
         ["/contact_day", "/per_month", "/stays", "/window_days"]),
        ("loyal_guest", {"is_on": True, "stays": "3", "window_days": True}, ["/stays", "/window_days"]),
        ("blessings", {"is_on": True, "occasions": ["festival"]}, ["/occasions"]),
        ("blessings", {"is_on": True, "occasions": ["birthday", "festival", "tax_day"]}, ["/occasions/2"]),
        ("silence", {"is_on": True, "grace_days": -1}, ["/grace_days"]),
    ],
)  # fmt: skip
def test_what_is_refused(doors: Doors, rule: str, body: dict[str, Any], where: list[str]) -> None:
    reply = doors.hq.post(f"{POLICIES}/{rule}/versions", body)
    assert sorted(pointers(reply)) == where


def test_the_minimum_is_named_in_both_languages(doors: Doors) -> None:
    body = {"is_on": True, "days": 9}
    english, chinese = (doors.hq.post(VERSIONS, body, accept_language=one) for one in ("en", "zh-CN"))
    assert english.json["errors"][0]["detail"] == "This is beyond what the rule allows: at most 7."
    assert chinese.json["errors"][0]["detail"] == "超出规则允许的范围：最多为 7。"


def test_versions(world: World, doors: Doors) -> None:
    body = {"is_on": True, "days": 5, "may_override": True}
    first = doors.hq.post(VERSIONS, body)
    assert (first.status, first.json["version"], first.json["settings"]) == (201, 1, {"days": 5})
    assert (first.json["on_since"], first.json["id"]) == ("2026-03-04T08:00:00Z", "new_guest#1")
    again = doors.hq.post(VERSIONS, body)
    assert (again.status, again.json) == (200, first.json)
    own = doors.desk.post(VERSIONS, {"is_on": True, "days": 2, "property_id": world.house.id})
    assert (own.status, own.json["id"]) == (201, f"new_guest@{world.house.id}#1")
    found = doors.desk.get(f"{POLICIES}?property_id={world.house.id}").json["data"]
    assert [(one["rule"], one["settings"].get("days"), one["is_on"]) for one in found] == [
        ("silence", None, False), ("new_guest", 2, True), ("loyal_guest", None, False), ("blessings", None, False),
    ]  # fmt: skip
    assert [one["version"] for one in doors.desk.get(VERSIONS).json["data"]] == [1, 0]
    page = doors.hq.get(f"{POLICIES}?limit=3").json
    assert (len(page["data"]), page["has_more"]) == (3, True)
    assert len(doors.hq.get(f"{POLICIES}?limit=3&cursor={page['next']}").json["data"]) == 1
    assert doors.hq.get(f"{VERSIONS}?cursor={page['next']}").status == 400
    other = doors.hq.post(VERSIONS, {"is_on": True, "days": 5})  # properties may no longer
    assert other.json["version"] == 2
    assert doors.desk.post(VERSIONS, {"is_on": True, "days": 2, "property_id": world.house.id}).status == 409


def test_obligations_and_their_figures(world: World, doors: Doors) -> None:
    owe(world, "new_guest")
    owe(world, "silence")
    people = [world.guest(birth_date=None, consents=[], **({"emails": []} if one == 2 else {})) for one in range(3)]
    for guest in people:
        world.stay(guest)
    call(world, people[0], CALL_OPENED, "2026-03-06")
    call(world, people[1], CALL_OPENED, "2026-03-30", task="tsk_2")
    world.advance(at(3, 20))
    found = doors.hq.get("/v1/obligations").json["data"]
    assert (found[0]["rule"], found[0]["status"], found[0]["reason"]) == ("silence", "open", None)
    assert sorted((one["rule"], one["status"], one["reason"]) for one in found[1:]) == [
        ("new_guest", "excused", "no_channel"), ("new_guest", "kept", None), ("new_guest", "kept", None),
        ("silence", "breached", "not_called"),
    ]  # fmt: skip
    breached = next(one for one in found if one["status"] == "breached")
    assert breached["why"] == "Nobody called." and breached["due_on"] == "2026-03-06"
    chinese = doors.hq.get("/v1/obligations?status=breached", accept_language="zh").json["data"]
    assert [one["why"] for one in chinese] == ["没有人致电。"]
    by_property = doors.desk.get(f"/v1/obligations?property_id={world.house.id}").json["data"]
    assert by_property == found == doors.desk.get("/v1/obligations").json["data"]
    paged, after = [], ""
    while True:
        page = doors.hq.get(f"/v1/obligations?limit=2{after}").json
        paged += page["data"]
        if not page["has_more"]:
            break
        after = f"&cursor={page['next']}"
    assert paged == found
    assert doors.hq.get(f"/v1/obligations?limit=2&rule=silence{after}").status == 400
    kept = doors.hq.get("/v1/obligations?rule=new_guest&status=kept").json["data"]
    assert len(kept) == 2 and {one["evidence"][0]["kind"] for one in kept} == {"delivery"}
    assert len(doors.hq.get("/v1/obligations?from=2026-03-07&to=2026-03-29").json["data"]) == 3
    assert len(doors.hq.get(f"/v1/obligations?guest_id={people[0].id}&rule=silence").json["data"]) == 1
    figures = doors.desk.get("/v1/obligation-figures?from=2026-03-01&to=2026-03-31").json
    assert figures["is_complete"] is True
    house = world.house.id
    assert figures["rows"] == [
        {"property_id": house, "month": "2026-03", "rule": "silence", "owed": 2, "kept": 0, "breached": 1,
         "excused": 0, "open": 1, "rate_percent": 0.0, "reasons": {"not_called": 1}},
        {"property_id": house, "month": "2026-03", "rule": "new_guest", "owed": 3, "kept": 2, "breached": 0,
         "excused": 1, "open": 0, "rate_percent": 100.0, "reasons": {"no_channel": 1}},
    ]  # fmt: skip
    assert (figures["total"]["owed"], figures["total"]["rate_percent"]) == (5, 66.7)
    assert doors.hq.get("/v1/obligation-figures?from=2026-03-07&to=2026-03-11").json["total"]["owed"] == 3


BAD_PARAMETERS = [
    ("/v1/obligations?limit=0&rule=tax&status=lost&from=x&colour=red",
     ["?colour", "?from", "?limit", "?rule", "?status"]),
    ("/v1/obligations?from=2026-03-04&to=2026-03-03", ["?to"]),
    ("/v1/obligation-figures?from=2026-03-04&to=2026-03-03", ["?to"]),
    ("/v1/obligation-figures?from=2020-01-01&to=2026-03-03", ["?to"]),
    ("/v1/care-policies?property=7", ["?property"]),
]


def test_bad_parameters(doors: Doors) -> None:
    for target, expected in BAD_PARAMETERS:
        assert sorted(pointers(doors.hq.get(target))) == expected, target
