"""What the year must bring, reckoned from the bookings alone: first stays, birthdays, and who falls silent.

Nothing of the product is asked here but on which day a lunar birthday lies. The rules are written a second time,
plainly, so that a greeting or a call that the product forgets, or makes up, is missed by somebody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from chalicelib.kernel.calendars.lunar import kept_in, lunar_day
from infra.demo.bookings import HOTELS, Booking
from infra.demo.timeline import Status, status_on
from infra.demo.year.houses import close_of
from infra.demo.year.part import ONE_DAY, Part, Person

GREETED_AT = time(10)
ZONE = next(iter(HOTELS.values())).time_zone  # both hotels keep the same time
REGULAR_STAYS, REGULAR_DAYS, SILENT_DAYS, GAP_FACTOR = 3, 90, 14, 1.5


def first_stays(part: Part) -> set[int]:
    """The guests whose first stay the chain has seen ending: it heard of it before it was over, and of none sooner."""
    found = set()
    for person in part.people.values():
        ended = _ended(part, person)
        first = [one for one in ended if one.settled_on == ended[0].settled_on]
        if first and all(part.told_on(one) < one.settled_on for one in first):
            found.add(person.number)
    return found


def birthdays(part: Part) -> set[tuple[int, str]]:
    """Guests and the days of their birthdays whose hour came while they were known."""
    found = set()
    for person in part.people.values():
        zone = ZoneInfo(person.identity.time_zone or ZONE)
        for day in _birthdays(part, person):
            comes = datetime.combine(day, GREETED_AT, zone)
            if close_of(person.told_on) <= comes <= close_of(part.span.last):
                found.add((person.number, day.isoformat()))
    return found


def silences(part: Part) -> Counter[int]:
    """How often each guest falls silent: two weeks after a stay, or half as long again as usual, nothing booked."""
    found: Counter[int] = Counter()
    for person in part.people.values():
        ended = _ended(part, person)
        for place, last in enumerate(ended):
            following = ended[place + 1].settled_on if place + 1 < len(ended) else part.span.last + ONE_DAY
            if part.told_on(last) >= last.settled_on or following == last.settled_on:
                continue
            allowed = _allowed([one for one in ended if one.settled_on <= last.settled_on], last)
            if allowed is None:
                continue
            silent_on = last.settled_on + timedelta(days=int(allowed) + 1)
            found[person.number] += _is_found(part, person, silent_on, following)
    return +found


# -- inside ----------------------------------------------------------------------------------------------------


def _ended(part: Part, person: Person) -> list[Booking]:
    """The completed stays by the day on which they ended."""
    ended = [one for one in person.bookings if one.is_completed and one.settled_on <= part.span.last]
    return sorted(ended, key=lambda one: one.settled_on)


def _birthdays(part: Part, person: Person) -> Iterator[date]:
    born = person.identity.birth_date
    if born is None:
        return
    for year in range(part.span.history.year - 1, part.span.last.year + 1):
        if person.is_lunar:
            yield kept_in(year, lunar_day(born))
        elif (born.month, born.day) == (2, 29) and year % 4:
            yield date(year, 2, 28)
        else:
            yield born.replace(year=year)


def _allowed(ended: list[Booking], last: Booking) -> float | None:
    """How many days a guest may stay away after the last of these stays; None for who has never come back."""
    since = last.departure - timedelta(days=REGULAR_DAYS)
    if sum(since <= one.departure <= last.departure for one in ended) >= REGULAR_STAYS:
        return SILENT_DAYS
    gaps, home_since = [], None
    for one in sorted(ended, key=lambda stay: (stay.arrival, stay.departure)):
        if home_since is not None and one.arrival >= home_since:
            gaps.append((one.arrival - home_since).days)
        home_since = max(home_since or one.departure, one.departure)
    return max(SILENT_DAYS, GAP_FACTOR * median(gaps)) if gaps else None


def _is_found(part: Part, person: Person, silent_on: date, following: date) -> bool:
    """Whether somebody is found silent before the next stay ends: on the morning of the day, or whenever a booking
    falls through after it. The last evening's news leads to nothing within the year."""
    if silent_on > part.span.last or silent_on > following:
        return False
    days = [silent_on - ONE_DAY]
    while days[-1] < min(following, part.span.last) - ONE_DAY:
        days.append(days[-1] + ONE_DAY)
    return any(not _is_back(part, person, day, silent_on) for day in days)


def _is_back(part: Part, person: Person, day: date, silent_on: date) -> bool:
    """Whether at the close of a day a guest is in the house, or has booked."""
    today = max(day, silent_on)
    for one in person.bookings:
        if part.told_on(one) <= day:
            status = status_on(one, day)
            if status is Status.IN_HOUSE or (status is Status.BOOKED and one.departure >= today):
                return True
    return False
