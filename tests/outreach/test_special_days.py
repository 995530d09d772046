"""A guest's own days: told, corrected, forgotten, kept once a year by either calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.outreach import service
from chalicelib.outreach.service import Told
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_policies import on, sent
from tests.outreach.world import World

assert doors  # the fixture
WEDDING = Told("Wedding day", date(2012, 5, 19), "gregorian")


def tell(world: World, guest: Any, *told: Told, festivals: tuple[str, ...] = ()) -> list[str]:
    """Tell the days; their ids."""
    found = service.tell_days(world.hq, guest.id, told, festivals)
    world.run_queues()
    return [one.id for one in found.own_days]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


class TestKeeping:
    def test_every_year_in_the_guests_own_words(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        (day,) = tell(world, guest, WEDDING)
        world.advance(at(2027, 6, 1))
        assert sent(world) == [
            (f"special_day:{day}#2026", "2026-05-19"), (f"special_day:{day}#2027", "2027-05-19"),
        ]  # fmt: skip
        assert "Wedding day" in str(world.mail()["Subject"])
        assert {one.occasion for one in world.deliveries()} == {"special_day"}

    def test_by_the_lunar_calendar(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        tell(world, guest, Told("结婚纪念日", date(1987, 8, 5), "lunar"))
        world.advance(at(2027, 8, 30))
        assert [day for _, day in sent(world)] == ["2026-07-24", "2027-07-14"]

    def test_two_on_one_day(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        tell(world, guest, WEDDING, Told("First flat", date(2014, 5, 19), "gregorian"))
        world.advance(at(2027, 1, 1))
        assert [day for _, day in sent(world)] == ["2026-05-19"] * 2

    def test_foreseen_by_its_name(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        tell(world, guest, WEDDING)
        found = service.occasions_of_guest(world.hq, guest.id, date(2026, 3, 4), date(2026, 12, 31))
        shown = [(one.name, str(one.day), one.will_send) for one in found if one.occasion == "special_day"]
        assert shown == [("Wedding day", "2026-05-19", True)]


class TestCorrections:
    def test_told_on_the_day_itself(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        world.advance(at(2026, 5, 19, 15))
        tell(world, guest, WEDDING)
        assert len(sent(world)) == 1

    @pytest.mark.parametrize(
        "corrected",
        [Told("Wedding day", date(2012, 6, 19), "gregorian"), Told("Our wedding", date(2012, 5, 19), "gregorian")],
    )
    def test_a_correction_greets_nobody_twice(self, world: World, corrected: Told) -> None:
        guest = world.guest(birth_date=None)
        before = tell(world, guest, WEDDING)
        world.advance(at(2026, 5, 19, 15))
        assert tell(world, guest, corrected) == before
        world.advance(at(2027, 1, 1))
        assert len(sent(world)) == 1
        world.advance(at(2027, 12, 1))
        assert len(sent(world)) == 2

    def test_a_day_that_is_forgotten(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        tell(world, guest, WEDDING)
        tell(world, guest)
        world.advance(at(2026, 6, 1))
        assert (sent(world), world.deliveries()) == ([], [])

    def test_a_chain_that_does_not_keep_them(self, world: World) -> None:
        on(world, "special_day", is_on=False)
        guest = world.guest(birth_date=None)
        tell(world, guest, WEDDING)
        world.advance(at(2026, 6, 1))
        assert sent(world) == []
        on(world, "special_day")
        world.advance(at(2027, 6, 1))
        assert [day for _, day in sent(world)] == ["2027-05-19"]


class TestDoors:
    BODY = {"days": [{"name": "Wedding day", "date": "2012-05-19"}], "festivals": ["christmas"]}

    def test_who_may(self, world: World, doors: Doors) -> None:
        path = f"/v1/guests/{world.guest().id}/special-days"
        for who, status in (("anonymous", 401), ("stranger", 404), ("poor", 403), ("sister", 404)):
            assert getattr(doors, who).put(path, self.BODY).status == status
            assert getattr(doors, who).get(path).status == status
        empty = doors.desk.get(path)
        assert (empty.status, empty.json["version"], empty.json["days"]) == (200, 0, [])
        told = doors.desk.put(path, self.BODY)
        assert (told.status, told.json["festivals"], told.json["days"][0]["calendar"]) == (
            200,
            ["christmas"],
            "gregorian",
        )
        assert doors.desk.put(path, self.BODY).json == told.json == doors.hq.get(path).json

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({}, ["/days"]),
            ({"days": [{"name": "", "date": "2012-02-30"}]}, ["/days/0/name", "/days/0/date"]),
            ({"days": [{"name": "Tomorrow", "date": "2026-03-05"}]}, ["/days/0/date"]),
            ({"days": [{"name": "Old", "date": "1900-01-10", "calendar": "lunar"}]}, ["/days/0/date"]),
            ({"days": [{"name": "{{ chain }}", "date": "2012-05-19"}]}, ["/days/0/name"]),
            ({"days": [{"name": f"Day {n}", "date": "2012-05-19"} for n in range(6)]}, ["/days"]),
            ({"days": [], "festivals": ["festivus"]}, ["/festivals/0"]),
        ],
    )
    def test_what_is_refused(self, world: World, doors: Doors, body: dict[str, Any], where: list[str]) -> None:
        assert pointers(doors.hq.put(f"/v1/guests/{world.guest().id}/special-days", body)) == where
