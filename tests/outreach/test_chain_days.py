"""A chain's own days: when they are kept, by whom, once a year whatever becomes of them, and what a look ahead says."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import service
from chalicelib.outreach.rules import festivals
from chalicelib.outreach.rules.chain_days import ACTIVE_DAYS_MAX, DAYS_MAX, ChainDay
from chalicelib.outreach.service import celebrating, declaring
from infra.local.inprocess import Engine
from tests.builders import make_property
from tests.outreach.test_policies import OFFER, on, sent
from tests.outreach.test_special_days import tell
from tests.outreach.world import World, make_world

THEN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {"en": "Founding Day", "zh": "集团创立日"}


def a_day(**fields: Any) -> festivals.Festival:
    told: dict[str, Any] = {"names": NAMES, "calendar": "gregorian", "month": 9, "day": 12, **fields}
    return ChainDay(id="chd_1", said_at=THEN, created_at=THEN, updated_at=THEN, made_by="x", **told).festival


def days(festival: festivals.Festival, first: int, last: int, rule: Any = "feb28") -> list[str]:
    return [str(one) for one in festival.yearly(rule).between(date(first, 1, 1), date(last, 12, 31))]


class TestWhen:
    def test_every_year_by_the_gregorian_calendar(self) -> None:
        assert days(a_day(), 2026, 2027) == ["2026-09-12", "2027-09-12"]

    @pytest.mark.parametrize(
        ("rule", "found"),
        [
            ("feb28", ["2027-02-28", "2028-02-29"]),
            ("mar1", ["2027-03-01", "2028-02-29"]),
            ("leap_only", ["2028-02-29"]),
        ],
    )
    def test_on_29_february_by_the_chains_rule(self, rule: str, found: list[str]) -> None:
        assert days(a_day(month=2, day=29), 2027, 2028, rule) == found

    def test_by_the_lunar_calendar(self) -> None:
        assert days(a_day(calendar="lunar", month=7, day=7), 2025, 2027) == ["2025-08-29", "2026-08-19", "2027-08-08"]
        # The thirtieth of the twelfth month is kept on the twenty-ninth where that is the last.
        end_of_year = a_day(calendar="lunar", month=12, day=30)
        assert days(end_of_year, 2024, 2027) == ["2024-02-09", "2025-01-28", "2026-02-16", "2027-02-05"]
        leap = a_day(calendar="lunar", month=6, day=6)  # 2025 has a second sixth month, which is not kept
        assert days(leap, 2025, 2025) == ["2025-06-30"]

    def test_once(self) -> None:
        assert days(a_day(year=2027), 2024, 2030) == ["2027-09-12"]
        assert days(a_day(month=2, day=29, year=2028), 2024, 2036, "leap_only") == ["2028-02-29"]

    def test_from_and_until(self) -> None:
        bounded = a_day(starts_on=date(2026, 9, 13), ends_on=date(2028, 9, 12))
        assert days(bounded, 2024, 2030) == ["2027-09-12", "2028-09-12"]
        kept = bounded.yearly()
        assert kept.day_in(2026) is None and kept.day_in(2029) is None and kept.day_in(2028) == date(2028, 9, 12)
        assert kept.next_after(date(2020, 1, 1)) == date(2027, 9, 12)
        with pytest.raises(OverflowError):
            kept.next_after(date(2028, 9, 12))

    def test_the_next_day_of_all(self) -> None:
        own = (a_day(), a_day(month=2, day=29), a_day(year=2026, month=6, day=18))
        found, day = [], date(2026, 2, 17)
        while day < date(2026, 12, 1):
            day = festivals.next_day(day, own)
            found.append(str(day)[5:])
        assert found == ["02-28", "06-18", "06-19", "09-12", "09-25", "12-25"]
        assert [one.name for one in festivals.on_day(date(2026, 9, 12), own)] == ["chd_1"]

    def test_whose(self) -> None:
        def keeps(festival: festivals.Festival, language: str | None, *chosen: str) -> bool:
            return festivals.kept_by(language, chosen, [festival]) == [festival]

        assert keeps(a_day(), None)
        assert keeps(a_day(language="zh"), "zh-Hant-TW") and not keeps(a_day(language="zh"), "en")
        stated = a_day(keeps="mid_autumn")
        assert keeps(stated, "en", "mid_autumn") and not keeps(stated, "zh") and festivals.asks_for_choice([stated])
        both = a_day(keeps="mid_autumn", language="zh")
        assert keeps(both, "zh", "mid_autumn") and not keeps(both, "en", "mid_autumn")
        assert not festivals.asks_for_choice([a_day(language="zh")])

    def test_its_name_in_a_language(self) -> None:
        assert [a_day().called(one) for one in ("en", "zh", "de")] == ["Founding Day", "集团创立日", "Founding Day"]

    def test_stored_and_read(self) -> None:
        told = ChainDay(
            "chd_1", NAMES, "lunar", 1, 2, THEN, THEN, THEN, "x", starts_on=date(2026, 1, 1), ended_at=THEN,
            ended_by="y", language="zh", keeps="christmas", property_id="prp",
        )  # fmt: skip
        assert ChainDay.of("chd_1", told.as_dict()) == told


# -- through the agenda ------------------------------------------------------------------------------------------------


@pytest.fixture
def world(engine: Engine, run_queues: Any) -> World:
    """A week before the chain's founding day, which is on for everybody."""
    found = make_world(engine, run_queues, now=datetime(2026, 9, 5, 8, tzinfo=UTC))
    on(found, "festival")
    return found


def declare(world: World, **fields: Any) -> str:
    told = {"names": NAMES, "calendar": "gregorian", "month": 9, "day": 12, **fields}
    made = declaring.declare(world.hq, told)
    world.run_queues()
    return made.told.id


def change(world: World, id: str, **fields: Any) -> None:
    declaring.change(world.hq, id, fields, None)
    world.run_queues()


def to(world: World, *parts: int) -> None:
    world.advance(datetime(*parts, tzinfo=UTC))  # type: ignore[misc,arg-type]


def of_day(world: World, day: str) -> list[tuple[str, str]]:
    return [one for one in sent(world) if day in one[0]]


class TestSending:
    def test_once_whatever_it_is_called_and_whenever_it_is(self, world: World) -> None:
        day = declare(world)
        english, chinese = world.guest(birth_date=None), world.guest(birth_date=None, language="zh-CN")
        german = world.guest(birth_date=None, language="de")
        to(world, 2026, 9, 12, 8, 59)
        assert world.outbox == []
        to(world, 2026, 9, 12, 9)  # ten o'clock in Lisbon's summer
        assert {one["tags"]["guest"] for one in world.outbox} == {english.id, chinese.id, german.id}
        subjects = {one["tags"]["guest"]: str(world.mail(at)["Subject"]) for at, one in enumerate(world.outbox)}
        assert "集团创立日快乐" in subjects[chinese.id]
        assert subjects[english.id].startswith("Founding Day") and subjects[german.id].startswith("Founding Day")
        change(world, day, names={"en": "Founders' Day", "zh": "创始人日"}, month=9, day=14)
        to(world, 2026, 9, 15)
        assert len(of_day(world, day)) == 3
        found = service.occasions_of_guest(world.hq, english.id, date(2026, 9, 13), date(2027, 12, 31))
        mine = [one for one in found if day in one.occurrence]
        assert [(str(one.day), one.name, one.delivery is not None) for one in mine] == [
            ("2026-09-14", "Founders' Day", True), ("2027-09-14", "Founders' Day", False),
        ]  # fmt: skip
        to(world, 2027, 9, 15)
        assert of_day(world, day)[3:] == [(f"festival:{day}#2027", "2027-09-14")] * 3

    def test_one_day_gone_through_page_by_page(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(celebrating, "GUESTS_AT_ONCE", 2)
        day = declare(world)
        for number in range(5):
            world.guest(birth_date=None, emails=[f"p{number}@example.com"])
        to(world, 2026, 9, 13)
        assert len(of_day(world, day)) == len(world.outbox) == 5

    def test_ended(self, world: World) -> None:
        day, other = declare(world), declare(world, month=9, day=13)
        world.guest(birth_date=None)
        to(world, 2026, 9, 13)
        declaring.end(world.hq, other)
        world.run_queues()
        to(world, 2026, 9, 14)
        assert [one[0] for one in sent(world)] == [f"festival:{day}#2026"]
        declaring.end(world.hq, day)
        to(world, 2027, 9, 30)
        assert of_day(world, day) == [(f"festival:{day}#2026", "2026-09-12")]  # and what was sent is known
        assert {one.told.status for one in declaring.days_page(world.hq, limit=9, after=None)[0]} == {"ended"}
        with pytest.raises(Conflict):
            declaring.change(world.hq, day, {"day": 1}, None)

    def test_those_who_are_meant(self, world: World) -> None:
        porto = make_property(world.hq, "Porto", country="PT", time_zone="Europe/Lisbon")
        world.run_queues()
        people = {
            "chinese": world.guest(birth_date=None, language="zh"),
            "keeps": world.guest(birth_date=None),
            "porto": world.guest(birth_date=None, home_property_id=porto.id),
        }
        tell(world, people["keeps"], festivals=("mid_autumn",))
        meant = {
            "chinese": declare(world, language="zh"), "keeps": declare(world, keeps="mid_autumn"),
            "porto": declare(world, property_id=porto.id),
        }  # fmt: skip
        ahead = {
            who: [one.occurrence for one in _foreseen(world, guest.id)]
            for who, guest in people.items()
        }
        to(world, 2026, 9, 13)
        found = {(one.guest_id, str(one.occurrence)) for one in world.deliveries(status="sent")}
        assert found == {(people[who].id, f"festival:{day}#2026") for who, day in meant.items()}
        assert ahead == {who: [f"festival:{day}#2026"] for who, day in meant.items()}

    def test_whom_no_house_speaks_to(self, world: World) -> None:
        declare(world)
        guest = world.guest(birth_date=None, home_property_id=None)
        assert _foreseen(world, guest.id) == []  # and so it is
        to(world, 2026, 9, 13)
        assert world.deliveries() == []

    def test_a_lunar_day_and_one_that_is_kept_once(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        lunar, once = declare(world, calendar="lunar", month=9, day=9), declare(world, day=20, year=2026)
        to(world, 2027, 11, 1)
        assert of_day(world, lunar) == [
            (f"festival:{lunar}#2026", "2026-10-18"), (f"festival:{lunar}#2027", "2027-10-08"),
        ]  # fmt: skip
        assert of_day(world, once) == [(f"festival:{once}#2026", "2026-09-20")]
        assert {one.guest_id for one in world.deliveries()} == {guest.id}

    def test_silences_have_their_reasons(self, world: World) -> None:
        declare(world)
        world.guest(birth_date=None, consents=[])
        world.guest(birth_date="2015-05-05")
        world.guest(birth_date=None, is_do_not_greet=True)
        to(world, 2026, 9, 13)
        assert sorted(str(one.reason) for one in world.deliveries()) == ["consent_missing", "do_not_greet", "minor"]

    def test_an_offer_makes_it_marketing(self, world: World) -> None:
        on(world, "festival", offer=OFFER)
        declare(world)
        world.guest(birth_date=None)
        to(world, 2026, 9, 13)
        assert (world.only().purpose, world.only().reason) == ("marketing", "consent_missing")

    def test_its_name_is_told_and_nothing_else(self, world: World) -> None:
        declare(world, names={"en": "Tom & Ann's \"Day\"", "zh": "“汤”&安"})
        world.guest(birth_date=None)
        to(world, 2026, 9, 13)
        html: Any = world.mail().get_body(("html",))
        plain: Any = world.mail().get_body(("plain",))
        assert "Tom &amp; Ann&#39;s &#34;Day&#34;" in html.get_content()
        assert "Tom & Ann's \"Day\"" in plain.get_content()
        assert str(world.mail()["Subject"]).startswith("Tom & Ann's \"Day\": best wishes")

    def test_policy_off(self, world: World) -> None:
        declare(world)
        on(world, "festival", is_on=False)
        world.guest(birth_date=None)
        to(world, 2026, 9, 13)
        assert world.deliveries() == []


class TestWhoeverWaits:
    """Guests whose hour is still to come when the house has been gone through."""

    @pytest.fixture
    def waiting(self, world: World) -> tuple[World, str, str]:
        """Noon in Lisbon on the day: somebody in Los Angeles is to be written to in five hours."""
        day = declare(world)
        guest = world.guest(birth_date=None, time_zone="America/Los_Angeles")
        to(world, 2026, 9, 12, 12)
        assert world.deliveries() == []
        return world, day, guest.id

    def test_at_their_own_hour_by_its_name_of_then(self, waiting: tuple[World, str, str]) -> None:
        world, day, _ = waiting
        change(world, day, names={"en": "Founders' Day", "zh": "创始人日"})
        to(world, 2026, 9, 12, 17)
        assert len(of_day(world, day)) == 1 and str(world.mail()["Subject"]).startswith("Founders' Day")

    def test_moved_meanwhile(self, waiting: tuple[World, str, str]) -> None:
        world, day, _ = waiting
        change(world, day, day=14)
        to(world, 2026, 9, 14, 16, 59)
        assert world.outbox == []
        to(world, 2026, 9, 20)
        assert of_day(world, day) == [(f"festival:{day}#2026", "2026-09-14")] and len(world.outbox) == 1

    @pytest.mark.parametrize("how", ["ended", "of another language"])
    def test_not_theirs_any_more(self, waiting: tuple[World, str, str], how: str) -> None:
        world, day, guest_id = waiting
        if how == "ended":
            declaring.end(world.hq, day)
        else:
            change(world, day, language="zh")
        world.run_queues()
        assert _foreseen(world, guest_id) == []
        to(world, 2026, 9, 20)
        assert world.deliveries() == []


class TestTheDayItself:
    def test_declared_before_the_hour(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        to(world, 2026, 9, 12, 8, 30)
        day = declare(world)
        found = _foreseen(world, guest.id)
        assert [one.will_send for one in found if day in one.occurrence] == [True]
        to(world, 2026, 9, 12, 9)
        assert len(of_day(world, day)) == 1

    def test_declared_or_moved_after_the_hour(self, world: World) -> None:
        guest, moved = world.guest(birth_date=None), declare(world, day=20)
        to(world, 2026, 9, 12, 9, 1)
        day = declare(world)
        change(world, moved, day=12)
        found = service.occasions_of_guest(world.hq, guest.id, date(2026, 9, 12), date(2027, 9, 30))
        assert [str(one.day) for one in found if "chd_" in one.occurrence] == ["2027-09-12", "2027-09-12"]
        to(world, 2026, 9, 30)
        assert [one for one in sent(world) if "chd_" in one[0]] == []
        to(world, 2027, 9, 13)
        assert len(of_day(world, day)) == len(of_day(world, moved)) == 1

    def test_a_change_at_the_hour_stops_nobodys_greeting(self, world: World) -> None:
        """The hour has come, the house has not been gone through yet, and somebody declares another day."""
        day = declare(world)
        world.guest(birth_date=None)
        to(world, 2026, 9, 12, 8, 59)
        then = world.hq.at(datetime(2026, 9, 12, 9, 0, 5, tzinfo=UTC))
        unit = Unit(then)
        celebrating.arm_house(then, unit, str(world.house.id))
        unit.commit()
        to(world, 2026, 9, 12, 10)
        assert len(of_day(world, day)) == 1


class TestWalls:
    def test_only_head_office_writes(self, world: World) -> None:
        day = declare(world, property_id=str(world.house.id))
        house = world.scope(property_ids=frozenset({str(world.house.id)}))
        for act in (
            lambda: declaring.declare(house, {"names": NAMES, "calendar": "gregorian", "month": 1, "day": 2}),
            lambda: declaring.change(house, day, {"day": 3}, None),
            lambda: declaring.end(house, day),
        ):
            with pytest.raises(Forbidden):
                act()
        assert declaring.day_of(house, day).told.status == "active"

    def test_another_houses_days_are_not_seen(self, world: World) -> None:
        porto = make_property(world.hq, "Porto", country="PT", time_zone="Europe/Lisbon")
        theirs, everybodys = declare(world, property_id=str(porto.id)), declare(world)
        house = world.scope(property_ids=frozenset({str(world.house.id)}))
        assert [one.told.id for one in declaring.days_page(house, limit=9, after=None)[0]] == [everybodys]
        assert [one.id for one in declaring.known_days(house)] == [everybodys]
        with pytest.raises(NotFound):
            declaring.day_of(house, theirs)
        with pytest.raises(NotFound):
            declare(world, property_id="prp_0000000000000000000000x000")

    def test_another_chains_days_are_not_there(self, world: World, engine: Engine, run_queues: Any) -> None:
        day = declare(world)
        rival = make_world(engine, run_queues, now=world.hq.now)
        with pytest.raises(NotFound):
            declaring.day_of(rival.hq, day)
        assert declaring.known_days(rival.hq) == []


class TestLimits:
    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"month": 2, "day": 30}, "/day"),
            ({"month": 2, "day": 29, "year": 2027}, "/day"),
            ({"calendar": "lunar", "month": 1, "day": 31}, "/day"),
            ({"calendar": "lunar", "year": 2027}, "/year"),
            ({"year": 2027, "starts_on": date(2027, 1, 1)}, "/year"),
            ({"starts_on": date(2027, 1, 2), "ends_on": date(2027, 1, 1)}, "/ends_on"),
        ],
    )
    def test_days_that_there_are_not(self, world: World, fields: dict[str, Any], pointer: str) -> None:
        with pytest.raises(Invalid) as refused:
            declare(world, **fields)
        assert [one.pointer for one in refused.value.errors] == [pointer]

    def test_as_many_as_there_can_be(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (ACTIVE_DAYS_MAX, DAYS_MAX) == (50, 500)
        monkeypatch.setattr(declaring, "ACTIVE_DAYS_MAX", 2)
        monkeypatch.setattr(declaring, "DAYS_MAX", 3)
        first, _ = declare(world, day=1), declare(world, day=2)
        with pytest.raises(Conflict, match="end one"):
            declare(world, day=3)
        declaring.end(world.hq, first)
        declaring.end(world.hq, declare(world, day=3))
        with pytest.raises(Conflict, match="ended ones"):
            declare(world, day=4)

    def test_two_at_once_do_not_both_take_the_last_place(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        both_counted, count = threading.Barrier(2, timeout=60), declaring._require_room
        ends: list[str] = []
        waited: set[int] = set()

        def wait_for_the_other(scope: Scope) -> None:
            count(scope)
            if threading.get_ident() not in waited:  # once: whoever is second counts again, alone
                waited.add(threading.get_ident())
                both_counted.wait()

        def declare_one(day: int) -> None:
            try:
                told = {"names": NAMES, "calendar": "gregorian", "month": 9, "day": day}
                ends.append(declaring.declare(world.hq, told).told.id)
            except Conflict as refused:
                ends.append(str(refused.detail))

        monkeypatch.setattr(declaring, "_require_room", wait_for_the_other)
        for most in (1, 2):  # without a day before, and with one
            monkeypatch.setattr(declaring, "ACTIVE_DAYS_MAX", most)
            waited.clear()
            threads = [threading.Thread(target=declare_one, args=(day,)) for day in (2 * most, 2 * most + 1)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(waited) == 2
        ids = {one for one in ends if one.startswith("chd_")}
        assert len(ends) == 4 and {one.id for one in declaring.known_days(world.hq)} == ids and len(ids) == 2
        assert sum("end one that is kept no more" in one for one in ends) == 2


def _foreseen(world: World, guest_id: str) -> list[service.Foreseen]:
    """What a guest will be written to for before the Mid-Autumn Festival."""
    first = world.hq.now.date() - timedelta(days=1)
    return [one for one in service.occasions_of_guest(world.hq, guest_id, first, date(2026, 9, 24)) if one.day]
