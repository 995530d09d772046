"""Which notice of the end of points is due: each once for a last day, only the nearest of several, none that was past
when the points came.

What has been told is kept by last day, as the nearest notice that was told or let pass: nearer ones are still to come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

Told = Mapping[str, int]  # `2027-01-31` → 30


def due_notice(last_day: date, today: date, notice_days: Iterable[int], told: Told) -> int | None:
    """How many days before the end the notice stands that is to be told today, or None. A late one is the nearest."""
    nearest = _reached(last_day, today, notice_days)
    known = told.get(last_day.isoformat())
    return None if nearest is None or (known is not None and nearest >= known) else nearest


def days_to_come(last_day: date, today: date, notice_days: Iterable[int]) -> list[date]:
    """The days after today on which a notice falls due."""
    return [day for days in notice_days if (day := last_day - timedelta(days=days)) > today]


def let_pass(last_days: Iterable[date], today: date, notice_days: Collection[int]) -> dict[str, int]:
    """What counts as told of points that come only now: whoever gets points that end in ten days hears nothing of
    the sixtieth and the thirtieth day before."""
    reached = {day.isoformat(): _reached(day, today, notice_days) for day in last_days}
    return {day: nearest for day, nearest in reached.items() if nearest is not None}


def kept(told: Told, last_days: Iterable[date]) -> dict[str, int]:
    """What is worth keeping: of last days that there still are."""
    present = {day.isoformat() for day in last_days}
    return {day: nearest for day, nearest in told.items() if day in present}


def _reached(last_day: date, today: date, notice_days: Iterable[int]) -> int | None:
    left = (last_day - today).days
    return min((days for days in notice_days if 0 <= left <= days), default=None)
