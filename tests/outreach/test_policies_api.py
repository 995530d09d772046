"""Policies of occasions over HTTP and in the portal."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.world import World

assert doors  # the fixture
PATH = "/v1/occasion-policies"
OFFER = {"en": "Stay three nights and pay for two.", "zh": "住三晚，付两晚。"}


class TestPublishing:
    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("poor", 403), ("sister", 403), ("desk", 403)])
    def test_who_may_not(self, doors: Doors, who: str, status: int) -> None:
        caller: Client = getattr(doors, who)
        assert caller.put(f"{PATH}/birthday", {"is_on": False}).status == status
        assert doors.hq.get(f"{PATH}/birthday").json["version"] == 0

    def test_a_stranger_changes_only_their_own(self, doors: Doors) -> None:
        assert doors.stranger.put(f"{PATH}/birthday", {"is_on": False}).json["version"] == 1
        assert doors.hq.get(f"{PATH}/birthday").json["is_on"] is True

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({}, ["/is_on"]),
            ({"is_on": "yes"}, ["/is_on"]),
            ({"is_on": True, "offer": {"en": "Come"}}, ["/offer/zh"]),
            ({"is_on": True, "offer": {"en": "", "zh": "x" * 201}}, ["/offer/en", "/offer/zh"]),
            ({"is_on": True, "offer": {"en": "{{ name }}", "zh": "<b>"}}, ["/offer/en", "/offer/zh"]),
            ({"is_on": True, "hour": 3}, ["/hour"]),
        ],
    )
    def test_what_is_refused(self, doors: Doors, body: dict[str, object], where: list[str]) -> None:
        assert pointers(doors.hq.put(f"{PATH}/birthday", body)) == where

    def test_unknown_occasions(self, doors: Doors) -> None:
        assert doors.hq.put(f"{PATH}/tax_day", {"is_on": True}).status == 404
        assert doors.hq.get(f"{PATH}/tax_day").status == 404
        assert doors.hq.get(f"{PATH}/tax_day/versions").status == 404

    def test_works_and_is_idempotent(self, world: World, doors: Doors) -> None:
        body = {"is_on": True, "offer": OFFER}
        first = doors.hq.put(f"{PATH}/birthday", body)
        assert (first.status, first.json["version"], first.json["purpose"]) == (200, 1, "marketing")
        assert (first.json["offer"], first.json["valid_from"]) == (OFFER, "2026-03-04T08:00:00Z")
        assert first.headers["etag"] == '"v1"'
        assert doors.hq.put(f"{PATH}/birthday", body).json == first.json
        assert doors.hq.put(f"{PATH}/birthday", {"is_on": True}).json["version"] == 2


class TestReading:
    def test_all_that_are_in_force(self, doors: Doors) -> None:
        doors.hq.put(f"{PATH}/stay_anniversary", {"is_on": True})
        found = doors.desk.get(PATH).json["data"]
        assert {one["occasion"]: one["is_on"] for one in found}["stay_anniversary"] is True
        first = doors.desk.get(f"{PATH}?limit=1").json
        second = doors.desk.get(f"{PATH}?limit=1&cursor={first['next']}").json
        assert [first["data"][0], second["data"][0]] == found[:2]
        assert doors.desk.get(f"{PATH}/birthday/versions?cursor={first['next']}").status == 400

    def test_versions_the_latest_first(self, doors: Doors) -> None:
        for is_on in (False, True, False):
            doors.hq.put(f"{PATH}/birthday", {"is_on": is_on})
        found = doors.desk.get(f"{PATH}/birthday/versions").json["data"]
        assert [(one["version"], one["is_on"]) for one in found] == [(3, False), (2, True), (1, False), (0, True)]
        assert found[0]["made_by"] and found[-1]["made_by"] is None
