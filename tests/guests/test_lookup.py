"""A guest at the desk: found by anything they say or show, in two round trips, and strangers only a little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.guests.models import Guest
from chalicelib.guests.rules import lookups as limits
from chalicelib.guests.rules.lookups import TooManyFinds
from chalicelib.guests.service import lookup
from chalicelib.guests.service.lookup import Lookup, look_up
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Invalid
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.rules.earning import Rule
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.loyalty.service import lookups as members_found
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from chalicelib.stays.service import lookups as rooms_found
from tests.guests.conftest import World

assert members_found and rooms_found  # they register what they find guests by

PHONE, MAIL = "+351912345678", "Ana.Silva@guests.example"


def ways(found: Lookup) -> dict[str, tuple[str, ...]]:
    """How each own guest was found, by id."""
    return {one.guest.id: one.matched for one in found.own}


class TestNames:
    @pytest.mark.parametrize(
        "query, way",
        [
            ("wxm", "initials"), ("WXM", "initials"), ("wx", "initials"),
            ("王小明", "name"), ("王小", "name"), ("小明", "name"), ("王", "name"), ("王 小明", "name"),
            ("wangxiaoming", "name"), ("wang xiaoming", "pinyin"), ("xiaoming wang", "pinyin"), ("Wang Xiao", "pinyin"),
            ("王晓明", "pinyin"),
        ],
    )  # fmt: skip
    def test_a_chinese_name(self, world: World, query: str, way: str) -> None:
        wang = world.create(given_name="小明", family_name="王")
        world.create(given_name="伟", family_name="张")
        assert ways(look_up(world.desk(world.house), query)) == {wang.id: (way,)}

    def test_the_one_who_writes_it_in_latin_letters(self, world: World) -> None:
        wang = world.create(given_name="Xiaoming", family_name="Wang")
        for query in ("王小明", "wangxiaoming", "wang xiao", "xiaoming wang", "WANG"):
            assert ways(look_up(world.hq, query)).keys() == {wang.id}, query

    @pytest.mark.parametrize(
        "family_name, given_name, queries",
        [
            ("单", "雄信", ["sxx", "shanxiongxin", "单雄"]),
            ("仇", "英", ["qy", "qiuying"]),
            ("解", "晓东", ["xxd", "xie xiaodong"]),
            ("歐陽", "娜娜", ["oynn", "ouyang nana", "欧阳", "nana"]),
            ("尉迟", "恭", ["ycg", "yuchi gong"]),
            ("吕", "布", ["lb", "lü bu", "lvbu"]),
        ],
    )
    def test_surnames_are_read_as_surnames(
        self, world: World, family_name: str, given_name: str, queries: list[str]
    ) -> None:
        guest = world.create(given_name=given_name, family_name=family_name)
        for query in queries:
            assert ways(look_up(world.hq, query)).keys() == {guest.id}, query

    def test_other_names_in_any_order(self, world: World) -> None:
        ana = world.create(given_name="Ana Maria", family_name="da Silva")
        for query in ("ana", "da silva ana", "ANA MARIA DA", "sil"):
            assert (ways(look_up(world.hq, query)).keys() == {ana.id}) is (query != "sil"), query

    def test_names_search_only_ones_own_guests(self, world: World) -> None:
        world.create(given_name="小明", family_name="王", home_property_id=world.sister.id)
        for query in ("wxm", "王小明", "wang xiaoming"):
            assert look_up(world.desk(world.house), query) == Lookup([], [])

    def test_what_means_nothing_is_refused(self, world: World) -> None:
        for query in ("", "...", "\u200b", "a@b@c"):
            with pytest.raises(Invalid):
                look_up(world.hq, query)


class TestNumbers:
    @pytest.mark.parametrize("query", [PHONE, "912345678", "912 345 678", "351912345678", "00351912345678"])
    def test_a_phone_as_it_is_said(self, world: World, query: str) -> None:
        ana = world.create(phones=[PHONE])
        assert ways(look_up(world.desk(world.house), query)) == {ana.id: ("phone",)}

    def test_an_address_in_any_case(self, world: World) -> None:
        ana = world.create(emails=[MAIL])
        assert ways(look_up(world.hq, "ana.SILVA@Guests.example")) == {ana.id: ("email",)}

    def test_a_number_of_any_system(self, world: World) -> None:
        ana, _ = world.put("G-1042")
        assert ways(look_up(world.desk(world.house), "G-1042")) == {ana.id: ("external_id",)}
        assert look_up(world.desk(world.sister), "G-1042") == Lookup([], [])

    def test_a_room_and_a_card(self, world: World) -> None:
        ana = world.create(given_name="Ana", phones=[PHONE])
        day = world.hq.now.date().isoformat()
        body = {"property_id": world.house.id, "guest_id": ana.id, "status": "in_house", "arrival": day,
                "departure": "2026-12-31", "room_number": "402"}  # fmt: skip
        stays.record(world.hq, StayIn.model_validate(body))
        found = look_up(world.desk(world.house), "402")
        assert [(one.guest.id, one.matched, one.room_number) for one in found.own] == [(ana.id, ("room",), "402")]
        assert look_up(world.desk(world.sister), "402") == Lookup([], [])
        first = Version(1, world.hq.now.date(), (Rule("stay", "spend", points=1, per=100),))
        programme = loyalty.create(world.hq, name="Points", names={}, currency="EUR", first=first)
        member = loyalty.enrol(world.hq, programme_id=str(programme.id), guest_id=ana.id, consent_source="front_desk")
        spaced = f"{member.number[:5]} {member.number[5:]}"
        assert ways(look_up(world.desk(world.house), spaced)) == {ana.id: ("membership",)}
        (stranger,) = look_up(world.desk(world.sister), str(member.number)).strangers
        assert (stranger.guest.id, stranger.matched) == (ana.id, ("membership",))

    def test_who_was_merged_is_the_survivor(self, world: World) -> None:
        ana, gone = world.create(given_name="Ana"), world.create(given_name="Anna", phones=[PHONE])
        record = Guest.one(world.hq, gone.id)
        assert record is not None
        record.merged_into = ana.id
        record.save()
        assert ways(look_up(world.hq, PHONE)) == {ana.id: ("phone",)}


class TestBeyondTheWall:
    def test_a_stranger_is_little_more_than_a_name(self, world: World) -> None:
        ana = world.create(phones=[PHONE], is_do_not_greet=True)
        found = look_up(world.desk(world.sister), PHONE)
        assert (found.own, [one.guest.id for one in found.strangers]) == ([], [ana.id])
        (entry, *_) = audit_page(world.hq, ana.id, limit=5).items
        assert (entry.action, entry.detail, entry.actor_kind) == ("guest.found_elsewhere", {"matched": "phone"}, "key")

    def test_a_phone_of_many_tells_nobody(self, world: World) -> None:
        for name in ("Ana", "Rui", "Eva", "Ivo"):
            world.create(given_name=name, phones=[PHONE])
        assert look_up(world.desk(world.sister), PHONE) == Lookup([], [])
        assert len(look_up(world.desk(world.house), PHONE).own) == 4

    def test_so_many_an_hour(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "BEYOND_PER_HOUR_MAX", 2)
        moment = [datetime(2026, 3, 4, 8, 15, tzinfo=UTC)]
        monkeypatch.setattr(lookup, "real_now", lambda: moment[0])
        ana = world.create(phones=[PHONE])
        desk = world.desk(world.sister)
        for _ in range(2):
            assert look_up(desk, PHONE).strangers
        with pytest.raises(TooManyFinds) as refused:
            look_up(desk, PHONE)
        assert refused.value.retry_after_s == 45 * 60
        assert len(audit_page(world.hq, ana.id, limit=9).items) == 3  # created, and twice looked at
        own = world.create(home_property_id=world.sister.id, phones=[PHONE])
        found = look_up(desk, PHONE)
        assert ([one.guest.id for one in found.own], found.strangers, found.is_withheld) == ([own.id], [], True)
        moment[0] = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
        assert look_up(desk, PHONE).strangers


class TestCost:
    def depth(self, calls: Any) -> int:
        """Round trips one after the other: all queries are one, for they are asked together."""
        return len([name for name in calls.names if name != "Query"]) + ("Query" in calls.names)

    def test_two_round_trips(self, world: World, counted: Callable[[], Any]) -> None:
        world.create(given_name="小明", family_name="王", phones=[PHONE], emails=[MAIL])
        desk = world.desk(world.house)
        look_up(desk, "warm")  # the house is remembered for some seconds
        for query in ("wxm", "王小明", "wang xiaoming", PHONE, MAIL, "912345678"):
            with counted() as calls:
                assert look_up(desk, query).own, query
            assert self.depth(calls) == 2, (query, calls.names)

    def test_queries_are_asked_at_the_same_time(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        together, asked = lookup.together, []
        monkeypatch.setattr(lookup, "together", lambda reads: asked.append(len(reads)) or together(reads))
        world.create(given_name="小明", family_name="王")
        look_up(world.desk(world.house, world.sister), "wxm")
        assert asked[0] == 2 * 3  # in each house by family name, by given name, by initials

    def test_it_costs_the_same_among_many(
        self, world: World, counted: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By construction: each place is read up to a limit, and the records that are fetched have one, too."""
        monkeypatch.setattr(limits, "ROWS_PER_INDEX", 3)
        monkeypatch.setattr(limits, "FETCHED_MAX", 4)
        costs = []
        for size in (4, 12):
            for number in range(size):
                world.create(given_name="小明", family_name="王", phones=[f"+3519123{size:02}{number:03}"])
            with counted() as calls:
                found = look_up(world.desk(world.house), "王小明")
            fetched = [len(one["Keys"]) for call in calls.requests for one in call.get("RequestItems", {}).values()]
            limits_asked = sorted(call["Limit"] for call in calls.requests if "Limit" in call)
            costs.append((sorted(calls.names), limits_asked, fetched, len(found.own)))
        assert costs[0] == costs[1]
        assert max(costs[0][1]) == 3 and costs[0][2] == [3]

    def test_who_writes_no_chinese_pays_nothing_for_initials(self, world: World) -> None:
        plain, wang = world.create(), world.create(given_name="小明", family_name="王")
        rows = {guest.id: Guest.one(world.hq, guest.id) for guest in (plain, wang)}
        kept = {one: (row.initials_key, row.initials_bucket is None) for one, row in rows.items() if row is not None}
        assert kept == {plain.id: (None, True), wang.id: ("wxm", False)}
