"""Calendars against oracles that know less: clocks read from UTC only, birthdays found by walking days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel import calendars
from chalicelib.kernel.calendars import LEAP_RULES, LeapRule
from chalicelib.kernel.i18n import InvalidValue

MINUTE = timedelta(minutes=1)
EPOCH = datetime(2023, 12, 25, tzinfo=UTC)
HORIZON_DAYS = 1475  # four years and a week on either side, in steps of 5
FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2027, 12, 31)
QUARTERS = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
ALL_ZONES = sorted(available_timezones())
SOME_ZONES = [
    *("UTC", "Africa/Casablanca", "Africa/Cairo", "America/Havana", "America/New_York", "America/Santiago"),
    *("America/St_Johns", "Antarctica/Troll", "Asia/Kathmandu", "Asia/Shanghai", "Australia/Lord_Howe"),
    *("Europe/Lisbon", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Kwajalein"),
]
# Days on which clocks skipped a day, half an hour or midnight, or went back into yesterday.
REMARKABLE = [
    (zone, date.fromisoformat(day))
    for zone, days in {
        "Pacific/Apia": "2011-12-30",
        "Pacific/Kwajalein": "1993-08-21",
        "Pacific/Kiritimati": "1994-12-31",
        "Australia/Lord_Howe": "2026-04-05 2026-10-04",
        "America/St_Johns": "2010-11-07",
        "America/Sao_Paulo": "2018-02-18 2018-11-04",
        "America/Havana": "2026-11-01",
        "America/Caracas": "2016-05-01",
        "Asia/Pyongyang": "2018-05-05",
        "Africa/Cairo": "2026-04-24",
        "Africa/Casablanca": "2026-03-22",
        "Antarctica/Troll": "2026-03-29",
    }.items()
    for day in days.split()
]


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here reads or writes: no stack is set up."""


# -- the oracles -------------------------------------------------------------------------------------------


def wall_at(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def walked_instant(wall: datetime, zone: str) -> datetime:
    """Read the clock every minute, from long before, until it shows `wall` or later."""
    instant = wall.replace(tzinfo=UTC) - timedelta(hours=26)
    while wall_at(instant, zone) < wall:
        instant += MINUTE
    return instant


@cache
def stretches(zone: str) -> tuple[tuple[int, int, int], ...]:
    """The zone's (first minute, last minute + 1, offset) from EPOCH on, from its clock read every 5 days."""
    place = ZoneInfo(zone)

    def offset(minute: int) -> int:
        read = (EPOCH + minute * MINUTE).astimezone(place).utcoffset()
        assert read is not None
        return read // MINUTE

    changes = [0]
    reads = [(minute, offset(minute)) for minute in range(0, HORIZON_DAYS * 1440 + 1, 5 * 1440)]
    for (low, before), (high, after) in pairwise(reads):
        if before == after:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == before else (low, middle)
        changes.append(high)
    changes.append(HORIZON_DAYS * 1440)
    return tuple((start, end, offset(start)) for start, end in pairwise(changes))


def reckoned_instant(wall: datetime, zone: str) -> datetime:
    """`walked_instant` in one step per stretch of constant offset."""
    minute = (wall.replace(tzinfo=UTC) - EPOCH) // MINUTE
    for start, end, offset in stretches(zone):
        instant = max(start, minute - offset)
        if instant < end:
            return EPOCH + instant * MINUTE
    raise AssertionError("beyond the horizon")


def days_of_change(zone: str) -> list[date]:
    """The local days beside every change of the zone's clocks in the four years."""
    days: set[date] = set()
    for start, _, offset in stretches(zone)[1:]:
        middle = (EPOCH + (start + offset) * MINUTE).date()
        days.update(middle + timedelta(days=shift) for shift in (-1, 0, 1))
    return sorted(day for day in days if FIRST_DAY <= day <= LAST_DAY)


def walls(zone: str, day: date, times: list[time]) -> Iterator[tuple[datetime, datetime, datetime]]:
    for at in times:
        wall = datetime.combine(day, at)
        yield wall, calendars.local_instant(day, at, zone), reckoned_instant(wall, zone)


# -- local instants ----------------------------------------------------------------------------------------


class TestLocalInstant:
    @pytest.mark.parametrize(("zone", "day"), REMARKABLE)
    def test_remarkable_days_as_read_from_the_clock_minute_by_minute(self, zone: str, day: date) -> None:
        for shift in (-1, 0, 1):
            for at in (time(0), time(0, 1), time(0, 30), time(1, 45), time(2), time(10), time(23, 59)):
                wall = datetime.combine(day + timedelta(days=shift), at)
                assert calendars.local_instant(wall.date(), at, zone) == walked_instant(wall, zone), (
                    wall,
                    zone,
                )

    def test_every_zone_on_every_day_of_change_and_on_a_day_of_each_week(self) -> None:
        weekly = [FIRST_DAY + timedelta(days=7 * week) for week in range(209)]
        checked = 0
        for zone in ALL_ZONES:
            for day in weekly + days_of_change(zone):
                for wall, found, expected in walls(zone, day, [time(2, 30), time(10)]):
                    assert found == expected, (zone, wall)
                    checked += 1
        assert checked > 250_000

    def test_every_way_of_changing_clocks_each_quarter_of_an_hour(self) -> None:
        one_of_each = {stretches(zone): zone for zone in ALL_ZONES if len(stretches(zone)) > 1}
        for zone in one_of_each.values():
            for day in days_of_change(zone):
                for wall, found, expected in walls(zone, day, QUARTERS):
                    assert found == expected, (zone, wall)
        assert len(one_of_each) > 25

    def test_the_oracles_agree(self) -> None:
        for zone in ("Australia/Lord_Howe", "America/New_York", "Africa/Casablanca"):
            for wall in (datetime.combine(day, time(2, 10)) for day in days_of_change(zone)):
                assert walked_instant(wall, zone) == reckoned_instant(wall, zone)

    def test_gap_repeat_and_missing_day_by_example(self) -> None:
        find, instant = calendars.local_instant, datetime.fromisoformat
        assert find(date(2026, 3, 8), time(2, 30), "America/New_York") == instant("2026-03-08T03:00-04:00")
        assert find(date(2026, 11, 1), time(1, 30), "America/New_York") == instant("2026-11-01T01:30-04:00")
        assert find(date(2026, 10, 4), time(2, 10), "Australia/Lord_Howe") == instant("2026-10-04T02:30+11:00")
        assert find(date(2011, 12, 30), time(10), "Pacific/Apia") == instant("2011-12-31T00:00+14:00")
        assert find(date(1993, 8, 21), time(10), "Pacific/Kwajalein") == instant("1993-08-22T00:00+12:00")

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "America", "a\0b"])
    def test_zones_that_do_not_exist_are_refused(self, zone: str) -> None:
        with pytest.raises(InvalidValue):
            calendars.local_instant(FIRST_DAY, time(10), zone)

    @given(
        zone=st.sampled_from(SOME_ZONES),
        first=st.datetimes(datetime(1970, 1, 2), datetime(2090, 1, 1)),
        step=st.timedeltas(timedelta(0), timedelta(days=2)),
    )
    def test_it_is_the_first_instant_and_never_runs_backwards(
        self, zone: str, first: datetime, step: timedelta
    ) -> None:
        first = first.replace(second=0, microsecond=0)
        found = calendars.local_instant(first.date(), first.time(), zone)
        assert wall_at(found, zone) >= first
        assert wall_at(found - timedelta(seconds=1), zone) < first
        later = first + step
        assert calendars.local_instant(later.date(), later.time(), zone) >= found
        assert calendars.earliest_instant(first.date(), first.time()) <= found
        if wall_at(found, zone) == first:
            assert calendars.local_day(found, zone) == first.date()
            assert calendars.local_time(found, zone) == first.time()

    def test_the_earliest_instant_is_reached_but_never_passed(self) -> None:
        for day in (date(2026, 1, 10), date(2026, 7, 10), date(2011, 12, 31)):
            zones = [calendars.local_instant(day, time(10), zone) for zone in ALL_ZONES]
            assert min(zones) == calendars.earliest_instant(day, time(10))


class TestDays:
    def test_days_tile_time_in_every_zone(self) -> None:
        for zone in ALL_ZONES[::7]:
            bounds = [calendars.day_bounds(date(2026, 3, 1) + timedelta(days=n), zone) for n in range(60)]
            assert all(earlier[1] == later[0] for earlier, later in pairwise(bounds))

    def test_lengths_of_days(self) -> None:
        def hours(day: date, zone: str) -> float:
            start, end = calendars.day_bounds(day, zone)
            return (end - start) / timedelta(hours=1)

        assert hours(date(2026, 3, 29), "Europe/Lisbon") == 23
        assert hours(date(2026, 10, 25), "Europe/Lisbon") == 25
        assert hours(date(2026, 4, 5), "Australia/Lord_Howe") == 24.5
        assert hours(date(2011, 12, 30), "Pacific/Apia") == 0

    def test_naive_datetimes_are_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="naive"):
            calendars.local_day(datetime(2026, 1, 1), "UTC")

    def test_the_business_day_ends_at_its_close(self) -> None:
        close = time(3)
        night = datetime(2026, 1, 10, 2, 59, 59, tzinfo=UTC)
        assert calendars.business_day(night, "UTC", close) == date(2026, 1, 9)
        assert calendars.business_day(night + timedelta(seconds=1), "UTC", close) == date(2026, 1, 10)
        assert calendars.business_day(night, "Asia/Shanghai", close) == date(2026, 1, 10)
        assert calendars.business_day(night, "UTC", time(0)) == date(2026, 1, 10)


class TestQuietHours:
    def test_over_midnight_within_a_day_and_none(self) -> None:
        at = datetime(2026, 1, 10, 8, 59, 59, tzinfo=UTC)
        assert calendars.in_quiet_hours(at, "UTC", time(21), time(9))
        assert not calendars.in_quiet_hours(at + timedelta(seconds=1), "UTC", time(21), time(9))
        assert calendars.in_quiet_hours(at, "UTC", time(8), time(9))
        assert not calendars.in_quiet_hours(at, "UTC", time(9), time(9))

    @pytest.mark.parametrize(("zone", "day"), REMARKABLE)
    @pytest.mark.parametrize("window", ["21:00-09:00", "01:15-02:45", "00:00-00:30", "23:30-00:00"])
    def test_next_allowed_is_the_first_minute_out_of_them(self, zone: str, day: date, window: str) -> None:
        start, end = (time.fromisoformat(part) for part in window.split("-"))
        midnight = calendars.local_instant(day - timedelta(days=1), time(12), zone)
        expected = midnight + timedelta(days=3)
        while calendars.in_quiet_hours(expected, zone, start, end):
            expected += MINUTE
        for back in range(3 * 1440):  # from the end, so that each answer follows from the one after it
            instant = midnight + timedelta(days=3) - back * MINUTE
            if not calendars.in_quiet_hours(instant, zone, start, end):
                expected = instant
            if back % 10 == 0:
                assert calendars.next_allowed(instant, zone, start, end) == expected, instant

    def test_a_night_that_jumps_over_its_own_end(self) -> None:
        # Samoa, 29 December 2011: nine o'clock of the 30th never came, and the 31st began in quiet hours.
        evening = calendars.local_instant(date(2011, 12, 29), time(22), "Pacific/Apia")
        allowed = calendars.next_allowed(evening, "Pacific/Apia", time(21), time(9))
        assert wall_at(allowed, "Pacific/Apia") == datetime(2011, 12, 31, 9)
        assert allowed - evening == timedelta(hours=11)


# -- birthdays ---------------------------------------------------------------------------------------------

any_day = st.dates(date(1900, 1, 1), date(2200, 12, 31))
leap_days = st.integers(1901, 2090).map(lambda year: date(year - year % 4 + 4, 2, 29))
births = st.one_of(any_day, leap_days)
rules = st.sampled_from(LEAP_RULES)


def is_kept_on(birth: date, day: date, rule: LeapRule) -> bool:
    """Whether `day` is the birthday, judged by the day alone."""
    if day.year <= birth.year:
        return False
    if (birth.month, birth.day) == (day.month, day.day):
        return True
    has_leap_day = (date(day.year, 3, 1) - date(day.year, 2, 28)).days == 2
    substitute = {"feb28": (2, 28), "mar1": (3, 1), "leap_only": None}[rule]
    return (birth.month, birth.day) == (2, 29) and not has_leap_day and (day.month, day.day) == substitute


class TestBirthdays:
    @settings(max_examples=60)
    @given(birth=births, start=any_day, length=st.integers(0, 1500), rule=rules)
    def test_between_is_what_walking_the_days_finds(
        self, birth: date, start: date, length: int, rule: LeapRule
    ) -> None:
        days = [start + timedelta(days=n) for n in range(length + 1)]
        expected = [day for day in days if is_kept_on(birth, day, rule)]
        assert calendars.birthdays_between(birth, start, days[-1], rule) == expected

    @settings(max_examples=60)
    @given(birth=births, after=any_day, rule=rules)
    def test_next_is_the_first_one_after(self, birth: date, after: date, rule: LeapRule) -> None:
        found = calendars.next_birthday(birth, after, rule)
        assert found > after
        assert is_kept_on(birth, found, rule)
        assert not calendars.birthdays_between(birth, after + timedelta(days=1), found - timedelta(days=1), rule)

    @given(birth=births, day=any_day, rule=st.sampled_from(["feb28", "mar1"]))
    def test_age_grows_by_one_on_the_birthday_and_on_no_other_day(self, birth: date, day: date, rule: LeapRule) -> None:
        grown = calendars.age_on(birth, day, rule) - calendars.age_on(birth, day - timedelta(days=1), rule)
        if day.year >= birth.year and day != birth:
            assert grown == int(is_kept_on(birth, day, rule))
        if day >= birth:
            assert calendars.age_on(birth, day, rule) >= 0

    def test_the_29th_of_february(self) -> None:
        born = date(1992, 2, 29)
        assert calendars.birthday_in(2027, born) == date(2027, 2, 28)
        assert calendars.birthday_in(2027, born, "mar1") == date(2027, 3, 1)
        assert calendars.birthday_in(2027, born, "leap_only") is None
        assert {calendars.birthday_in(2028, born, rule) for rule in LEAP_RULES} == {date(2028, 2, 29)}
        assert calendars.birthday_in(2100, born) == date(2100, 2, 28)
        assert calendars.next_birthday(born, date(2096, 2, 29), "leap_only") == date(2104, 2, 29)

    def test_the_day_of_birth_is_no_birthday(self) -> None:
        born = date(2020, 5, 6)
        assert calendars.birthday_in(2020, born) is None
        assert calendars.birthday_in(2019, born) is None
        assert calendars.next_birthday(born, date(2000, 1, 1)) == date(2021, 5, 6)
        assert calendars.next_birthday(born, date(2021, 5, 6)) == date(2022, 5, 6)

    def test_coming_of_age(self) -> None:
        born = date(2008, 2, 29)
        assert calendars.age_on(born, date(2026, 2, 27)) == 17
        assert calendars.age_on(born, date(2026, 2, 28)) == 18
        assert calendars.age_on(born, date(2026, 2, 28), "mar1") == 17
        assert calendars.age_on(born, date(2026, 2, 28), "leap_only") == 17
        assert calendars.age_on(born, date(2026, 3, 1), "leap_only") == 18
        assert calendars.age_on(born, date(2007, 1, 1)) == -2

    def test_where_the_calendar_ends(self) -> None:
        with pytest.raises(OverflowError):
            calendars.next_birthday(date(2000, 1, 1), date(9999, 5, 5))


# -- reading and writing -----------------------------------------------------------------------------------


class TestInstants:
    @given(st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 30), timezones=st.timezones()))
    def test_round_trips(self, instant: datetime) -> None:
        # Python calls repeated hours of two zones unequal even where they are one instant, hence in UTC.
        assert calendars.parse_instant(calendars.format_instant(instant)) == instant.astimezone(UTC)
        assert calendars.parse_instant(calendars.sortable_instant(instant)) == instant.astimezone(UTC)
        assert len(calendars.sortable_instant(instant)) == 27

    @given(st.lists(st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 30), timezones=st.just(UTC))))
    def test_sortable_texts_sort_as_time_does(self, instants: list[datetime]) -> None:
        texts = [calendars.sortable_instant(instant) for instant in instants]
        assert sorted(texts) == [calendars.sortable_instant(instant) for instant in sorted(instants)]

    def test_the_shortest_exact_form(self) -> None:
        moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
        assert calendars.format_instant(moment) == "2026-03-04T05:06:07Z"
        assert calendars.format_instant(moment.replace(microsecond=120_000)) == "2026-03-04T05:06:07.120Z"
        assert calendars.format_instant(moment.replace(microsecond=123_456)) == "2026-03-04T05:06:07.123456Z"
        assert calendars.sortable_instant(moment) == "2026-03-04T05:06:07.000000Z"

    def test_offsets_and_fractions_are_read(self) -> None:
        expected = datetime(2026, 3, 4, 5, 6, 7, 123_456, tzinfo=UTC)
        for text in ("04t05:06:07.123456789z", "04T10:51:07.123456+05:45", "03T23:36:07.123456-05:30"):
            assert calendars.parse_instant(f"2026-03-{text}") == expected

    @pytest.mark.parametrize(
        "text",
        [
            *("", "now", "2026-03-04", "2026-03-04T05:06:07", "2026-03-04 05:06:07Z", "2026-03-04T05:06Z"),
            *("2026-03-04T05:06:07+0100", "2026-03-04T24:00:00Z", "2026-03-04T05:60:00Z"),
            *("2026-02-30T05:06:07Z", "2026-03-04T05:06:61Z", "2026-03-04T05:06:07+24:00"),
            *("2026-03-04T05:06:07.Z", "20260304T050607Z", "2026-03-04T05:06:07Z\n"),
            *("\u0662026-03-04T05:06:07Z", "1899-12-31T23:59:59Z", "2201-01-01T00:00:00Z"),
            *("1900-01-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"),
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValue):
            calendars.parse_instant(text)
        with pytest.raises(InvalidValue, match="leap second"):
            calendars.parse_instant("2016-12-31T23:59:60Z")

    @pytest.mark.parametrize(
        "text", ["", "2026-3-4", "20260304", "2026-W10-3", "2025-02-29", "1899-12-31", "2201-01-01"]
    )
    def test_days_have_one_form(self, text: str) -> None:
        assert calendars.parse_day("2024-02-29") == date(2024, 2, 29)
        with pytest.raises(InvalidValue):
            calendars.parse_day(text)

    def test_for_people_in_both_languages(self) -> None:
        day, moment = date(2026, 3, 4), datetime(2026, 3, 4, 21, 6, tzinfo=UTC)
        assert calendars.format_day(day, "en-GB") == "4 March 2026"
        assert calendars.format_day(day, "zh-Hans") == "2026年3月4日"
        assert calendars.format_instant_local(moment, "Asia/Shanghai", "zh") == "2026年3月5日 05:06"
        assert calendars.format_instant_local(moment, "Europe/Lisbon", "en") == "4 March 2026, 21:06"
