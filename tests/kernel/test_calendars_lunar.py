"""The lunar calendar: day for day what the library says, and birthdays that are kept once in a lunar year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from borax.calendars.lunardate import LCalendars, LunarDate
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel import calendars
from chalicelib.kernel.calendars import CalendarNotSupported, birthdays_between
from chalicelib.kernel.calendars.lunar import LunarDay, kept_in, lunar_day, lunar_year
from infra import lunar_table

FIRST, LAST = date(1900, 1, 31), date(2101, 1, 28)
days = st.dates(FIRST, LAST)


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here reads or writes: no stack is set up."""


class TestTheTable:
    def test_is_what_the_library_says(self) -> None:
        assert lunar_table.PATH.read_text(encoding="utf-8") == lunar_table.module_text()

    def test_every_month_of_two_centuries_begins_and_ends_as_in_the_library(self) -> None:
        day, months = FIRST, 0
        while day <= LAST:
            theirs = LunarDate.from_solar(day)
            assert lunar_day(day) == (theirs.year, theirs.month, 1, bool(theirs.leap))
            length = LCalendars.ndays(theirs.year, theirs.month, theirs.leap)
            day += timedelta(days=length - 1)
            assert lunar_day(day) == (theirs.year, theirs.month, length, bool(theirs.leap))
            day, months = day + timedelta(days=1), months + 1
        assert months == 201 * 12 + sum(1 for year in range(1900, 2101) if LCalendars.leap_month(year))

    @given(days)
    def test_there_and_back(self, day: date) -> None:
        assert kept_in(lunar_year(day), lunar_day(day)) == day

    @pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
    def test_beyond_the_table(self, day: date) -> None:
        with pytest.raises(CalendarNotSupported):
            lunar_day(day)
        with pytest.raises(CalendarNotSupported):
            kept_in(2101, LunarDay(2000, 1, 1))


def kept(born: str, year: int, calendar: calendars.BirthdayCalendar = "lunar") -> str:
    return str(calendars.birthday_in(year, date.fromisoformat(born), "feb28", calendar))


def all_kept(born: str, first: int, last: int) -> list[str]:
    """The lunar birthdays in some Gregorian years."""
    found = birthdays_between(date.fromisoformat(born), date(first, 1, 1), date(last, 12, 31), "feb28", "lunar")
    return [day.isoformat() for day in found]


class TestBirthdays:
    def test_twice_in_one_gregorian_year_and_not_at_all_in_others(self) -> None:
        born = "1979-01-23"  # the 25th of the twelfth month; the eleventh is looked for
        assert lunar_day(date.fromisoformat(born)) == (1978, 12, 25, False)
        born = kept_in(1978, LunarDay(0, 11, 25)).isoformat()
        assert all_kept(born, 2021, 2021) == ["2021-01-08", "2021-12-28"]
        assert [all_kept(born, year, year) for year in (2020, 2023, 2025, 2028)] == [[], [], [], []]
        first, second = (date.fromisoformat(day) for day in all_kept(born, 2021, 2021))
        assert [calendars.birthday_year(day, "lunar") for day in (first, second)] == [2020, 2021]
        assert [calendars.birthday_year(day) for day in (first, second)] == [2021, 2021]

    def test_a_leap_month_does_not_repeat_an_ordinary_birthday(self) -> None:
        assert lunar_day(date(1994, 5, 21)) == (1994, 4, 11, False)
        assert lunar_day(date(2020, 5, 3)) == (2020, 4, 11, False)
        assert lunar_day(date(2020, 6, 2)) == (2020, 4, 11, True)
        assert all_kept("1994-05-21", 2020, 2020) == ["2020-05-03"]

    def test_born_in_a_leap_month(self) -> None:
        assert lunar_day(date(1987, 8, 5)) == (1987, 6, 11, True)
        assert all_kept("1987-08-05", 2025, 2025) == ["2025-08-04"]  # the leap day; the ordinary one was 5 July
        assert lunar_day(date(2025, 7, 5)) == (2025, 6, 11, False)
        assert kept("1987-08-05", 2026) == "2026-07-24"
        assert lunar_day(date(2026, 7, 24)) == (2026, 6, 11, False)

    def test_the_thirtieth_of_a_short_month(self) -> None:
        born = kept_in(1985, LunarDay(0, 12, 30))
        assert lunar_day(born) == (1985, 12, 30, False)
        assert [kept(born.isoformat(), year) for year in (2024, 2025, 2026)] == [
            "2025-01-28",
            "2026-02-16",
            "2027-02-05",
        ]
        assert all(lunar_day(date.fromisoformat(kept(born.isoformat(), year))).day == 29 for year in range(2024, 2029))

    @pytest.mark.parametrize(
        ("day", "month", "of_month"),
        [
            *(("2026-02-17", 1, 1), ("2027-02-06", 1, 1)),
            *(("2026-06-19", 5, 5), ("2026-09-25", 8, 15), ("2027-09-15", 8, 15)),
        ],
    )
    def test_festivals(self, day: str, month: int, of_month: int) -> None:
        found = date.fromisoformat(day)
        assert kept_in(found.year, LunarDay(0, month, of_month)) == found

    def test_the_day_of_birth_is_no_birthday(self) -> None:
        assert all_kept("2020-05-03", 2019, 2020) == []
        assert all_kept("2020-05-03", 2020, 2021) == ["2021-05-22"]

    @settings(max_examples=150, deadline=None)
    @given(st.dates(date(1905, 1, 1), date(2010, 12, 31)), st.integers(2011, 2090))
    def test_once_in_each_lunar_year(self, born: date, year: int) -> None:
        """Walked day by day: of a lunar year exactly one day is kept, and `next_birthday` goes from one to the next."""
        start, end = kept_in(year, LunarDay(0, 1, 1)), kept_in(year + 3, LunarDay(0, 1, 1)) - timedelta(days=1)
        found = birthdays_between(born, start, end, "feb28", "lunar")
        assert [calendars.birthday_year(day, "lunar") for day in found] == [year, year + 1, year + 2]
        walked, day = [], start - timedelta(days=1)
        while len(walked) < 3:
            day = calendars.next_birthday(born, day, "feb28", "lunar")
            walked.append(day)
        assert walked == found
        wanted = lunar_day(born)
        for day in found:
            seen = lunar_day(day)
            assert seen.month == wanted.month
            assert seen.day == wanted.day or (wanted.day, seen.day) == (30, 29)
            assert not seen.is_leap or wanted.is_leap
