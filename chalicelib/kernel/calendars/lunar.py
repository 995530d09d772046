"""The Chinese lunar calendar: which lunar day a day is, and on which day a lunar day comes.

A lunar year has twelve months of 29 or 30 days, in some years also a leap month, which bears the number of the month
before it. It is named after the Gregorian year in which it begins, so its last weeks lie in the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from chalicelib.kernel.calendars.lunar_table import FIRST_DAY, FIRST_YEAR, YEARS

LONG, SHORT = 30, 29
LEAP_IS_LONG, LEAP_MONTH = 12, 13  # bits of a year's word


class CalendarNotSupported(ValueError):
    """A day outside the years whose lunar months are known: whoever greets skips, with this as the reason."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the lunar months of {year} are not known")
        self.year = year


class LunarDay(NamedTuple):
    """A day of the lunar calendar. `month` is that of the name; `is_leap` tells the leap month after it from it."""

    year: int
    month: int
    day: int
    is_leap: bool = False


class _Month(NamedTuple):
    """A month of a year: its name, and on which day of the year (from 0) it begins."""

    month: int
    is_leap: bool
    begins: int
    length: int


def lunar_day(day: date) -> LunarDay:
    """What a day is in the lunar calendar. Raises CalendarNotSupported."""
    beginnings = _beginnings()
    place = bisect_right(beginnings, day.toordinal()) - 1
    if not 0 <= place < len(beginnings) - 1:
        raise CalendarNotSupported(day.year)
    year = FIRST_YEAR + place
    of_year = day.toordinal() - beginnings[place]
    found = next(month for month in reversed(_months(year)) if month.begins <= of_year)
    return LunarDay(year, found.month, of_year - found.begins + 1, found.is_leap)


def lunar_year(day: date) -> int:
    """The lunar year that a day lies in. Raises CalendarNotSupported."""
    return lunar_day(day).year


def kept_in(year: int, kept: LunarDay) -> date:
    """The day of a lunar year on which a lunar day is kept, whatever year it first was in.

    A day of a leap month is kept in the leap month where the year has it, else in the ordinary month of the name, and a
    day of an ordinary month always in the ordinary one: never in both. A thirtieth is kept on the twenty-ninth where
    the month has no more days. Raises CalendarNotSupported.
    """
    if not 0 <= year - FIRST_YEAR < len(_beginnings()) - 1:
        raise CalendarNotSupported(year)
    named = [month for month in _months(year) if month.month == kept.month]
    month = named[-1] if kept.is_leap else named[0]
    first = date.fromordinal(_beginnings()[year - FIRST_YEAR] + month.begins)
    return first + timedelta(days=min(kept.day, month.length) - 1)


@cache
def _words() -> tuple[int, ...]:
    return tuple(int(word, 16) for word in YEARS.split())


@cache
def _beginnings() -> tuple[int, ...]:
    """The ordinal of each year's first day, and of the day after the last year."""
    found = [FIRST_DAY.toordinal()]
    for place in range(len(_words())):
        last = _months(FIRST_YEAR + place)[-1]
        found.append(found[-1] + last.begins + last.length)
    return tuple(found)


@cache
def _months(year: int) -> tuple[_Month, ...]:
    """The months of a year in order."""
    word, begins, found = _words()[year - FIRST_YEAR], 0, []
    for month in range(1, 13):
        names = [(month, False, month - 1)]
        if word >> LEAP_MONTH == month:
            names.append((month, True, LEAP_IS_LONG))
        for name, is_leap, bit in names:
            length = LONG if word >> bit & 1 else SHORT
            found.append(_Month(name, is_leap, begins, length))
            begins += length
    return tuple(found)
