"""Festivals: their dates, whose they are, and a house that streams through its guests once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel import agenda, work
from chalicelib.outreach import kinds, service
from chalicelib.outreach.rules import festivals
from chalicelib.outreach.service import celebrating
from infra.local.inprocess import Engine
from tests.builders import make_property
from tests.outreach.test_policies import on, sent
from tests.outreach.test_special_days import tell
from tests.outreach.world import World, make_world

SPRING, NEW_YEAR = date(2027, 2, 6), date(2027, 1, 1)


@pytest.fixture
def eve(engine: Engine, run_queues: Any) -> World:
    """A week before Spring Festival 2027."""
    return make_world(engine, run_queues, now=datetime(2027, 1, 30, 8, tzinfo=UTC))


def to(world: World, *parts: int) -> None:
    world.advance(datetime(*parts, tzinfo=UTC))  # type: ignore[misc,arg-type]


class TestDates:
    @pytest.mark.parametrize(
        ("day", "name"),
        [
            *(("2026-02-17", "spring_festival"), ("2027-02-06", "spring_festival"), ("2026-06-19", "dragon_boat")),
            *(("2026-09-25", "mid_autumn"), ("2027-09-15", "mid_autumn"), ("2026-12-25", "christmas")),
        ],
    )
    def test_known_days(self, day: str, name: str) -> None:
        assert [one.name for one in festivals.on_day(date.fromisoformat(day))] == [name]

    def test_the_next_day_of_all(self) -> None:
        found, day = [], date(2025, 12, 31)
        while day < date(2027, 1, 1):
            day = festivals.next_day(day)
            found.append(str(day))
        assert found == ["2026-01-01", "2026-02-17", "2026-06-19", "2026-09-25", "2026-12-25", "2027-01-01"]
        every = [date(2026, 1, 1) + timedelta(days=by) for by in range(365)]
        assert [str(one) for one in every if festivals.on_day(one)] == found[:-1]

    def test_whose_they_are(self) -> None:
        def kept(language: str | None, *chosen: str) -> list[str]:
            return [one.name for one in festivals.kept_by(language, chosen)]

        assert kept("en") == kept(None) == kept("de") == ["new_year"]
        assert kept("zh-Hant-TW") == ["new_year", "spring_festival", "dragon_boat", "mid_autumn"]
        assert kept("en", "christmas", "mid_autumn") == ["new_year", "mid_autumn", "christmas"]


class TestStreaming:
    def test_by_language_once_each_page_by_page(self, eve: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(celebrating, "GUESTS_AT_ONCE", 3)
        on(eve, "festival")
        chinese = [eve.guest(birth_date=None, language="zh", emails=[f"z{n}@example.com"]) for n in range(7)]
        eve.guest(birth_date=None, language="en")
        to(eve, 2027, 2, 6, 9, 59)
        assert eve.outbox == []
        to(eve, 2027, 2, 6, 10)
        assert Counter(one.guest_id for one in eve.deliveries()) == Counter({one.id: 1 for one in chinese})
        assert set(sent(eve)) == {("festival:spring_festival#2027", "2027-02-06")}
        assert "春节" in str(eve.mail()["Subject"])
        items = [one for one in agenda.AgendaRecord.every(eve.hq.key(eve.house.id)) if one.kind == kinds.FESTIVAL]
        assert [str(one.occurrence) for one in items] == ["2027-06-09"]  # one item of the house, gone on

    def test_a_day_gone_through_twice_sends_once(self, eve: World) -> None:
        on(eve, "festival")
        for number in range(3):
            eve.guest(birth_date=None, language="zh", emails=[f"z{number}@example.com"])
        to(eve, 2027, 2, 6, 11)
        assert len(eve.outbox) == 3
        record = agenda.AgendaRecord.find(eve.hq.key(eve.house.id), kinds.FESTIVAL)
        assert record is not None
        record.due_at = record.armed_for = "2027-02-06T10:00:00.000000Z"
        record.detail, record.occurrence = {"day": "2027-02-06", "round": "main"}, "2027-02-06"
        record.save()
        work.run(str(record.subject_key), str(record.item_key), now=eve.hq.now)
        assert len(eve.outbox) == 3

    def test_a_guest_of_two_houses_hears_from_one(self, eve: World) -> None:
        porto = make_property(eve.hq, "Porto", country="PT", time_zone="Europe/Lisbon")
        eve.run_queues()
        on(eve, "festival")
        guest = eve.guest(birth_date=None, language="zh")
        eve.stay(guest, house=porto)
        to(eve, 2027, 2, 7)
        (one,) = eve.deliveries(occasion="festival")
        assert (one.status, one.property_id) == ("sent", porto.id)

    def test_guests_with_a_zone_of_their_own(self, engine: Engine, run_queues: Any) -> None:
        world = make_world(engine, run_queues, now=datetime(2027, 1, 30, 8, tzinfo=UTC))
        york = make_property(world.hq, "York", country="US", time_zone="America/New_York")
        on(world, "festival")
        zones = {"Asia/Shanghai": "02-06T02:00", "America/Los_Angeles": "02-06T18:00", None: "02-06T15:00"}
        people = {
            world.guest(birth_date=None, language="zh", time_zone=zone, home_property_id=york.id).id: at
            for zone, at in zones.items()
        }
        to(world, 2027, 2, 8)
        assert {one["tags"]["guest"]: one["chain_time"][5:16] for one in world.outbox} == people

    def test_religious_ones_by_choice_alone(self, engine: Engine, run_queues: Any) -> None:
        world = make_world(engine, run_queues, now=datetime(2026, 12, 20, 8, tzinfo=UTC))
        on(world, "festival")
        keeps, does_not = world.guest(birth_date=None), world.guest(birth_date=None)
        tell(world, keeps, festivals=("christmas",))
        to(world, 2026, 12, 27)
        assert [(one.guest_id, one.status) for one in world.deliveries()] == [(keeps.id, "sent")]
        to(world, 2027, 1, 2)
        assert {one.guest_id for one in world.deliveries()} == {keeps.id, does_not.id}  # New Year is everybody's

    def test_reasons_are_noted(self, eve: World) -> None:
        on(eve, "festival")
        eve.guest(birth_date=None, language="zh", consents=[])
        eve.guest(birth_date="2015-05-05", language="zh")
        to(eve, 2027, 2, 7)
        assert sorted(str(one.reason) for one in eve.deliveries()) == ["consent_missing", "minor"]


class TestSwitching:
    def test_off_by_default(self, eve: World) -> None:
        eve.guest(birth_date=None, language="zh")
        to(eve, 2027, 2, 7)
        assert eve.deliveries() == []

    def test_on_after_the_hour_of_the_day(self, eve: World) -> None:
        eve.guest(birth_date=None, language="zh")
        to(eve, 2027, 2, 6, 12)
        on(eve, "festival")
        to(eve, 2027, 6, 8)
        assert eve.deliveries() == []
        to(eve, 2027, 6, 10)
        assert sent(eve) == [("festival:dragon_boat#2027", "2027-06-09")]

    def test_a_property_that_opens_later(self, eve: World) -> None:
        on(eve, "festival")
        house = make_property(eve.hq, "New", country="PT", time_zone="Europe/Lisbon")
        eve.run_queues()
        eve.guest(birth_date=None, language="zh", home_property_id=house.id)
        to(eve, 2027, 2, 7)
        assert [one.property_id for one in eve.deliveries()] == [house.id]

    def test_an_hour_that_is_moved(self, eve: World) -> None:
        on(eve, "festival")
        guest = eve.guest(birth_date=None, language="zh")
        found = service.occasions_of_guest(eve.hq, guest.id, date(2027, 2, 1), date(2027, 2, 28))
        assert [(str(one.day), one.name, one.will_send) for one in found if one.occasion == "festival"] == [
            ("2027-02-06", "Spring Festival", True)
        ]
