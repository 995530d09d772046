"""Chains, brands and properties over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.directory import service as directory
from chalicelib.directory.service import listing
from chalicelib.kernel.clock import ClockRecord
from tests.builders import make_brand, make_chain, make_key, make_property
from tests.directory.conftest import Caller, World

NEW_CHAIN = {"name": "Nova", "mode": "test", "country": "PT", "clock_starts_at": "2017-07-31T00:00:00Z"}
NEW_PROPERTY = {"name": "Nova Casa", "time_zone": "Europe/Lisbon", "country": "PT", "currency": "EUR"}


class TestChains:
    def test_anonymous_and_keys_are_not_operators(self, world: World) -> None:
        for caller in (world.anonymous, world.stranger, world.admin):
            assert caller("POST", "/v1/chains", NEW_CHAIN).status == 401
            assert caller("GET", "/v1/chains").status == 401
            assert caller("GET", f"/v1/chains/{world.chain.id}").status == 401
            assert caller("PATCH", f"/v1/chains/{world.chain.id}", {"name": "x"}, match=1).status == 401

    def test_every_error_at_once(self, operator: Caller) -> None:
        answer = operator("POST", "/v1/chains", {
            "name": " ", "mode": "live", "country": "XX", "time_zone": "Mars/Base", "languages": ["english!"],
            "default_language": "fr", "greeting_hour": 24, "clock_starts_at": "2017-07-31T00:00:00Z",
            "sender_address": "nobody", "sms_sender": "far too long for it", "leap_rule": "never", "colour": "red",
        })  # fmt: skip
        assert answer.status == 422 and answer.headers["Content-Type"] == "application/problem+json"
        assert answer.pointers == {
            "/name", "/country", "/time_zone", "/languages",
            "/greeting_hour", "/clock_starts_at", "/sender_address", "/sms_sender", "/leap_rule", "/colour",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("clock_starts_at", "2017-02-30T00:00:00Z"),
            ("clock_starts_at", "2017-02-20T00:00:00"),
            ("clock_starts_at", "20226-02-20T00:00:00Z"),
            ("clock_starts_at", 17),
            ("default_language", "fr"),
            ("languages", []),
            ("mode", "demo"),
            ("name", "a\x00b"),
        ],
    )
    def test_one_wrong_field(self, operator: Caller, field: str, value: Any) -> None:
        answer = operator("POST", "/v1/chains", {**NEW_CHAIN, field: value})
        assert answer.status == 422 and {pointer.split("/")[1] for pointer in answer.pointers} == {field}

    def test_a_test_chain_stands_at_its_instant(self, operator: Caller) -> None:
        answer = operator("POST", "/v1/chains", NEW_CHAIN)
        assert answer.status == 201 and answer.headers["ETag"] == '"v1"'
        chain_id = answer.body["id"]
        assert answer.headers["Location"] == f"/v1/chains/{chain_id}"
        assert answer.body["activated_at"] == answer.body["created_at"] == "2017-07-31T00:00:00Z"
        assert answer.body["sender_name"] == "Nova" and answer.body["languages"] == ["en", "zh"]
        clock = ClockRecord.find(chain_id)
        assert clock is not None and clock.now_at == "2017-07-31T00:00:00.000000Z"

    def test_a_live_chain_has_no_clock(self, operator: Caller) -> None:
        answer = operator("POST", "/v1/chains", {"name": "Real", "mode": "live", "country": "PRT"})
        assert answer.status == 201 and answer.body["country"] == "PT"
        assert ClockRecord.find(answer.body["id"]) is None

    def test_list_read_patch(self, world: World, operator: Caller) -> None:
        ids = [operator("POST", "/v1/chains", NEW_CHAIN).body["id"] for _ in range(2)]
        live = operator("POST", "/v1/chains", {"name": "Real", "mode": "live", "country": "PT"}).body["id"]
        seen, path = [], "/v1/chains?limit=2&mode=test"
        while True:
            page = operator("GET", path).body
            assert len(page["data"]) <= 2
            seen += [one["id"] for one in page["data"]]
            if not page["has_more"]:
                break
            path = f"/v1/chains?limit=2&mode=test&cursor={page['next']}"
        assert set(ids) <= set(seen) and live not in seen and len(seen) == len(set(seen)) == 4
        changed = operator("PATCH", f"/v1/chains/{live}", {"greeting_hour": 9, "sms_sender": "REAL"}, match=1)
        assert (changed.status, changed.headers["ETag"], changed.body["greeting_hour"]) == (200, '"v2"', 9)
        assert operator("GET", f"/v1/chains/{live}").body == changed.body

    def test_patch_refusals(self, world: World, operator: Caller) -> None:
        path = f"/v1/chains/{world.chain.id}"
        assert operator("PATCH", path, {"name": "x"}).status == 428
        assert operator("PATCH", path, {"name": "x"}, match=7).status == 412
        assert operator("PATCH", path, {"mode": "live"}, match=1).pointers == {"/mode"}
        assert operator("PATCH", path, {"name": None}, match=1).pointers == {"/name"}
        assert operator("PATCH", path, {"languages": ["zh"]}, match=1).pointers == {"/default_language"}
        assert operator("GET", path).body["version"] == 1

    def test_unknown_chains(self, operator: Caller) -> None:
        for path in ("/v1/chains/chn_0000000000000000000000zzzz", "/v1/chains/nothing", "/v1/chains/" + "x" * 3000):
            assert operator("GET", path).status == 404
            assert operator("PATCH", path, {"name": "x"}, match=1).status == 404

    def test_an_idempotency_key_makes_one_chain(self, operator: Caller) -> None:
        first = operator("POST", "/v1/chains", NEW_CHAIN, Idempotency_Key="chain-1")
        again = operator("POST", "/v1/chains", NEW_CHAIN, Idempotency_Key="chain-1")
        assert first.status == again.status == 201 and first.body == again.body
        assert again.headers["Idempotency-Hit"] == "true"
        assert operator("POST", "/v1/chains", {**NEW_CHAIN, "name": "b"}, Idempotency_Key="chain-1").status == 422


class TestBrands:
    def test_anonymous_stranger_forbidden(self, world: World) -> None:
        brand = make_brand(world.hq)
        path = f"/v1/brands/{brand.id}"
        assert world.anonymous("GET", path).status == 401
        assert world.stranger("GET", path).status == 404
        assert world.stranger("PATCH", path, {"name": "Mine"}, match=1).status == 404
        assert world.stranger("GET", "/v1/brands").body["data"] == []
        assert world.nobody("GET", path).status == 403
        assert world.reader("POST", "/v1/brands", {"name": "x"}).status == 403
        assert world.at_house("POST", "/v1/brands", {"name": "x"}).status == 403

    def test_a_house_sees_its_own_brand_and_changes_none(self, world: World) -> None:
        mine, other = make_brand(world.hq, "Mine"), make_brand(world.hq, "Other")
        path = f"/v1/properties/{world.house.id}"
        assert world.admin("PATCH", path, {"brand_id": mine.id}, match=1).status == 200
        assert [one["id"] for one in world.at_house("GET", "/v1/brands").body["data"]] == [mine.id]
        assert world.at_house("GET", f"/v1/brands/{other.id}").status == 404
        assert world.at_house("PATCH", f"/v1/brands/{mine.id}", {"name": "x"}, match=1).status == 403

    def test_works(self, world: World) -> None:
        made = world.admin("POST", "/v1/brands", {"name": "  Nova  "})
        assert made.status == 201 and made.body["name"] == "Nova"
        path = made.headers["Location"]
        changed = world.admin("PATCH", path, {"name": "Nova 新"}, match=1)
        assert changed.body["name"] == "Nova 新" and changed.body["version"] == 2
        assert world.admin("PATCH", path, {"name": "Nova 新"}, match=2).body["version"] == 2
        assert world.admin("PATCH", path, {"name": "late"}, match=1).status == 412

    def test_changed_since(self, world: World) -> None:
        make_brand(world.hq)
        assert len(world.admin("GET", "/v1/brands?updated_since=2026-03-04T08:00:00Z").body["data"]) == 1
        assert world.admin("GET", "/v1/brands?updated_since=2026-03-04T08:00:01Z").body["data"] == []
        assert world.admin("GET", "/v1/brands?updated_since=yesterday").pointers == {"?updated_since"}


class TestProperties:
    def test_anonymous_stranger_forbidden(self, world: World) -> None:
        path = f"/v1/properties/{world.house.id}"
        assert world.anonymous("GET", path).status == 401
        assert world.anonymous("POST", "/v1/properties", NEW_PROPERTY).status == 401
        assert world.stranger("GET", path).status == 404
        assert world.stranger("PATCH", path, {"name": "Mine"}, match=1).status == 404
        assert world.nobody("GET", path).status == 403
        assert world.reader("PATCH", path, {"name": "x"}, match=1).status == 403
        assert directory.get_property(world.hq, world.house.id).name == "Harbour House"

    def test_a_house_sees_and_changes_itself_only(self, world: World) -> None:
        assert [one["id"] for one in world.at_house("GET", "/v1/properties").body["data"]] == [world.house.id]
        assert world.at_house("GET", f"/v1/properties/{world.sister.id}").status == 404
        assert world.at_house("PATCH", f"/v1/properties/{world.sister.id}", {"name": "x"}, match=1).status == 404
        assert world.at_house("POST", "/v1/properties", NEW_PROPERTY).status == 403
        assert world.at_house("PATCH", f"/v1/properties/{world.house.id}", {"name": "x"}, match=1).status == 200

    def test_every_error_at_once(self, world: World) -> None:
        answer = world.admin("POST", "/v1/properties", {
            "name": "", "time_zone": "localtime", "country": "Portugal", "currency": "XXX", "languages": ["english!"],
            "business_day_close": "13:00", "quiet_start": "24:00", "quiet_end": "9:00", "phone": "12", "email": "a@b",
            "names": {"en": "x" * 201, "fr": "Maison"}, "address": 5, "stars": 4,
        })  # fmt: skip
        assert answer.status == 422
        assert {pointer.split("/")[1] for pointer in answer.pointers} == {
            "name", "time_zone", "country", "currency", "languages", "business_day_close", "quiet_start", "quiet_end",
            "phone", "email", "names", "address", "stars",
        }  # fmt: skip

    def test_foreign_and_unknown_brands(self, world: World) -> None:
        _, rival = make_chain()
        for brand_id in (make_brand(rival).id, "brd_0000000000000000000000zzzz", "x"):
            answer = world.admin("POST", "/v1/properties", {**NEW_PROPERTY, "brand_id": brand_id})
            assert answer.status == 422 and answer.pointers == {"/brand_id"}

    def test_works(self, world: World) -> None:
        body = {**NEW_PROPERTY, "names": {"zh": "新家"}, "currency": "eur", "phone": "+351 21 000 0000",
                "languages": ["pt-pt", "EN", "en"], "address": "Rua 1\r\nLisboa"}  # fmt: skip
        made = world.admin("POST", "/v1/properties", body)
        assert made.status == 201
        assert made.body["names"] == {"en": None, "zh": "新家"} and made.body["currency"] == "EUR"
        assert made.body["phone"] == "+351210000000" and made.body["languages"] == ["pt-PT", "en"]
        assert made.body["business_day_close"] == "03:00" and made.body["quiet_start"] == "21:00"
        assert made.body["address"] == "Rua 1\nLisboa"
        path = made.headers["Location"]
        changed = world.admin("PATCH", path, {"phone": None, "quiet_end": "08:00", "names": {"en": "New"}}, match=1)
        assert changed.body["phone"] is None and changed.body["names"] == {"en": "New", "zh": None}
        assert world.admin("GET", path).body == changed.body and changed.body["version"] == 2

    def test_writes_are_seen_at_once_by_those_who_remember(self, world: World) -> None:
        assert directory.property_of(world.hq, world.house.id).name == "Harbour House"
        assert len(directory.properties(world.hq)) == 2
        world.admin("PATCH", f"/v1/properties/{world.house.id}", {"name": "Aaa"}, match=1)
        make_property(world.hq, "Zzz")
        assert directory.property_of(world.hq, world.house.id).name == "Aaa"
        assert [one.name for one in directory.properties(world.hq)] == ["Aaa", "Sister House", "Zzz"]

    def test_filters_and_pages(self, world: World) -> None:
        brand = make_brand(world.hq)
        for number in range(5):
            make_property(world.hq, f"House {number}", brand_id=brand.id if number % 2 else None, country="FR")
        in_france = world.admin("GET", "/v1/properties?country=FRA&limit=100").body
        assert len(in_france["data"]) == 5 and not in_france["has_more"]
        of_brand = world.admin("GET", f"/v1/properties?brand_id={brand.id}&country=FR").body["data"]
        assert [one["name"] for one in of_brand] == ["House 1", "House 3"]
        first = world.admin("GET", "/v1/properties?limit=6").body
        second = world.admin("GET", f"/v1/properties?limit=6&cursor={first['next']}").body
        assert len(first["data"]) == 6 and len(second["data"]) == 1 and not second["has_more"]

    def test_cursors_belong_to_one_list_filter_and_chain(self, world: World) -> None:
        token = world.admin("GET", "/v1/properties?limit=1").body["next"]
        assert world.admin("GET", f"/v1/properties?limit=1&cursor={token}").status == 200
        assert world.admin("GET", f"/v1/properties?limit=1&country=PT&cursor={token}").status == 400
        assert world.admin("GET", f"/v1/brands?cursor={token}").status == 400
        assert world.stranger("GET", f"/v1/properties?cursor={token}").status == 400
        assert world.admin("GET", "/v1/properties?cursor=cur_forged").status == 400

    def test_a_limited_list_walks_past_what_it_must_not_see(self, world: World) -> None:
        for number in range(4):
            make_property(world.hq, f"Hidden {number}")
        mine = make_property(world.hq, "Last")
        caller = world.caller(make_key(world.hq, property_ids=[mine.id]))
        page = caller("GET", "/v1/properties?limit=1").body
        assert [one["id"] for one in page["data"]] == [mine.id] and not page["has_more"]


    def test_a_sparse_list_answers_short_pages_within_its_bound(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listing, "ROWS_PER_READ", 2)
        monkeypatch.setattr(listing, "ROWS_LOOKED_AT_MAX", 4)
        for number in range(9):
            make_property(world.hq, f"House {number}", country="FR" if number == 8 else "PT")
        found, path, requests = [], "/v1/properties?country=FR&limit=1", 0
        while path:
            page = world.admin("GET", path).body
            found += [one["name"] for one in page["data"]]
            requests += 1
            path = f"/v1/properties?country=FR&limit=1&cursor={page['next']}" if page["has_more"] else ""
        assert found == ["House 8"] and requests > 1

    def test_a_house_does_not_change_its_brand(self, world: World) -> None:
        path, brand = f"/v1/properties/{world.house.id}", make_brand(world.hq)
        assert world.at_house("PATCH", path, {"brand_id": brand.id}, match=1).status == 403
        assert world.admin("PATCH", path, {"brand_id": brand.id}, match=1).body["brand_id"] == brand.id


@given(body=st.dictionaries(
    st.sampled_from(["name", "time_zone", "country", "currency", "languages", "quiet_start", "names", "brand_id", "x"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
))  # fmt: skip
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_body_breaks_the_product(world: World, body: dict[str, Any]) -> None:
    answer = world.admin("POST", "/v1/properties", body)
    assert answer.status in (400, 422), answer.body
    assert answer.body["status"] == answer.status
