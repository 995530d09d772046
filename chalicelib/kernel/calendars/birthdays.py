"""When a day that recurs every year is kept: a birthday, and any other anniversary, by either calendar.

Whoever keeps it by the lunar calendar counts lunar years. That matters to whoever keeps it once a year: the 25th of the
eleventh month came twice in 2021, in January for the lunar year 2020 and in December, and not at all in 2020 and 2023.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date
from typing import Literal, get_args

from chalicelib.kernel.calendars.lunar import CalendarNotSupported, kept_in, lunar_day, lunar_year

LeapRule = Literal["feb28", "mar1", "leap_only"]
LEAP_RULES: tuple[LeapRule, ...] = get_args(LeapRule)
DEFAULT_LEAP_RULE: LeapRule = "feb28"

BirthdayCalendar = Literal["gregorian", "lunar"]
BIRTHDAY_CALENDARS: tuple[BirthdayCalendar, ...] = get_args(BirthdayCalendar)

# Around 1900 to 2100 two leap years are at most eight years apart (1896 and 1904, 2096 and 2104).
LEAP_YEARS_APART_MAX = 8


def birthday_in(
    year: int,
    birth_date: date,
    leap_rule: LeapRule = DEFAULT_LEAP_RULE,
    birthday_calendar: BirthdayCalendar = "gregorian",
) -> date | None:
    """The day of `year` on which the birthday is kept, or None, as in the year of birth and before it.

    A birthday on 29 February is kept in common years on the day that `leap_rule` says, or not at all (`leap_only`).
    With `lunar` the year is a lunar one; the birth date is Gregorian all the same, and the lunar day that it was is
    kept. Raises CalendarNotSupported where the lunar months are not known.
    """
    if birthday_calendar == "lunar":
        born = lunar_day(birth_date)
        return kept_in(year, born) if year > born.year else None
    if year <= birth_date.year:
        return None
    if (birth_date.month, birth_date.day) != (2, 29) or isleap(year):
        return birth_date.replace(year=year)
    if leap_rule == "leap_only":
        return None
    return date(year, 3, 1) if leap_rule == "mar1" else date(year, 2, 28)


def birthday_year(day: date, birthday_calendar: BirthdayCalendar = "gregorian") -> int:
    """The year that a birthday kept on `day` belongs to. Raises CalendarNotSupported."""
    return lunar_year(day) if birthday_calendar == "lunar" else day.year


def next_birthday(
    birth_date: date,
    after: date,
    leap_rule: LeapRule = DEFAULT_LEAP_RULE,
    birthday_calendar: BirthdayCalendar = "gregorian",
) -> date:
    """The first birthday strictly after the day `after`. Ask with the day before to include a day itself.

    Raises CalendarNotSupported, and OverflowError where the calendar ends, in the year 9999.
    """
    first = birthday_year(birth_date, birthday_calendar) + 1
    if after > birth_date:
        first = max(first, birthday_year(after, birthday_calendar))
    for year in range(first, min(first + LEAP_YEARS_APART_MAX + 1, date.max.year + 1)):
        birthday = birthday_in(year, birth_date, leap_rule, birthday_calendar)
        if birthday is not None and birthday > after:
            return birthday
    raise OverflowError("no birthday before the calendar ends")


def birthdays_between(
    birth_date: date,
    start: date,
    end: date,
    leap_rule: LeapRule = DEFAULT_LEAP_RULE,
    birthday_calendar: BirthdayCalendar = "gregorian",
) -> list[date]:
    """Every birthday from `start` to `end`, both included, in order. The caller bounds the span."""
    if end <= birth_date:
        return []
    years = range(birthday_year(max(start, birth_date), birthday_calendar), birthday_year(end, birthday_calendar) + 1)
    found = (birthday_in(year, birth_date, leap_rule, birthday_calendar) for year in years)
    return [birthday for birthday in found if birthday is not None and start <= birthday <= end]


def age_on(birth_date: date, day: date, leap_rule: LeapRule = DEFAULT_LEAP_RULE) -> int:
    """Completed years of life on `day`, negative before birth. The birthday itself counts as completed.

    The law counts by the Gregorian calendar, whichever the birthday is kept by. Who keeps a birthday in leap years only
    still grows older in the others: on 1 March, the later of the two days, so that nobody is taken for an adult too
    early.
    """
    years = day.year - birth_date.year
    if (birth_date.month, birth_date.day) == (2, 29) and leap_rule == "feb28" and not isleap(day.year):
        return years - ((day.month, day.day) < (2, 28))
    return years - ((day.month, day.day) < (birth_date.month, birth_date.day))


__all__ = [
    "BIRTHDAY_CALENDARS",
    "DEFAULT_LEAP_RULE",
    "LEAP_RULES",
    "BirthdayCalendar",
    "CalendarNotSupported",
    "LeapRule",
    "age_on",
    "birthday_in",
    "birthday_year",
    "birthdays_between",
    "next_birthday",
]
