"""R1: when a guest who used to come has been silent for too long, and which of the silent are called.

A guest's own rhythm decides. Days are local to the property of the last stay; nothing here knows what time it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from statistics import median

from chalicelib.kernel.calendars import local_instant
from chalicelib.kernel.deferred import dataclass

REGULAR_STAYS = 3  # completed in REGULAR_DAYS: a regular
REGULAR_DAYS = 90
SILENT_DAYS = 14  # what the rule was written for; nobody is silent sooner
GAP_FACTOR = 1.5  # of the own median gap: a guest who is a little late is not lost
CALLS_MAX = 5  # new ones of a property and a day: what a manager can prepare and make beside everything else
CALL_DUE_DAYS = 2  # business days
VALUE_DAYS = 365  # whose revenue says how much a guest is worth to the chain

FOUND_AT = time(6)  # guests are found silent before anybody works,
DECIDED_AT = time(8)  # and the house's calls are chosen among all of them at once

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
VALUE_MAX = 10**15 - 1  # what a key has room for; ten billion euros in cents


@dataclass(frozen=True)
class Visit:
    """A completed stay, as far as the rule is concerned. `left_at` is the check-out."""

    stay_id: str
    property_id: str
    arrival: date
    departure: date
    left_at: datetime
    is_history: bool = False


@dataclass(frozen=True)
class Silence:
    """Who has last been where, how many days they may stay away, and the first day that is one too many."""

    last: Visit
    is_regular: bool
    days_allowed: float
    silent_on: date


def silence_of(visits: Collection[Visit], left_on: date) -> Silence | None:
    """The silence that begins with the last of a guest's visits, which ended on the local day `left_on`.

    None for nobody who has come back yet: one stay has no rhythm.
    """
    if not visits:
        return None
    last = max(visits, key=lambda one: (one.left_at, one.stay_id))
    is_regular = is_regular_guest(visits, last.departure)
    gaps = gaps_between(visits)
    if not is_regular and not gaps:
        return None
    allowed = float(SILENT_DAYS) if is_regular else max(float(SILENT_DAYS), GAP_FACTOR * median(gaps))
    return Silence(last, is_regular, allowed, left_on + timedelta(days=int(allowed)) + _ONE_DAY)


def is_regular_guest(visits: Iterable[Visit], until: date) -> bool:
    """Whether three stays or more ended in the ninety days up to the last departure.

    Counted from there and not from today: or a regular would stop to be one by the very silence that matters.
    """
    since = until - timedelta(days=REGULAR_DAYS)
    return sum(1 for one in visits if since <= one.departure <= until) >= REGULAR_STAYS


def gaps_between(visits: Iterable[Visit]) -> list[int]:
    """Days away between one stay and the next. Stays that overlap, as two rooms at once, are one absence less."""
    gaps: list[int] = []
    home_since: date | None = None
    for one in sorted(visits, key=lambda visit: (visit.arrival, visit.departure)):
        if home_since is not None and one.arrival >= home_since:
            gaps.append((one.arrival - home_since).days)
        home_since = one.departure if home_since is None else max(home_since, one.departure)
    return gaps


def found_at(silence: Silence, zone: str) -> datetime:
    """When a guest is found to be silent: the morning of the first day that is too many, at the property."""
    return local_instant(silence.silent_on, FOUND_AT, zone)


def decided_at(day: date, zone: str) -> datetime:
    """When a property's calls of a day are chosen."""
    return local_instant(day, DECIDED_AT, zone)


def value_of(spent: Iterable[tuple[date, str, int]], currency: str, today: date) -> int:
    """A guest's value: revenue of the stays that ended in the last year, at every property of the chain.

    In minor units of `currency`, which is the property's that calls. Stays in another currency are left out, because
    no rate belongs to the chain as a whole. `spent` is departure, currency and revenue of each.
    """
    since = today - timedelta(days=VALUE_DAYS)
    return sum(amount for left, known, amount in spent if known == currency and since < left <= today)


def value_order(value: int, guest_id: str) -> str:
    """Text whose order is that of value, the highest first."""
    return f"{VALUE_MAX - min(max(value, 0), VALUE_MAX):015}#{guest_id}"


def business_days_after(day: date, count: int) -> date:
    """The working day so many after `day`. Monday to Friday: public holidays are the manager's own to see."""
    found = day
    for _ in range(count):
        found += _ONE_DAY
        while found.weekday() >= _SATURDAY:
            found += _ONE_DAY
    return found
