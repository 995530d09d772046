"""I7 for lunar birthdays: the same zones and days, and guests who keep the lunar day that the day is.

What the lunar calendar says here is read day by day from borax, which the product does not run on; the rules for leap
months and thirtieths are reckoned a second time, over a list of the days of a lunar year. Each day of each zone is
asked about as in `calendar_days`: born in an ordinary month and, where there ever was such a one, in a leap month.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from borax.calendars.lunardate import LCalendars, LunarDate

from chalicelib.outreach.rules.timing import Yearly
from infra.proof.calendar_days import USUAL_HOUR, Clock, Greeted, problems_at, prove_by, second_of
from infra.proof.finding import Finding

DAY = timedelta(days=1)
BORN_FROM, BORN_UNTIL = 1910, 1970  # births in these years are of adults in every year that is tried, from 1993 on
LONG = 30


class Named(NamedTuple):
    """A day of the lunar calendar by its name."""

    month: int
    day: int
    is_leap: bool


def prove(scale: float, seed: int) -> Finding:
    """Every zone at full scale, else a part of them drawn by the seed; the awkward ones always."""
    return prove_by(problems_of, scale, seed)


def problems_of(clock: Clock, day: date, source: random.Random) -> Iterator[str]:
    """What the product has wrong about guests whose lunar birthday is kept on a day."""
    opens = clock.comes(second_of(day) + USUAL_HOUR * 3600)
    year = lunar_year_of(day)
    for named in kept_on(day):
        births = births_of(named)
        if births:
            guest = Greeted(Yearly(source.choice(births), calendar="lunar"), day, kept_day(year + 1, named))
            yield from problems_at(clock, guest, USUAL_HOUR, opens, source)


# -- the lunar calendar, as the library has it -----------------------------------------------------------------


@cache
def named(day: date) -> Named:
    """What the library calls a day."""
    found = LunarDate.from_solar(day)
    return Named(found.month, found.day, bool(found.leap))


@cache
def lunar_year_of(day: date) -> int:
    """The lunar year that the library counts a day to."""
    return int(LunarDate.from_solar(day).year)


@cache
def days_of(year: int) -> dict[Named, date]:
    """The days of a lunar year by name."""
    day = LunarDate(year, 1, 1, 0).to_solar_date()
    found = {}
    while lunar_year_of(day) == year:
        found[named(day)] = day
        day += DAY
    return found


@cache
def kept_day(year: int, born: Named) -> date:
    """The day of a lunar year on which a birthday is kept."""
    days = days_of(year)
    months = [born.is_leap, False] if born.is_leap else [False]
    for is_leap in months:
        if Named(born.month, 1, is_leap) in days:
            last = max(one.day for one in days if (one.month, one.is_leap) == (born.month, is_leap))
            return days[Named(born.month, min(born.day, last), is_leap)]
    raise LookupError(f"the lunar year {year} has no month {born.month}")


@cache
def kept_on(day: date) -> tuple[Named, ...]:
    """The names of all lunar days of birth whose birthday is kept on a day."""
    year, of_day = lunar_year_of(day), named(day)
    candidates = [Named(of_day.month, number, is_leap) for number in {of_day.day, LONG} for is_leap in (False, True)]
    return tuple(one for one in candidates if kept_day(year, one) == day)


@cache
def births_of(born: Named) -> tuple[date, ...]:
    """The days in some decades that bore a name."""
    found = []
    for year in range(BORN_FROM, BORN_UNTIL):
        if born.is_leap and LCalendars.leap_month(year) != born.month:
            continue
        if LCalendars.ndays(year, born.month, int(born.is_leap)) >= born.day:
            found.append(LunarDate(year, born.month, born.day, int(born.is_leap)).to_solar_date())
    return tuple(found)
