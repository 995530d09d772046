"""I7: nobody due is forgotten, in any zone, on any day of four years, by either rule for 29 February.

The oracle knows nothing of the product's calendars. It walks through the years in UTC and asks each zone only what its
offset is, until it has every change to the second; then a wall clock's hour comes at the first instant of the first
stretch of one offset that shows it or something later. For each day of each zone the product is asked, with the clock
somewhere before it, when it will look at a guest who was born on that day, and after the greeting when it will look
again; both must be the oracle's instants.
"""

from __future__ import annotations

import random
import zoneinfo
from bisect import bisect_right
from calendar import isleap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from chalicelib.kernel.calendars import LeapRule
from chalicelib.outreach.rules import timing
from chalicelib.outreach.rules.timing import Yearly
from infra.proof.finding import Finding, goal_of

ZONES = 599  # of the tz database when the goal was set
FIRST_YEAR, YEARS = 2024, 4
ZONE_DAYS = ZONES * 1461
HOURS = tuple(range(24))
USUAL_HOUR = 10
UNTIL_HOUR = 20
AHEAD_S = 160 * 86_400  # how long before a birthday it is asked for: no other one lies between
LATE_S = 10 * 3600
STRETCH_S = 3 * 3600  # no zone changes its clocks twice within three hours
RULES: tuple[LeapRule, ...] = ("feb28", "mar1", "leap_only")
# Zones and years in which a day is missing, comes twice, or the change is no whole hour; added to the four years.
AWKWARD = (
    ("Pacific/Apia", 2011),
    ("Pacific/Fakaofo", 2011),
    ("Pacific/Kwajalein", 1993),
    ("America/Adak", 1983),
    ("Australia/Lord_Howe", 2008),
    ("Africa/Monrovia", 1972),
    ("Antarctica/Troll", 2025),
    ("Asia/Pyongyang", 2018),
)
DAY = timedelta(days=1)
SHOWN_FAILURES = 50


@dataclass(frozen=True)
class Clock:
    """A zone as stretches of one offset: where each begins in UTC seconds, and its offset in seconds."""

    zone: str
    begins: tuple[int, ...]
    offsets: tuple[int, ...]

    def comes(self, wall_s: int) -> int:
        """The first UTC second at which the wall clock shows `wall_s` (as if UTC) or something later."""
        place = max(0, bisect_right(self.begins, wall_s - 2 * 86_400) - 1)
        while True:
            at = max(self.begins[place], wall_s - self.offsets[place])
            if place + 1 == len(self.begins) or at < self.begins[place + 1]:
                return at
            place += 1

    def day_at(self, second: int) -> date:
        """The day that the wall clock shows."""
        place = bisect_right(self.begins, second) - 1
        return datetime.fromtimestamp(second + self.offsets[place], UTC).date()


def clock_of(zone: str, first_year: int, years: int) -> Clock:
    """Walk through the years and note where the offset of a zone changes."""
    place = zoneinfo.ZoneInfo(zone)

    def offset(second: int) -> int:
        found = datetime.fromtimestamp(second, UTC).astimezone(place).utcoffset()
        assert found is not None
        return int(found.total_seconds())

    at = second_of(date(first_year, 1, 1)) - 10 * 86_400
    end = second_of(date(first_year + years + 9, 1, 1))
    begins, offsets = [at], [offset(at)]
    while at < end:
        ahead = at + STRETCH_S
        if offset(ahead) != offsets[-1]:
            low, high = at, ahead  # the offset of `low` still holds at it, and no longer at `high`
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
            begins.append(high)
            offsets.append(offset(high))
        at = ahead
    return Clock(zone, tuple(begins), tuple(offsets))


def prove(scale: float, seed: int) -> Finding:
    """Every zone at full scale, else a part of them drawn by the seed; the awkward ones always."""
    return prove_by(problems_of, scale, seed)


def prove_by(problems: Callable[[Clock, date, random.Random], Iterator[str]], scale: float, seed: int) -> Finding:
    """Ask what is wrong about each day of each zone."""
    zones = sorted(zoneinfo.available_timezones())
    finding = Finding(goal_of(ZONE_DAYS, scale))
    finding.notes["zones"] = len(zones)
    if scale < 1:
        known = {zone for zone, _ in AWKWARD}
        others = [zone for zone in zones if zone not in known]
        random.Random(f"{seed} zones").shuffle(others)
        zones = sorted(known) + others[: goal_of(ZONES, scale)]
    for zone, year in [*((zone, FIRST_YEAR) for zone in zones), *AWKWARD]:
        if len(finding.failures) > SHOWN_FAILURES:
            break
        source = random.Random(f"{seed} {zone}")
        clock = clock_of(zone, year, YEARS)
        for day in _days(year):
            finding.failures += [f"seed {seed}, {zone}, {day}: {one}" for one in problems(clock, day, source)]
            finding.count += 1
    return finding


def problems_of(clock: Clock, day: date, source: random.Random) -> Iterator[str]:
    """What the product has wrong about guests of this birthday: the usual hour, or any hour around a change."""
    second = second_of(day)
    for hour in HOURS if is_near_change(clock, second) else (source.choice(HOURS), USUAL_HOUR):
        opens = clock.comes(second + hour * 3600)
        for born, rule in _born_on(day, source):
            later = _kept_after(born, day, rule)
            yield from problems_at(clock, Greeted(Yearly(born, rule), day, later), hour, opens, source)


@dataclass(frozen=True)
class Greeted:
    """A guest and the two birthdays in question, as the oracle has them."""

    kept: Yearly
    day: date
    later: date


def problems_at(clock: Clock, guest: Greeted, hour: int, opens: int, source: random.Random) -> Iterator[str]:
    """What the product has wrong about a guest who is to be greeted at an hour, which comes at `opens`."""
    kept, day, later = guest.kept, guest.day, guest.later
    where = f"born {kept.first}, {kept.calendar}, {kept.leap_rule}, {hour}:00"
    due_at = datetime.fromtimestamp(opens, UTC)
    before = due_at - timedelta(seconds=source.randint(0, AHEAD_S))
    for is_imported in (False, True):
        due = timing.next_greeting(kept, before, [clock.zone], "UTC", hour, is_imported=is_imported)
        if (due.day, due.at) != (day, due_at):
            yield f"{where}: at {before} it is to be looked at on {due.at} for {due.day}, and is due at {due_at}"
    anywhere = timing.next_greeting(kept, before, [], clock.zone, hour, is_imported=True)
    if anywhere.day != day or anywhere.at > due_at:
        yield f"{where}: somebody of no known zone is looked at on {anywhere.at}, and is due at {due_at}"
    closes = _closes(clock, day, hour, opens)
    window = timing.greeting_window(day, hour, clock.zone)
    if (window.opens, window.closes) != (due_at, datetime.fromtimestamp(closes, UTC)):
        yield f"{where}: the window is {window.opens} to {window.closes}, and is due at {due_at}"
    inside = datetime.fromtimestamp(source.randrange(opens, closes), UTC)
    entered = timing.next_greeting(kept, inside, [clock.zone], "UTC", hour, is_imported=False)
    if (entered.day, entered.at) != (day, inside):
        yield f"{where}: somebody entered at {inside} is looked at on {entered.at} for {entered.day}"
    late = due_at + timedelta(seconds=source.choice((0, 1, 600)))
    after = timing.greeting_after(day, kept, late, [clock.zone], "UTC", hour)
    if (after.day, after.at) != (later, datetime.fromtimestamp(clock.comes(second_of(later) + hour * 3600), UTC)):
        yield f"{where}: after {day} comes {after.day} at {after.at}"


def is_near_change(clock: Clock, second: int) -> bool:
    """Whether the clocks change within days of a midnight."""
    return bisect_right(clock.begins, second - 2 * 86_400) != bisect_right(clock.begins, second + 3 * 86_400)


def _closes(clock: Clock, day: date, hour: int, opens: int) -> int:
    """When it is too late for a greeting of the day: in the evening, or at its end if it began later than that."""
    second = second_of(day)
    closes = clock.comes(second + (UNTIL_HOUR * 3600 if hour < UNTIL_HOUR else 86_400))
    return closes if closes > opens else opens + LATE_S  # the zone leaves the day out


# -- birthdays, reckoned a second time --------------------------------------------------------------------------


def _born_on(day: date, source: random.Random) -> Iterator[tuple[date, LeapRule]]:
    """Guests whose birthday is kept on a day: those born on it, and those of 29 February where a rule says so."""
    years = source.randint(18, 90)
    if (day.month, day.day) == (2, 29):
        for rule in RULES:
            yield date(day.year - 20 - 4 * (years % 12), 2, 29), rule
        return
    yield date(day.year - years, day.month, day.day), source.choice(RULES)
    if not isleap(day.year):
        if (day.month, day.day) == (2, 28):
            yield date(1940, 2, 29), "feb28"
        if (day.month, day.day) == (3, 1):
            yield date(1940, 2, 29), "mar1"


def _kept_in(born: date, year: int, rule: LeapRule) -> date | None:
    if (born.month, born.day) == (2, 29) and not isleap(year):
        return {"feb28": date(year, 2, 28), "mar1": date(year, 3, 1), "leap_only": None}[rule]
    return date(year, born.month, born.day)


def _kept_after(born: date, day: date, rule: LeapRule) -> date:
    """The birthday of the next year that has one."""
    found = (_kept_in(born, year, rule) for year in range(day.year + 1, day.year + 10))
    return next(kept for kept in found if kept is not None)


def _days(first_year: int) -> Iterator[date]:
    day = date(first_year, 1, 1)
    while day < date(first_year + YEARS, 1, 1):
        yield day
        day += DAY


def second_of(day: date) -> int:
    """A day's midnight as if in UTC, in seconds."""
    return int(datetime.combine(day, time(), UTC).timestamp())
