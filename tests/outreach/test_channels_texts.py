"""Texts: parts as networks cut them, prices, the longest that is sent, and what goes to +86."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.outreach.rules import texts
from chalicelib.outreach.rules.texts import Cost, cost_of, segments, text_parts
from tests.client import Client
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.world import GRANTED, World

assert doors  # the fixture
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
BY_TEXT = {**GRANTED, "channel": "sms"}
PATH = "/v1/channel-settings"
WORDING = {
    "occasion": "birthday", "language": "zh", "template_id": "SMS_7", "text": "{name}，您好！祝您生日快乐。回复TD退订",
}  # fmt: skip


class TestParts:
    @pytest.mark.parametrize(
        ("text", "lengths"),
        [
            ("a" * 160, [160]),
            ("a" * 161, [153, 8]),
            ("a" * 306, [153, 153]),
            ("a" * 307, [153, 153, 1]),
            ("€" * 80, [80]),  # two places each
            ("€" * 81, [76, 5]),  # 152 places: half of the 77th would not fit
            ("a" * 152 + "€" + "a" * 10, [152, 11]),  # the escape is not cut from its character
            ("生" * 70, [70]),
            ("生" * 71, [67, 4]),
            ("a" * 69 + "生", [70]),
            ("😀" * 35, [35]),
            ("😀" * 36, [33, 3]),  # 66 units: half a character is none
            ("生" * 66 + "😀" + "生" * 5, [66, 6]),
        ],
    )
    def test_cut_where_a_network_cuts(self, text: str, lengths: list[int]) -> None:
        assert [len(one) for one in segments(text)] == lengths

    @given(st.text(alphabet="aé€[~生😀\n", max_size=400))
    def test_nothing_is_lost_and_no_part_is_too_long(self, text: str) -> None:
        found, wide = segments(text), texts.is_wide(text)
        assert "".join(found) == text
        sizes = [
            len(one.encode("utf-16-be")) // 2 if wide else sum(2 if char in "€[~" else 1 for char in one)
            for one in found
        ]
        alone, each = (70, 67) if wide else (160, 153)
        assert max(sizes) <= (alone if len(found) == 1 else each)
        # And none is begun before the one before is full, to within the widest character.
        assert all(size >= each - 1 for size in sizes[:-1])
        assert text_parts(text) == len(found)

    def test_price_of_the_longest_code(self) -> None:
        prices = {"+1": 7_000, "+1787": 30_000}
        assert cost_of("+17875550100", 2, prices, "USD") == Cost(60_000, "USD")
        assert cost_of("+12125550100", 3, prices, "USD") == Cost(21_000, "USD")
        assert cost_of("+351912345678", 1, prices, "USD") is None
        assert cost_of("+12125550100", 1, prices, None) is None

    @pytest.mark.parametrize("text", ["x STOP", "回复TD退订", "reply td", "退订回T", "To unsubscribe …"])
    def test_what_tells_how_to_stop(self, text: str) -> None:
        assert texts.tells_how_to_stop(text)
        assert texts.with_hint(text, "marketing", "en") == text

    def test_what_does_not(self) -> None:
        assert texts.with_hint("Non-stopover", "greeting", "en") == "Non-stopover Reply STOP to opt out."
        assert texts.with_hint("您好。", "marketing", "zh") == "您好。回复TD退订"
        assert texts.with_hint("Your room is ready.", "service", "en") == "Your room is ready."


class TestSent:
    def test_parts_and_price_are_kept_with_the_delivery(self, world: World, doors: Doors) -> None:
        doors.hq.put(PATH, {"text": {"currency": "EUR", "prices": {"+351": 39_000}}})
        world.guest(emails=[], phones=["+351912345678"], consents=[BY_TEXT])
        world.guest(emails=[], phones=["+447700900123"], consents=[BY_TEXT], language="zh")
        world.advance(TEN)
        found = {one["address"]: one for one in doors.hq.get("/v1/deliveries").json["data"]}
        by_code = {entry["recipient"]: entry["raw"] for entry in world.outbox}
        portuguese = next(one for one in found.values() if one["cost"])
        other = next(one for one in found.values() if not one["cost"])
        assert portuguese["parts"] == text_parts(by_code["+351912345678"]) == 1
        assert portuguese["cost"] == {"micros": 39_000, "currency": "EUR"}
        assert other["cost"] is None  # unknown, which is not 0
        assert not by_code["+351912345678"].endswith("\n")

    def test_a_longer_one_than_the_chain_allows_is_refused_before_the_claim(self, world: World, doors: Doors) -> None:
        doors.hq.put(PATH, {"text": {"parts_max": 1}})
        guest = world.guest(emails=[], phones=["+351912345678"], consents=[BY_TEXT], given_name="Ana" * 20)
        world.change(guest, family_name="Rodrigues" * 8)
        world.advance(TEN)
        delivery = world.only()
        assert (delivery.status, delivery.reason, world.outbox) == ("skipped", "text_too_long", [])
        shown = doors.hq.get(f"/v1/deliveries/{delivery.id}").json
        assert shown["remedy"] and shown["parts"] is None

    def test_the_next_channel_takes_what_is_too_long_for_a_text(self, world: World, doors: Doors) -> None:
        doors.hq.put(PATH, {"text": {"parts_max": 1}, "allowed": {"greeting": ["sms", "email"]}})
        world.guest(phones=["+351912345678"], consents=[BY_TEXT, GRANTED], family_name="Rodrigues" * 10)
        world.advance(TEN)
        assert (world.only().channel, world.only().chosen) == ("email", "only sms=text_too_long")


class TestChina:
    def guest(self, world: World, **fields: Any) -> None:
        world.guest(**{"emails": [], "phones": ["+8613800138000"], "consents": [BY_TEXT], "language": "zh", **fields})

    @pytest.mark.parametrize(
        "text",
        [
            {},
            {"signature": "海港酒店"},
            {"wordings": [WORDING]},
            {"signature": "海港酒店", "wordings": [{**WORDING, "language": "en"}]},
            {"signature": "海港酒店", "wordings": [{**WORDING, "occasion": "festival"}]},
        ],
    )
    def test_without_all_of_it_nothing_is_texted(self, world: World, doors: Doors, text: dict[str, Any]) -> None:
        assert doors.hq.put(PATH, {"text": text}).status == 200
        self.guest(world)
        world.advance(TEN)
        assert (world.only().reason, world.outbox) == ("text_unregistered", [])

    def test_the_registered_words_and_no_others(self, world: World, doors: Doors) -> None:
        doors.hq.put(PATH, {"text": {"signature": "海港", "wordings": [WORDING]}})
        self.guest(world, given_name="小明", family_name="王")
        world.advance(TEN)
        entry = world.outbox[0]
        assert entry["raw"] == "【海港】王小明，您好！祝您生日快乐。回复TD退订"
        assert entry["headers"]["template"] == "SMS_7"
        # A name is a variable: it brings neither a line nor a variable of its own.
        assert texts.filled("{name}，{name}", {"name": "{house}\nx"}) == "{house} x，{house} x"

    def test_a_propertys_own_signature_comes_first(self, world: World, doors: Doors) -> None:
        own = [{"property_id": world.house.id, "signature": "海港里斯本"}]
        doors.hq.put(PATH, {"text": {"signature": "海港", "signatures": own, "wordings": [WORDING]}})
        self.guest(world)
        world.advance(TEN)
        assert world.outbox[0]["raw"].startswith("【海港里斯本】")

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ({"wordings": [{**WORDING, "text": "{name}，祝您生日快乐。"}]}, "/text/wordings"),
            ({"wordings": [{**WORDING, "text": "{password}回复TD退订"}]}, "/text/wordings/0/text"),
            ({"wordings": [{**WORDING, "text": "{name.x}回复TD退订"}]}, "/text/wordings/0/text"),
            ({"wordings": [{**WORDING, "template_id": ""}]}, "/text/wordings/0/template_id"),
            ({"signature": "【海港】"}, "/text/signature"),
            ({"prices": {"+351": 1}}, "/text/currency"),
            ({"currency": "EUR", "prices": {"351": 1}}, "/text/prices/351/[key]"),
            ({"currency": "EUR", "prices": {"+351": -1}}, "/text/prices/+351"),
            ({"parts_max": 0}, "/text/parts_max"),
            ({"signatures": [{"property_id": "prp_0", "signature": "海港"}]}, "/text/signatures"),
        ],
    )
    def test_what_cannot_be(self, doors: Doors, text: dict[str, Any], where: str) -> None:
        assert where in pointers(doors.hq.put(PATH, {"text": text}))
        assert doors.hq.get(PATH).json["version"] == 0


def test_who_may_publish_and_what_is_kept(doors: Doors) -> None:
    body = {"text": {"parts_max": 2}}
    refused = {who: getattr(doors, who).put(PATH, body).status for who in ("anonymous", "poor", "sister", "desk")}
    assert refused == {"anonymous": 401, "poor": 403, "sister": 403, "desk": 403}
    hq: Client = doors.hq
    assert hq.put(PATH, body).json["version"] == 1
    assert hq.put(PATH, body).json["version"] == 1  # it said nothing new
    assert hq.put(PATH, {"allowed": {"marketing": ["email"]}}).json["allowed"]["marketing"] == ["email"]
    found = hq.get(f"{PATH}/versions?limit=2").json
    assert [one["version"] for one in found["data"]] == [2, 1]
    following = hq.get(f"{PATH}/versions?limit=2&cursor={found['next']}").json
    assert [(one["version"], one["text"]["parts_max"]) for one in following["data"]] == [(0, 5)]
    assert doors.stranger.get(PATH).json["version"] == 0
    assert pointers(hq.put(PATH, {"allowed": {"marketing": ["email", "gift"]}})) == ["/allowed/marketing"]
    assert pointers(hq.put(PATH, {"allowed": {"greeting": ["email", "email"]}})) == ["/allowed/greeting"]
