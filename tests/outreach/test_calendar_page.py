"""The calendar of the coming year: every day that is kept, once, for whom, and nothing of a sister's."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from chalicelib.outreach import service
from chalicelib.outreach.service import care, declaring, keeping
from chalicelib.outreach.service.year_ahead import year_ahead
from tests.builders import make_property
from tests.outreach.test_api import Doors, doors
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

assert doors  # the fixture
CALENDAR, YEAR = "/portal/calendar", "/v1/year-ahead"
LIBRARY = {
    "dragon_boat": date(2026, 6, 19),
    "mid_autumn": date(2026, 9, 25),
    "christmas": date(2026, 12, 25),
    "new_year": date(2027, 1, 1),
    "spring_festival": date(2027, 2, 6),
}


def declared(world: World, name: str, month: int, day: int, **fields: object) -> None:
    told = {"names": {"en": name, "zh": f"{name}日"}, "calendar": "gregorian", "month": month, "day": day, **fields}
    declaring.declare(world.hq, told)


def test_a_year_has_every_festival_once_and_the_day_that_is_the_first(world: World) -> None:
    declared(world, "Today", 3, 4)
    declared(world, "Yesterday", 3, 3)
    declared(world, "Once", 8, 8, year=2026)
    declared(world, "Past", 8, 8, year=2025)
    found = [(one.festival.called("en"), one.day) for one in year_ahead(world.hq) if one.festival]
    own = {"Today": date(2026, 3, 4), "Once": date(2026, 8, 8), "Yesterday": date(2027, 3, 3)}
    expected = {keeping.FESTIVALS[name].called("en"): day for name, day in LIBRARY.items()} | own
    assert sorted(found) == sorted(expected.items())
    assert [day for _, day in found] == sorted(day for _, day in found)


def test_what_is_foreseen_for_a_guest_stands_in_the_calendar(world: World) -> None:
    service.publish(world.hq, "festival", is_on=True, offer={})
    declared(world, "Harbour Day", 7, 2, property_id=world.house.id)
    guest = world.guest(language="zh", birth_date=None)
    start, end = service.occasion_days(world.hq, None, date(2027, 3, 3))
    foreseen = service.occasions_of_guest(world.hq, str(guest.id), start, end)
    kept = [one.day for one in year_ahead(world.hq, str(world.house.id)) if one.festival]
    assert [one.day for one in foreseen if one.occasion == "festival"] == [
        day for day in kept if day != LIBRARY["christmas"]
    ]
    assert date(2026, 7, 2) in kept


def test_the_days_of_the_months_messages(world: World) -> None:
    def days() -> list[date]:
        return [one.day for one in year_ahead(world.hq) if one.festival is None]

    assert days() == []
    service.publish(world.hq, "monthly_contact", is_on=True, offer={})
    assert days() == []  # nothing is owed by the month yet
    care.publish(world.hq, "loyal_guest", {"contact_day": 3}, is_on=True, may_override=False, property_id=None)
    assert days()[:2] == [date(2026, 4, 3), date(2026, 5, 3)] and len(days()) == 12 and days()[-1] == date(2027, 3, 3)


def test_each_day_by_the_policy_of_then(world: World) -> None:
    service.publish(world.hq, "festival", is_on=True, offer={}, valid_from=date(2026, 9, 25))
    service.publish(world.hq, "festival", is_on=False, offer={}, valid_from=date(2027, 1, 1))
    assert [one.festival.name for one in year_ahead(world.hq) if one.festival and one.is_written] == [
        "mid_autumn", "christmas",
    ]  # fmt: skip
    service.publish(world.hq, "monthly_contact", is_on=True, offer={})
    for settings, begins in (({"contact_day": 3}, date(2026, 8, 1)), ({"contact_day": 20}, date(2027, 2, 1))):
        care.publish(
            world.hq, "loyal_guest", settings, is_on=True, may_override=False, property_id=None, valid_from=begins
        )
    days = [one.day for one in year_ahead(world.hq) if one.festival is None]
    assert days[0] == date(2026, 8, 3) and days[-2:] == [date(2027, 1, 3), date(2027, 2, 20)] and len(days) == 7


def test_the_page(world: World) -> None:
    sister = make_property(world.hq, name="Hill House")
    declared(world, "Harbour Day", 7, 2, property_id=world.house.id, keeps="mid_autumn")
    declared(world, "Hill Day", 7, 3, property_id=sister.id)
    hq = signed_in(world, "hq_admin")
    page = hq.get(CALENDAR)
    assert CALENDAR in hq.get("/portal/deliveries").links
    for words in (
        "June 2026 19 June Friday lunar month 5, day 5 Dragon Boat Festival only those who are written to in Chinese",
        "Christmas only those who have said that they keep it Not written the occasion is off",
        "2 July Thursday Harbour Day the chain's own only those who have said that they keep Mid-Autumn Festival"
        " only guests of Harbour House",
        "Hill Day", "1 January Friday New Year all guests",
    ):  # fmt: skip
        assert words in page.text, words
    service.publish(world.hq, "festival", is_on=True, offer={})
    one = hq.get(f"{CALENDAR}?property={world.house.id}")
    assert "Harbour Day" in one.text and "Hill Day" not in one.text and "Not written" not in one.text
    assert hq.get(f"{CALENDAR}?property=prp_nowhere").status == 404
    desk = signed_in(world, "property_manager", property_ids=[world.house.id])
    assert "Harbour Day" in desk.get(CALENDAR).text and "Hill Day" not in desk.get(CALENDAR).text
    assert desk.get(f"{CALENDAR}?property={sister.id}").status == 404
    hq.cookies["hospes-language"] = "zh"
    chinese = hq.get(CALENDAR)
    assert "2026年9月" in chinese.text and "9月25日 星期五 农历8月15日 中秋节" in chinese.text


def test_programs_read_the_same(world: World, doors: Doors) -> None:
    declared(world, "Harbour Day", 7, 2, property_id=world.house.id, language="zh")
    first = doors.hq.get(f"{YEAR}?limit=4").json
    rest = doors.hq.get(f"{YEAR}?limit=4&cursor={first['next']}").json
    assert rest["next"] is None and len(first["data"]) == 4
    found = first["data"] + rest["data"]
    assert [one["kept"] for one in found if not one["kept"].startswith("chd_")] == list(LIBRARY)
    assert found[1] == {
        "day": "2026-07-02", "occasion": "festival", "kept": found[1]["kept"],
        "names": {"en": "Harbour Day", "zh": "Harbour Day日"}, "is_lunar": False, "language": "zh", "keeps": None,
        "property_id": str(world.house.id), "will_write": False,
    }  # fmt: skip
    christmas = next(one for one in found if one["kept"] == "christmas")
    assert (christmas["keeps"], christmas["language"], christmas["names"]["zh"]) == ("christmas", None, "圣诞节")
    assert len(doors.sister.get(YEAR).json["data"]) == len(LIBRARY)
    assert doors.sister.get(f"{YEAR}?property_id={world.house.id}").status == 404
    assert len(doors.desk.get(f"{YEAR}?property_id={world.house.id}").json["data"]) == len(LIBRARY) + 1
    assert doors.poor.get(YEAR).status == 403 and doors.hq.get(f"{YEAR}?property_id={first['next']}").status == 422


def test_the_day_is_that_of_the_house(world: World) -> None:
    declared(world, "Turn of the day", 3, 4)
    east = make_property(world.hq, name="East", time_zone="Pacific/Auckland")
    world.advance(datetime.fromisoformat("2026-03-04T12:00:00+00:00") + timedelta(minutes=30))
    assert year_ahead(world.hq, str(world.house.id))[0].day == date(2026, 3, 4)
    assert year_ahead(world.hq, str(east.id))[0].day == date(2026, 6, 19)  # there it is the fifth
