"""Stays over HTTP: who may, what is refused and how, and what a caller can rely on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.stays.schemas import DEMO_GUEST, DEMO_PROPERTY, ExternalStayIn, StayIn, StaySearchIn
from chalicelib.web.endpoints import Schema
from tests.builders import make_key, make_property
from tests.client import Client, Reply
from tests.stays.conftest import World


@dataclass
class Doors:
    """Callers of every kind."""

    anonymous: Client
    reader: Client
    sister: Client
    desk: Client
    hq: Client


@pytest.fixture
def doors(world: World) -> Doors:
    """A caller of every kind, of one chain."""
    return Doors(
        anonymous=Client(),
        reader=Client(make_key(world.hq, ["stays:read"])),
        sister=Client(make_key(world.hq, property_ids=[world.sister.id])),
        desk=Client(make_key(world.hq, property_ids=[world.house.id])),
        hq=Client(make_key(world.hq)),
    )


def pointers(reply: Reply) -> list[str]:
    assert reply.status == 422, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    return [error["pointer"] for error in reply.json["errors"]]


def addresses(world: World, stay_id: str) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Every operation on stays of the house."""
    house, body = world.house.id, world.body()
    told = {name: value for name, value in body.items() if name != "property_id"}
    return [
        ("POST", "/v1/stays", body),
        ("GET", f"/v1/stays/{stay_id}", None),
        ("PATCH", f"/v1/stays/{stay_id}", {"room_number": "7"}),
        ("GET", f"/v1/stays?property_id={house}", None),
        ("PUT", f"/v1/external/pms/{house}/stays/R-1", told),
        ("POST", "/v1/stay-searches", {"property_id": house, "external_id": "R-1"}),
        ("GET", f"/v1/properties/{house}/arrivals", None),
        ("GET", f"/v1/properties/{house}/departures", None),
        ("GET", f"/v1/properties/{house}/in-house", None),
    ]


def example(schema: type[Schema]) -> Any:
    extra: Any = schema.model_config["json_schema_extra"]
    return json.loads(json.dumps(extra["examples"][0]))


class TestWhoMay:
    def test_every_operation(self, world: World, doors: Doors) -> None:
        stay, _ = world.tell("R-1")
        for method, target, body in addresses(world, str(stay.id)):
            match = {"if_match": '"v1"'} if method == "PATCH" else {}
            assert doors.anonymous.ask(method, target, body, **match).status == 401, target
            is_write = method in ("PATCH", "PUT") or target == "/v1/stays"
            assert doors.reader.ask(method, target, body, **match).status == (403 if is_write else 200), target
            assert doors.sister.ask(method, target, body, **match).status == (422 if target == "/v1/stays" else 404)
            assert doors.desk.ask(method, target, body, **match).status in (200, 201), target


class TestWrite:
    def test_post_then_post_again(self, world: World, doors: Doors) -> None:
        body = world.body(external_id="R-1", source={"system": "pms", "version": 1})
        first, second = doors.desk.post("/v1/stays", body), doors.desk.post("/v1/stays", body)
        assert (first.status, first.json["outcome"], first.etag) == (201, "created", '"v1"')
        assert first.headers["location"] == f"/v1/stays/{first.json['id']}"
        assert (second.status, second.json["outcome"]) == (200, "unchanged")
        assert second.json["id"] == first.json["id"] and "location" not in second.headers

    def test_what_is_told_is_answered(self, world: World, doors: Doors) -> None:
        line = {"id": "1", "category": "room", "amount": 30000, "tax": 1800, "eligible": True}
        body = world.body(
            external_id="R-1", source={"system": "pms", "updated_at": "2026-03-04T09:00:00.5+01:00"}, status="in_house",
            room_type="DLX", room_number="0412", rate_plan="BAR", rate={"amount": 10000, "currency": "eur"},
            channel="直销", segment="leisure", adults=2, children=0, booked_on="2026-01-01", revenue_lines=[line],
            room_ready_at="2026-03-04T07:30:00Z",
        )  # fmt: skip
        made = doors.hq.post("/v1/stays", body).json
        found = doors.hq.get(f"/v1/stays/{made['id']}").json
        assert made == {**found, "outcome": "created"}
        source = {"system": "pms", "version": None, "updated_at": "2026-03-04T08:00:00.500Z"}
        reckoned = {
            "id": made["id"], "nights": 3, "revenue_total": 30000, "currency": "EUR", "checked_out_at": None,
            "is_history": False, "created_at": "2026-03-04T08:00:00Z", "updated_at": "2026-03-04T08:00:00Z",
            "version": 1, "source": source, "rate": {"amount": 10000, "currency": "EUR"},
        }  # fmt: skip
        assert found == {**body, **reckoned}

    def test_put(self, world: World, doors: Doors) -> None:
        told = {name: value for name, value in world.body().items() if name != "property_id"}
        target = f"/v1/external/pms/{world.house.id}/stays/{quote('R/1 é#', safe='')}"
        replies = [
            doors.desk.put(target, {**told, "status": status, "source": {"version": number}})
            for status, number in [("in_house", 2), ("in_house", 2), ("booked", 1), ("booked", 2), ("booked", 3)]
        ]
        assert [reply.status for reply in replies] == [201, 200, 200, 200, 200]
        assert [reply.json["outcome"] for reply in replies] == [
            "created", "unchanged", "superseded", "superseded", "updated",
        ]  # fmt: skip
        assert [reply.json["status"] for reply in replies] == ["in_house"] * 4 + ["booked"]
        assert {reply.json["external_id"] for reply in replies} == {"R/1 é#"}

    def test_patch_needs_the_version_that_was_read(self, world: World, doors: Doors) -> None:
        stay, _ = world.record()
        target = f"/v1/stays/{stay.id}"
        assert doors.desk.patch(target, {"room_number": "7"}).status == 428
        changed = doors.desk.patch(target, {"room_number": "7"}, if_match='"v1"')
        assert (changed.status, changed.etag, changed.json["room_number"]) == (200, '"v2"', "7")
        assert doors.desk.patch(target, {"room_number": "8"}, if_match='"v1"').status == 412
        nothing = doors.desk.patch(target, {}, if_match='"v2"')
        assert (nothing.status, nothing.etag, nothing.json["outcome"]) == (200, '"v2"', "unchanged")

    def test_an_idempotency_key_makes_one_stay(self, world: World, doors: Doors) -> None:
        replies = [doors.desk.post("/v1/stays", world.body(), idempotency_key="once") for _ in range(2)]
        assert replies[0].json["id"] == replies[1].json["id"]
        assert len(doors.desk.get("/v1/stays").json["data"]) == 1

    def test_the_examples_can_be_posted_twice(self, world: World) -> None:
        body = GuestIn.model_validate({"family_name": "Wang"})
        guests.create(world.hq, body, id=DEMO_GUEST)
        make_property(world.hq, id=DEMO_PROPERTY)
        hq = Client(make_key(world.hq))
        stay, put, search = (example(schema) for schema in (StayIn, ExternalStayIn, StaySearchIn))
        assert [hq.post("/v1/stays", stay).status for _ in range(2)] == [201, 200]
        target = f"/v1/external/demo/{DEMO_PROPERTY}/stays/DEMO-S-3"
        assert [hq.put(target, put).status for _ in range(2)] == [201, 200]
        assert [hq.post("/v1/stay-searches", search).status for _ in range(2)] == [200, 200]


class TestInvalid:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"arrival": "2026-03-05", "departure": "2026-03-04"}, ["/departure"]),
            ({"arrival": "2026-03-05", "departure": "2027-03-07"}, ["/departure"]),
            ({"arrival": "2026-02-30"}, ["/arrival"]),
            ({"arrival": "1899-12-31"}, ["/arrival"]),
            ({"departure": "2201-01-01"}, ["/departure"]),
            ({"arrival": 20260305}, ["/arrival"]),
            ({"arrival": "2026-03-05T00:00:00Z"}, ["/arrival"]),
            ({"arrival": None, "departure": []}, ["/arrival", "/departure"]),
            ({"status": "asleep"}, ["/status"]),
            ({"adults": -1, "children": 2.5}, ["/adults", "/children"]),
            ({"adults": True}, ["/adults"]),
            ({"currency": "XYZ"}, ["/currency"]),
            ({"currency": "USD"}, ["/currency"]),
            ({"rate": {"amount": -1, "currency": "EUR"}}, ["/rate/amount"]),
            ({"rate": {"amount": 1, "currency": "euro"}}, ["/rate/currency"]),
            ({"external_id": "R-1"}, ["/source"]),
            ({"external_id": "   ", "source": {"system": "pms"}}, ["/external_id"]),
            ({"external_id": "a\u0000b", "source": {"system": "pms"}}, ["/external_id"]),
            ({"source": {"system": "P M S"}}, ["/source/system"]),
            ({"source": {"system": "pms", "version": -1}}, ["/source/version"]),
            ({"source": {"system": "pms", "version": 2**60}}, ["/source/version"]),
            ({"source": {"system": "pms", "updated_at": "yesterday"}}, ["/source/updated_at"]),
            ({"source": {"system": "pms", "updated_at": "2026-03-04T05:06:07"}}, ["/source/updated_at"]),
            ({"room_number": "x" * 21, "room_type": ""}, ["/room_type", "/room_number"]),
            ({"guest_id": "gst_0000000000000000000000zzzz"}, ["/guest_id"]),
            ({"guest_id": "stf_0000000000000000000000h000"}, ["/guest_id"]),
            ({"guest_id": ["a"], "colour": "red"}, ["/guest_id", "/colour"]),
            ({"property_id": "../../etc"}, ["/property_id"]),
            ({"revenue_lines": [{"id": "1", "category": "room", "amount": 1.5}]}, ["/revenue_lines/0/amount"]),
            ({"revenue_lines": [{"id": "1", "category": "Room!", "amount": 10**16}]},
             ["/revenue_lines/0/category", "/revenue_lines/0/amount"]),
            ({"revenue_lines": [{"id": "1", "category": "room", "amount": 1}] * 2}, ["/revenue_lines"]),
            ({"revenue_lines": [{"id": str(n), "category": "room", "amount": 1} for n in range(201)]},
             ["/revenue_lines"]),
        ],
    )  # fmt: skip
    def test_post(self, world: World, doors: Doors, fields: dict[str, Any], wrong: list[str]) -> None:
        assert sorted(pointers(doors.hq.post("/v1/stays", world.body(**fields)))) == sorted(wrong)
        assert doors.hq.get("/v1/stays").json["data"] == []

    def test_refusals_are_told_in_chinese(self, world: World, doors: Doors) -> None:
        reply = doors.hq.post("/v1/stays", world.body(departure="2026-01-01"), accept_language="zh-CN")
        assert reply.json["errors"][0]["detail"] == "离店日期早于到店日期。"

    @pytest.mark.parametrize(
        "body",
        [{}, {"guest_id": None}, {"status": None}, {"departure": None}, {"property_id": "x"}, {"revenue_lines": None}],
    )
    def test_patch(self, world: World, doors: Doors, body: dict[str, Any]) -> None:
        stay, _ = world.record()
        reply = doors.hq.patch(f"/v1/stays/{stay.id}", body, if_match='"v1"')
        assert (reply.status == 200) if not body else pointers(reply) == [f"/{next(iter(body))}"]

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("status=booked", 422),
            ("status=asleep", 422),
            ("colour=red", 422),
            ("limit=0", 422),
            ("limit=101", 422),
            ("limit=1&limit=2", 400),
            ("cursor=nonsense", 400),
            ("cursor=cur_forged.signature", 400),
            ("property_id=prp_0000000000000000000000zzzz", 404),
            ("property_id=HOUSE&arrival_from=2026-02-30", 422),
            ("property_id=HOUSE&arrival_from=2026-03-02&arrival_to=2026-03-01", 422),
            ("property_id=HOUSE&arrival_from=1772409600", 422),
            ("updated_since=yesterday", 422),
            ("guest_id=gst_0000000000000000000000zzzz", 200),
            ("guest_id=%23%00", 200),
        ],
    )
    def test_lists(self, world: World, doors: Doors, query: str, status: int) -> None:
        assert doors.hq.get(f"/v1/stays?{query.replace('HOUSE', world.house.id)}").status == status

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"external_id": "R-1", "room_number": "1"},
            {"room_number": "1", "system": "pms"},
            {"external_id": 7},
        ],
    )
    def test_searches(self, world: World, doors: Doors, body: dict[str, Any]) -> None:
        assert doors.hq.post("/v1/stay-searches", {"property_id": world.house.id, **body}).status == 422

    @pytest.mark.parametrize("stay_id", ["sty_0000000000000000000000zzzz", "nonsense", "%00", "id", "a%2Fb", "王"])
    def test_ids_that_name_nothing(self, doors: Doors, stay_id: str) -> None:
        assert doors.hq.get(f"/v1/stays/{stay_id}").status == 404

    @pytest.mark.parametrize("target", ["PMS/HOUSE/stays/1", "pms/HOUSE/stays/%00", "pms/HOUSE/stays/%20"])
    def test_addresses_that_name_nothing(self, world: World, doors: Doors, target: str) -> None:
        told = {name: value for name, value in world.body().items() if name != "property_id"}
        assert doors.hq.put(f"/v1/external/{target.replace('HOUSE', world.house.id)}", told).status == 422

    @pytest.mark.parametrize(
        "raw", [b"", b"{", b"[]", b"null", b'{"a":NaN}', b"[" * 100_000, b"\xff\xfe", b'{"status":"\\ud800"}']
    )
    def test_bodies_that_are_none(self, doors: Doors, raw: bytes) -> None:
        reply = doors.hq.ask("POST", "/v1/stays", raw=raw)
        assert reply.status in (400, 422) and json.loads(reply.text)["status"] == reply.status


class TestLists:
    def test_pages_follow_each_other(self, world: World, doors: Doors) -> None:
        made = {str(world.record()[0].id) for _ in range(5)}
        first = doors.desk.get("/v1/stays?limit=3").json
        second = doors.desk.get(f"/v1/stays?limit=3&cursor={first['next']}").json
        assert first["has_more"] and not second["has_more"] and second["next"] is None
        assert {one["id"] for one in first["data"] + second["data"]} == made

    def test_a_cursor_says_nothing_to_another_chain(self, world: World, doors: Doors) -> None:
        for _ in range(2):
            world.record()
        cursor = doors.hq.get("/v1/stays?limit=1").json["next"]
        assert doors.sister.get(f"/v1/stays?limit=1&cursor={cursor}").status == 400

    def test_a_desks_day(self, world: World, doors: Doors) -> None:
        stay, _ = world.record(status="in_house", room_number="12")
        house = f"/v1/properties/{world.house.id}"
        for target in ("arrivals?day=2026-03-05", "departures?day=2026-03-08", "in-house"):
            assert [one["id"] for one in doors.desk.get(f"{house}/{target}").json["data"]] == [stay.id]
        for target in ("arrivals", "departures?day=2026-03-07", "arrivals?day=2026-03-05&status=cancelled"):
            assert doors.desk.get(f"{house}/{target}").json["data"] == []
        found = doors.desk.post("/v1/stay-searches", {"property_id": world.house.id, "room_number": "12"})
        assert found.status == 200 and [one["id"] for one in found.json["data"]] == [stay.id]
