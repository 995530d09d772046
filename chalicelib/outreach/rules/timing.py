"""When a message is due, and until when it makes sense. Instants are UTC, days are local."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from chalicelib.kernel.calendars import (
    DEFAULT_LEAP_RULE,
    BirthdayCalendar,
    LeapRule,
    birthday_in,
    birthday_year,
    birthdays_between,
    business_day,
    day_bounds,
    earliest_instant,
    local_day,
    local_instant,
    next_allowed,
    next_birthday,
)
from chalicelib.kernel.deferred import dataclass

GREETED_UNTIL = time(20)  # a greeting on the day itself: whoever is entered or corrected before this still gets one
LATE_MAX = timedelta(hours=10)  # for a day that a zone leaves out: as long as from the usual hour to GREETED_UNTIL
FOLLOW_UP_AFTER_DAYS = 2  # R2 aims at day two or three after the stay
FOLLOW_UP_WINDOW = timedelta(days=7)  # R2: within a week
ONE_DAY = timedelta(days=1)
BIRTHDAYS_APART_MIN = timedelta(days=60)  # a corrected date may fall behind the turn of a year: see `is_too_near`


@dataclass(frozen=True)
class Yearly:
    """A day that is kept every year: what happened on `first`, by which calendar, and when on 29 February.

    A year is one of that calendar: a lunar birthday may fall twice into one Gregorian year, and not at all into
    another. All of it raises CalendarNotSupported outside the years whose lunar months are known.
    """

    first: date
    leap_rule: LeapRule = DEFAULT_LEAP_RULE
    calendar: BirthdayCalendar = "gregorian"
    since: date | None = None  # it is kept on no day before this one
    until: date | None = None  # nor on any after this one; where both are one day, it is kept once

    def day_in(self, year: int) -> date | None:
        """The day in a year, or None."""
        day = birthday_in(year, self.first, self.leap_rule, self.calendar)
        return day if day is not None and self._is_within(day) else None

    def year_of(self, day: date) -> int:
        """The year that a day belongs to."""
        return birthday_year(day, self.calendar)

    def next_after(self, day: date) -> date:
        """The first day kept after `day`. Raises OverflowError where the calendar ends, or the days kept do."""
        after = max(day, self.since - ONE_DAY) if self.since is not None else day
        found = next_birthday(self.first, after, self.leap_rule, self.calendar)
        if not self._is_within(found):
            raise OverflowError("it is kept no more")
        return found

    def between(self, start: date, end: date) -> list[date]:
        """The days kept from `start` to `end`, both included."""
        found = birthdays_between(self.first, start, end, self.leap_rule, self.calendar)
        return [day for day in found if self._is_within(day)]

    def _is_within(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Due:
    """A day that is kept, and the instant at which the work for it falls due."""

    day: date
    at: datetime


@dataclass(frozen=True)
class Window:
    """From when to when a message may leave: [opens, closes)."""

    opens: datetime
    closes: datetime


class Quiet(NamedTuple):
    """Quiet hours on a wall clock; equal ends mean none."""

    start: time
    end: time


def greeting_window(day: date, hour: int, zone: str) -> Window:
    """When a greeting for `day` may leave. Where the zone leaves the day out, some hours of the next one."""
    opens = local_instant(day, time(hour), zone)
    closes = local_instant(day, GREETED_UNTIL, zone) if time(hour) < GREETED_UNTIL else day_bounds(day, zone)[1]
    return Window(opens, closes if closes > opens else opens + LATE_MAX)


def next_greeting(
    kept: Yearly, now: datetime, zones: Collection[str], chain_zone: str, hour: int, *, is_imported: bool
) -> Due:
    """When to look at a guest's next birthday, or another day that is kept every year.

    With several zones (a guest of several properties) at the first of them; with none at the first place on Earth: the
    handler then waits for the exact hour. An hour that has passed today counts until GREETED_UNTIL, but not for
    imported guests. Raises OverflowError where the calendar ends.
    """
    if zones:
        found = [_next_in(zone, kept, now, hour, is_imported=is_imported) for zone in zones]
        return min(found, key=lambda due: (due.at, due.day))
    exact = _next_in(chain_zone, kept, now, hour, is_imported=is_imported)
    early = earliest_instant(exact.day, time(hour))
    return Due(exact.day, early) if now < early < exact.at else exact


def greeting_after(day: date, kept: Yearly, now: datetime, zones: Collection[str], chain_zone: str, hour: int) -> Due:
    """When to look at the day after the one kept on `day`, which has been decided."""
    found = next_greeting(kept, now, zones, chain_zone, hour, is_imported=True)
    if found.day > day and kept.year_of(found.day) > kept.year_of(day):
        return found
    # The year has been decided, perhaps on another day of it: the next greeting belongs to a later year.
    later = kept.next_after(day)
    while kept.year_of(later) == kept.year_of(day):
        later = kept.next_after(later)
    opens = [local_instant(later, time(hour), zone) for zone in zones] or [earliest_instant(later, time(hour))]
    return Due(later, max(min(opens), now))


def _next_in(zone: str, kept: Yearly, now: datetime, hour: int, *, is_imported: bool) -> Due:
    today = local_day(now, zone)
    # A day that the zone left out is kept on the following one, so yesterday's may still be open.
    day = kept.next_after(today - 2 * ONE_DAY)
    while True:
        window = greeting_window(day, hour, zone)
        if now <= window.opens:
            return Due(day, window.opens)
        if not is_imported and now < window.closes:
            return Due(day, now)
        day = kept.next_after(day)


def is_too_near(day: date, greeted: Iterable[date]) -> bool:
    """Whether a guest who was greeted for a birthday on those days would be greeted twice by a greeting on this one.

    Within a year the greeting's own key sees to that. But 31 December, corrected to 1 January once the guest has been
    greeted, is a birthday of the next year.
    """
    return any(timedelta(0) < abs(day - one) < BIRTHDAYS_APART_MIN for one in greeted)


def follow_up_window(checked_out_at: datetime, hour: int, zone: str, close: time) -> Window:
    """When the message after a first stay may leave: from the second day on, within a week of the check-out.

    The day of a check-out is the hotel's business day; a check-out at the very close still belongs to the day closed.
    """
    left_on = business_day(checked_out_at - timedelta(microseconds=1), zone, close)
    opens = local_instant(left_on + timedelta(days=FOLLOW_UP_AFTER_DAYS), time(hour), zone)
    return Window(max(opens, checked_out_at), checked_out_at + FOLLOW_UP_WINDOW)


def moment_in(window: Window, now: datetime, zone: str, quiet: Quiet) -> datetime | None:
    """The first instant from `now` on at which a message may leave: in the window and not in quiet hours. None: never.

    It is `now` itself if that will do.
    """
    allowed = next_allowed(max(now, window.opens), zone, quiet.start, quiet.end)
    return allowed if allowed < window.closes else None
