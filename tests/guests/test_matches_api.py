"""Pairs over REST and in the portal: who sees them, how they are decided, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import app
from chalicelib.guests import service
from tests.builders import PASSWORD, make_key, make_staff
from tests.client import Client
from tests.guests.conftest import World
from tests.portal.visitor import Visitor

assert app.app


@pytest.fixture
def pairs_of(world: World, run_queues: Callable[[], int]) -> dict[str, str]:
    """A pair of the house, one of its sister, one of both, likeliest last; ids of the pairs."""
    made = {}
    for name, family, houses in (
        ("house", "Quintela", (world.house, world.house)),
        ("sister", "Ferrándiz", (world.sister, world.sister)),
        ("both", "Okonkwo-Bergqvist", (world.house, world.sister)),
    ):
        told: dict[str, Any] = {"emails": [f"{name}.pair@mail.example"], "given_name": "Ana", "family_name": family}
        made[name] = {world.create(**told, home_property_id=house.id).id for house in houses}
    run_queues()
    found = {frozenset(one.match.guest_ids): one.match.id for one in service.matches_page(world.hq, limit=10).reviews}
    return {name: found[frozenset(ids)] for name, ids in made.items()}


def listed(client: Client, address: str = "/v1/matches") -> list[str]:
    """Ids over all pages, one on each."""
    found, after = [], ""
    for _ in range(10):
        joint = "&" if "?" in address else "?"
        page = client.get(f"{address}{joint}limit=1{after}")
        assert page.status == 200, page
        found += [one["id"] for one in page.json["data"]]
        if not page.json["next"]:
            return found
        after = f"&cursor={page.json['next']}"
    raise AssertionError("the pages never end")


class TestLists:
    def test_who_sees_which(self, world: World, pairs_of: dict[str, str]) -> None:
        hq, house = Client(make_key(world.hq)), Client(make_key(world.hq, property_ids=[world.house.id]))
        assert sorted(listed(hq)) == sorted(pairs_of.values())
        assert listed(house) == [pairs_of["house"]]
        assert listed(hq, "/v1/matches?queue=hq") == [pairs_of["both"]]
        assert listed(hq, f"/v1/matches?queue={world.sister.id}") == [pairs_of["sister"]]
        assert house.get("/v1/matches?queue=hq").status == 404
        assert house.get(f"/v1/matches?queue={world.sister.id}").status == 404
        assert house.get(f"/v1/matches/{pairs_of['sister']}").status == 404
        scores = [one["score"] for one in hq.get("/v1/matches").json["data"]]
        assert scores == sorted(scores, reverse=True) and len(scores) == 3

    def test_a_cursor_belongs_to_its_list(self, world: World, pairs_of: dict[str, str]) -> None:
        hq = Client(make_key(world.hq))
        cursor = hq.get("/v1/matches?limit=1").json["next"]
        assert hq.get(f"/v1/matches?limit=1&queue=hq&cursor={cursor}").status == 400

    def test_reasons_are_in_words(self, world: World, pairs_of: dict[str, str]) -> None:
        client = Client(make_key(world.hq))
        path = f"/v1/matches/{pairs_of['house']}"
        in_english = client.get(path).json
        in_chinese = client.ask("GET", path, None, accept_language="zh").json
        assert "An e-mail address is the same" in [one["sentence"] for one in in_english["reasons"]]
        assert all(one["sentence"] and not one["sentence"].isascii() for one in in_chinese["reasons"])
        assert sum(one["bits"] for one in in_english["reasons"]) == pytest.approx(in_english["score"])
        assert [one["id"] for one in in_english["guests"]] == in_english["guest_ids"]


class TestDecisions:
    def test_two_people_for_good(self, world: World, pairs_of: dict[str, str], run_queues: Callable[[], int]) -> None:
        client = Client(make_key(world.hq, property_ids=[world.house.id]))
        path = f"/v1/matches/{pairs_of['house']}/decisions"
        told = client.post(path, {"decision": "distinct", "note": "Mother and daughter"})
        assert (told.status, told.json["state"], told.json["note"]) == (200, "distinct", "Mother and daughter")
        assert client.post(path, {"decision": "distinct"}).json["note"] == "Mother and daughter"  # said already
        assert client.post(path, {"decision": "merged"}).status == 409
        assert listed(client) == [] and listed(client, "/v1/matches?state=distinct") == [pairs_of["house"]]
        world.patch(service.get(world.hq, told.json["guest_ids"][0]), birth_date="1987-08-05")
        run_queues()
        assert client.get(f"/v1/matches/{pairs_of['house']}").json["state"] == "distinct"

    def test_one_person_is_merged_and_counted(
        self, world: World, pairs_of: dict[str, str], run_queues: Callable[[], int]
    ) -> None:
        client = Client(make_key(world.hq))
        pair = client.get(f"/v1/matches/{pairs_of['both']}").json
        chosen = next(one for one in pair["guest_ids"] if one != pair["survivor_id"])
        body: dict[str, Any] = {"decision": "merged", "survivor_id": chosen, "choices": {"name": "absorbed"}}
        told = client.post(f"/v1/matches/{pairs_of['both']}/decisions", body)
        assert (told.status, told.json["state"], told.json["survivor_id"]) == (200, "merged", chosen), told
        assert not told.json["is_automatic"] and told.json["merge_id"].startswith("mrg_")
        run_queues()
        assert client.get(f"/v1/guests/{pair['survivor_id']}").json["id"] == chosen
        tallies = {one["queue"]: one for one in client.get("/v1/match-report").json["queues"]}
        assert tallies["hq"]["waiting"] == 0 and tallies["hq"]["months"][0]["merged"] == 1
        assert tallies[world.house.id]["waiting"] == 1

    def test_who_may_not(self, world: World, pairs_of: dict[str, str]) -> None:
        path = f"/v1/matches/{pairs_of['house']}/decisions"
        reader = Client(make_key(world.hq, ["guests:read"]))
        assert reader.post(path, {"decision": "distinct"}).status == 403
        judge = Client(make_key(world.hq, ["guests:read", "guests:match"]))
        assert judge.post(path, {"decision": "merged"}).status == 403
        assert judge.post(path, {"decision": "merged", "survivor_id": "gst_0000000000000000000000x000"}).status == 422
        stranger = Client(make_key(world.hq, property_ids=[world.sister.id]))
        assert stranger.post(path, {"decision": "distinct"}).status == 404


class TestPages:
    def test_compare_merge_and_undo(
        self, world: World, pairs_of: dict[str, str], run_queues: Callable[[], int]
    ) -> None:
        email = make_staff(world.hq).email
        visitor = Visitor()
        visitor.submit(visitor.get("/portal/sign-in"), "/portal/sign-in", email=email, password=PASSWORD)
        queue = visitor.get("/portal/matches")
        assert queue.status == 200 and "An e-mail address is the same" in queue.text
        address = f"/portal/matches/{pairs_of['house']}"
        assert visitor.get("/portal/matches?lang=zh").text.count("可能是同一人的客人") == 1
        page = visitor.get(address)
        merged = visitor.follow(visitor.submit(page, f"{address}/decisions", decision="merged", note="same mailbox"))
        run_queues()
        assert "One person" in merged.text and "Undo the merge" in merged.text
        report = visitor.get("/portal/match-report")
        assert report.status == 200 and f"{address}#undo" in report.html
        visitor.submit(visitor.get(address), f"{address}/undoings", note="two after all")
        run_queues()
        assert "Two people" in visitor.get(address).text
        match = service.review_of(world.hq, pairs_of["house"]).match
        assert match.state == "distinct"
