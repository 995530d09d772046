"""Points over HTTP: enrolment, balance, redemption, replays, words in both languages, prices, what is owed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import make_key
from tests.client import Client
from tests.conftest import work_off_queues
from tests.loyalty.conftest import World


@pytest.fixture
def client(world: World) -> Client:
    return Client(make_key(world.hq))


def rules(**fields: Any) -> dict[str, Any]:
    return {"valid_from": "2026-03-04", "rules": [{"id": "spend", "kind": "spend", "points": 1}], **fields}


class TestProgrammes:
    def test_a_programme_is_created_read_and_given_new_rules(self, client: Client) -> None:
        body = {"name": "Club", "names": {"zh": "俱乐部"}, "currency": "eur", "version": rules()}
        made = client.post("/v1/programmes", body)
        assert made.status == 201, made.text
        address = f"/v1/programmes/{made.json['id']}"
        new = client.post(f"{address}/versions", rules(confirm_days=14))
        assert [one["confirm_days"] for one in new.json["versions"]] == [0, 14]
        assert client.get(address).json["currency"] == "EUR"

    @pytest.mark.parametrize(
        "version",
        [
            rules(rules=[]),
            rules(rules=[{"id": "a", "kind": "spend", "points": 0}]),
            rules(rules=[{"id": "a", "kind": "stay", "points": 1}, {"id": "a", "kind": "stay", "points": 2}]),
            rules(rules=[{"id": "a", "kind": "stay", "points": -1}]),
            rules(rules=[{"id": "a", "kind": "stay", "points": 1.5}]),
            rules(confirm_days=61),
            rules(expiry={"months": 0}),
            rules(expiry={"day": "02-30"}),
            rules(returns="whatever"),
        ],
    )
    def test_rules_that_are_not_right_are_refused(self, client: Client, version: dict[str, Any]) -> None:
        answer = client.post("/v1/programmes", {"name": "Club", "currency": "EUR", "version": version})
        assert answer.status == 422, answer.text
        assert client.get("/v1/programmes").json["data"][0]["name"] == "Harbour Points"

    def test_a_stay_is_priced_without_writing(self, world: World, client: Client) -> None:
        stay = {
            "property_id": world.house.id, "arrival": "2026-03-01", "departure": "2026-03-03", "currency": "EUR",
            "lines": [{"id": "1", "category": "room", "amount": 20_000}],
        }  # fmt: skip
        address = f"/v1/programmes/{world.programme.id}/calculations"
        answer = client.post(address, stay)
        assert (answer.status, answer.json["points"]) == (200, 2_000)
        assert answer.json["rules"][0]["words"] == "Ten points a euro: 2,000 points for EUR 200.00."
        assert client.post(address, {**stay, "currency": "CNY"}).json["why_not"] == "no_rate"
        assert client.post(address, {**stay, "departure": "2026-02-01"}).status == 422
        assert world.entries() == []


class TestMembers:
    def test_joining_twice_is_joining_once(self, world: World, client: Client) -> None:
        guest = world.new_guest()
        body = {"programme_id": str(world.programme.id), "guest_id": guest.id, "consent_source": "front_desk"}
        first, second = client.post("/v1/members", body), client.post("/v1/members", body)
        assert (first.status, second.status, first.json["id"]) == (201, 200, second.json["id"])
        found = client.post("/v1/member-searches", {"number": f" {first.json['number']} "})
        assert [one["id"] for one in found.json["data"]] == [first.json["id"]]

    def test_a_mistyped_number_is_told_apart(self, world: World, client: Client) -> None:
        number = str(world.member.number)
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        assert client.post("/v1/member-searches", {"number": wrong}).status == 422

    def test_lists_show_every_member_once(self, world: World, client: Client) -> None:
        ids = {world.member_id, *(world.enrol(world.new_guest(f"G{number}")) for number in range(6))}
        seen: list[str] = []
        target = f"/v1/programmes/{world.programme.id}/members?limit=3"
        cursor = ""
        for _ in range(5):
            page = client.get(target + cursor).json
            seen += [one["id"] for one in page["data"]]
            if not page["next"]:
                break
            cursor = f"&cursor={page['next']}"
        assert (set(seen), len(seen)) == (ids, 7)
        known = client.get(f"/v1/guests/{world.guest.id}/members").json["data"]
        assert [one["id"] for one in known] == [world.member_id]

    def test_a_stranger_finds_nobody(self, world: World) -> None:
        stranger = Client(make_key(world.hq, ["members:read", "points:write"], property_ids=[world.sister.id]))
        here, nowhere = f"/v1/members/{world.member_id}", "/v1/members/mem_0000000000000000000000x000"
        assert stranger.get(here).status == stranger.get(nowhere).status == 404
        body = {"points": 1, "reward": "x"}
        assert stranger.post(f"{here}/redemptions", body).status == 404


class TestPoints:
    def test_a_replay_redeems_once_and_another_body_is_refused(self, world: World, client: Client) -> None:
        world.give(500)
        address = f"/v1/members/{world.member_id}/redemptions"
        body = {"points": 200, "reward": "free_night"}
        first = client.post(address, body, idempotency_key="k1")
        again = client.post(address, body, idempotency_key="k1")
        other = client.post(address, {**body, "points": 1}, idempotency_key="k1")
        assert (first.status, again.status, first.json["id"]) == (201, 201, again.json["id"])
        assert other.status in (409, 422)
        assert world.points == (300, 0, 0)

    def test_a_key_under_which_nothing_was_left_to_do_is_used_all_the_same(self, world: World, client: Client) -> None:
        world.give(500)
        address = f"/v1/members/{world.member_id}/redemptions"
        held = client.post(address, {"points": 200, "reward": "spa", "is_hold": True}).json["id"]
        assert client.post(f"{address}/{held}/releases").status == 200
        first = client.post(f"{address}/{held}/releases", idempotency_key="late")
        again = client.post(f"{address}/{held}/releases", idempotency_key="late")
        assert (first.status, again.headers.get("idempotency-hit"), again.json) == (200, "true", first.json)
        other = client.post(f"{address}/{held}/releases", {"points": 3}, idempotency_key="late")
        assert (other.status, other.json["type"].rpartition("/")[2]) == (422, "idempotency_key_reused")

    @pytest.mark.parametrize("points", [0, -1, 1.5, "5", 10**13, True, None])
    def test_what_is_no_number_of_points_moves_nothing(self, world: World, client: Client, points: Any) -> None:
        world.give(500)
        answer = client.post(f"/v1/members/{world.member_id}/redemptions", {"points": points, "reward": "x"})
        assert answer.status == 422, answer.text
        assert world.points == (500, 0, 0)

    def test_an_entry_is_explained_to_guest_desk_and_auditor_in_both_languages(
        self, world: World, client: Client
    ) -> None:
        world.tell(amount=10_000)
        entry = client.get(f"/v1/members/{world.member_id}/entries").json["data"][0]
        address = f"/v1/members/{world.member_id}/entries/{entry['id']}/explanation"
        guest = client.get(address).json
        assert guest["headline"] == "You earned 1,000 points for your stay that ended on 4 March 2026."
        assert guest["because"] == ["Ten points a euro: 1,000 points for EUR 100.00."]
        assert guest["lots"] == guest["record"] == []
        auditor = client.get(f"{address}?audience=auditor", accept_language="zh").json
        assert "2026年3月4日" in auditor["headline"]
        assert auditor["because"] == ["每欧元十分：1,000 积分，金额欧元 100.00。"]
        assert len(auditor["record"]) == 4
        assert not any("points" in words for words in [auditor["headline"], *auditor["lots"], *auditor["record"]])
        assert client.get(address.replace(entry["id"], "ent_999999999999")).status == 404

    def test_what_is_owed_moves_with_every_entry(self, world: World, client: Client) -> None:
        world.tell(amount=10_000)
        world.give(50)
        client.post(f"/v1/members/{world.member_id}/redemptions", {"points": 300, "reward": "x"})
        assert world.is_right()
        owed = client.get(f"/v1/programmes/{world.programme.id}/liability?as_of=2026-12-31").json
        assert owed["total"] == {
            "issued": 1_000, "confirmed": 1_000, "redeemed": 300, "expired": 0, "reversed": 0, "adjusted": 50,
            "outstanding": 750,
        }  # fmt: skip
        assert {one["of"]: one["figures"]["outstanding"] for one in owed["by_property"]} == {
            "chain": 0, world.house.id: 750,
        }  # fmt: skip
        assert [one["of"] for one in owed["by_vintage"]] == ["2026-03"]
        assert client.post(f"/v1/programmes/{world.programme.id}/checks").status == 202
        work_off_queues()
        (check,) = client.get(f"/v1/programmes/{world.programme.id}/checks").json["data"]
        assert (check["members"], check["entries"], check["points"], check["differing"]) == (1, 3, 750, 0)
        before = client.get(f"/v1/programmes/{world.programme.id}/liability?as_of=2026-03-03").json
        assert before["total"]["outstanding"] == 0
