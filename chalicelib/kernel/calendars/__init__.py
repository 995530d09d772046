"""Days, instants and wall clocks: when a birthday falls, and at which instant a local hour comes.

An instant is an aware datetime in UTC; a day is a date without a zone; a wall is what a clock in a zone
shows. Every question about a zone rests on one definition: a wall *comes* at the first instant at which the
zone's clock shows it or something later. That answers the hour that a zone skips (the first valid minute
after the gap), the hour that it repeats (the first time round) and the day that it leaves out (Samoa's 30
December 2011) alike.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.kernel.calendars.birthdays import (
    BIRTHDAY_CALENDARS,
    DEFAULT_LEAP_RULE,
    LEAP_RULES,
    BirthdayCalendar,
    CalendarNotSupported,
    LeapRule,
    age_on,
    birthday_in,
    birthday_year,
    birthdays_between,
    next_birthday,
)
from chalicelib.kernel.i18n import N_, InvalidValue, supported_language

__all__ = [
    "BIRTHDAY_CALENDARS",
    "DEFAULT_LEAP_RULE",
    "LEAP_RULES",
    "YEAR_MAX",
    "YEAR_MIN",
    "BirthdayCalendar",
    "CalendarNotSupported",
    "LeapRule",
    "age_on",
    "birthday_in",
    "birthday_year",
    "birthdays_between",
    "business_day",
    "day_bounds",
    "earliest_instant",
    "format_day",
    "format_instant",
    "format_instant_local",
    "in_quiet_hours",
    "local_day",
    "local_instant",
    "local_time",
    "next_allowed",
    "next_birthday",
    "parse_day",
    "parse_instant",
    "sortable_instant",
]

# Nobody alive was born before the first, and nothing is planned for after the second; both keep a typing slip
# (`0203`, `20226`) from becoming a date.
YEAR_MIN = 1900
YEAR_MAX = 2200

# No zone is further ahead of UTC (Kiritimati; also Samoa in its summers until 2021).
FURTHEST_AHEAD = timedelta(hours=14)

ZONES_CACHED = 640  # the tz database has some 600

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))"
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


# -- wall clocks -------------------------------------------------------------------------------------------


def local_instant(day: date, at: time, zone: str) -> datetime:
    """The instant at which `at` on `day` comes in `zone`.

    In a gap the first valid minute after it, in a repeated hour the first time round, on a day that the zone
    leaves out its next valid instant. Raises InvalidValue for a zone that does not exist, as all of these do.
    """
    return _when_wall_comes(datetime.combine(day, at.replace(tzinfo=None, fold=0)), _zone(zone))


def earliest_instant(day: date, at: time) -> datetime:
    """The first instant at which `at` on `day` comes anywhere on Earth.

    For arming work whose zone is only looked up when it falls due.
    """
    return datetime.combine(day, at, UTC) - FURTHEST_AHEAD


def local_day(instant: datetime, zone: str) -> date:
    """The day that it is in `zone` at `instant`."""
    return _wall(instant, _zone(zone)).date()


def local_time(instant: datetime, zone: str) -> time:
    """What the clock shows in `zone` at `instant`."""
    return _wall(instant, _zone(zone)).time()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The instants at which `day` comes and at which the next one does: [start, end).

    23 or 25 hours apart where clocks change, and nothing apart for a day that the zone leaves out.
    """
    midnight = time(0)
    return local_instant(day, midnight, zone), local_instant(day + timedelta(days=1), midnight, zone)


def in_quiet_hours(instant: datetime, zone: str, start: time, end: time) -> bool:
    """Whether a clock in `zone` shows something in [start, end).

    The hours may go over midnight (21:00 to 09:00). Equal ends mean that no hour is quiet.
    """
    return _is_quiet(local_time(instant, zone), start, end)


def next_allowed(instant: datetime, zone: str, quiet_start: time, quiet_end: time) -> datetime:
    """The first instant from `instant` on (itself included) that is not in the quiet hours of `zone`.

    Walks to the end of the quiet hours or to the next change of the clocks, whichever comes first, and looks
    again: after a change it may be earlier, later or another day.
    """
    place = _zone(zone)
    candidate = _as_utc(instant)
    while _is_quiet((wall := _wall(candidate, place)).time(), quiet_start, quiet_end):
        ends = datetime.combine(wall.date(), quiet_end)
        if ends <= wall:
            ends += timedelta(days=1)
        quiet_end_at = candidate + (ends - wall)
        if _offset(quiet_end_at, place) == _offset(candidate, place):
            return quiet_end_at
        candidate = _clock_change(candidate, quiet_end_at, place)
    return candidate


def business_day(instant: datetime, zone: str, close: time) -> date:
    """The hotel's day at `instant`: until `close` (03:00, say) the night still belongs to the day before."""
    wall = _wall(instant, _zone(zone))
    return wall.date() - timedelta(days=1) if wall.time() < close else wall.date()


# -- reading and writing -----------------------------------------------------------------------------------


def parse_day(text: str) -> date:
    """A day from `2026-03-04`, and from nothing else. Raises InvalidValue."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise InvalidValue(N_("is not a date in the form 2026-03-04"))
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise InvalidValue(N_("is not a day of the calendar")) from None
    _check_year(day.year)
    return day


def parse_instant(text: str) -> datetime:
    """An instant from RFC 3339: `2026-03-04T05:06:07Z`, or with an offset.

    Up to nine decimals are read and kept to the microsecond. Raises InvalidValue; also for a time without an
    offset, which is no instant, and for leap seconds.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise InvalidValue(N_("is not an instant with an offset in the form 2026-03-04T05:06:07Z"))
    hour, minute, second = int(found[2]), int(found[3]), int(found[4])
    if second == 60:
        raise InvalidValue(N_("is a leap second, which clocks here do not count: send the second before or after it"))
    microsecond = int((found[5] or "").ljust(6, "0")[:6])
    offset_hours, offset_minutes = int(found[8] or 0), int(found[9] or 0)
    if hour > 23 or minute > 59 or second > 59 or offset_hours > 23 or offset_minutes > 59:
        raise InvalidValue(N_("has a time of day or an offset that does not exist"))
    offset = timedelta(hours=offset_hours, minutes=offset_minutes) * (-1 if found[7] == "-" else 1)
    wall = datetime.combine(parse_day(found[1]), time(hour, minute, second, microsecond), UTC)
    instant = wall - offset
    _check_year(instant.year)
    return instant


def format_instant(instant: datetime) -> str:
    """The shortest exact RFC 3339 in UTC: seconds, else milliseconds, else microseconds. For APIs."""
    moment = _as_utc(instant)
    if moment.microsecond % 1000:
        precision = "microseconds"
    else:
        precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def sortable_instant(instant: datetime) -> str:
    """`2026-03-04T05:06:07.123456Z`: always 27 characters, so that texts sort as time does. For keys."""
    return _as_utc(instant).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def format_day(day: date, language: str) -> str:
    """For people: `4 March 2026`, or `2026年3月4日`."""
    if supported_language(language) == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def format_instant_local(instant: datetime, zone: str, language: str) -> str:
    """For people in `zone`, to the minute: `4 March 2026, 05:06`, or `2026年3月4日 05:06`."""
    wall = _wall(instant, _zone(zone))
    separator = " " if supported_language(language) == "zh" else ", "
    return f"{format_day(wall.date(), language)}{separator}{wall:%H:%M}"


# -- inside ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=ZONES_CACHED)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; a path; a folder of zones
        raise InvalidValue(N_("is not a time zone of the tz database, such as Europe/Lisbon")) from None


def _as_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset: this datetime is naive")
    return instant.astimezone(UTC)


def _wall(instant: datetime, place: ZoneInfo) -> datetime:
    return _as_utc(instant).astimezone(place).replace(tzinfo=None, fold=0)


def _offset(instant: datetime, place: ZoneInfo) -> timedelta:
    return _utc_offset(instant.astimezone(place))


def _utc_offset(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None  # every zone of the tz database has one
    return offset


def _when_wall_comes(wall: datetime, place: ZoneInfo) -> datetime:
    """The first instant whose wall in `place` is `wall` or later."""
    # PEP 495: where clocks change, fold 0 applies the offset from before, fold 1 the one from after. A clock
    # put back shows the wall twice, first by fold 0; one put forward skips it, and fold 0 lands too late.
    before, after = _utc_offset(wall.replace(tzinfo=place)), _utc_offset(wall.replace(tzinfo=place, fold=1))
    instant = (wall - before).replace(tzinfo=UTC)
    if before >= after:
        return instant
    return _clock_change((wall - after).replace(tzinfo=UTC), instant, place)


def _clock_change(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """The one instant in (before, after] from which the offset of `after` holds, to the second."""
    before_offset = _offset(before, place)
    low, high = 0, int((after - before) / timedelta(seconds=1)) + 1
    start = before.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(start + timedelta(seconds=middle), place) == before_offset:
            low = middle
        else:
            high = middle
    return start + timedelta(seconds=high)


def _is_quiet(clock: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= clock < end
    return clock >= start or clock < end


def _check_year(year: int) -> None:
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise InvalidValue(N_("lies outside the years %(first)d to %(last)d"), first=YEAR_MIN, last=YEAR_MAX)
