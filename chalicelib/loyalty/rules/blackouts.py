"""Blackout dates: days for which no points are redeemed, at some houses or all, and the next day that is free.

The version that is valid on the day of use says which days are closed, so that a rule begins on the day it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_, InvalidValue

BLACKOUTS_MAX = 100  # of one version: every long weekend of two years
BLACKOUT_DAYS_MAX = 366
LOOKED_AHEAD_DAYS = 400  # for the next free day: beyond the longest blackout
USE_DAYS_MAX = 730  # how far ahead something can be redeemed: as hotels sell rooms


class BlackoutDate(Conflict):
    """No points are redeemed for that day."""

    type, title = "blackout_date", N_("No points can be redeemed for this day")


@dataclass(frozen=True)
class Blackout:
    """Days, the first and the last included, that are closed at these houses; an empty set: at all."""

    first: date
    last: date
    property_ids: frozenset[str] = frozenset()

    def covers(self, day: date, property_id: str | None) -> bool:
        """Whether a day is closed. A redemption without a house is closed by what closes all of them."""
        is_there = not self.property_ids or property_id in self.property_ids
        return is_there and self.first <= day <= self.last

    def as_dict(self) -> dict[str, Any]:
        """The form it is stored in."""
        days = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {**days, "property_ids": sorted(self.property_ids)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Blackout:
        """From the form it is stored in."""
        first, last = date.fromisoformat(stored["first"]), date.fromisoformat(stored["last"])
        return cls(first, last, frozenset(stored["property_ids"]))


def check_blackouts(blackouts: Iterable[Blackout]) -> None:
    """Raises InvalidValue for blackouts that say nothing sensible."""
    known = list(blackouts)
    if len(known) > BLACKOUTS_MAX:
        raise InvalidValue(N_("A programme has at most %(most)d blackouts at a time."), most=BLACKOUTS_MAX)
    if any(not 0 <= (one.last - one.first).days < BLACKOUT_DAYS_MAX for one in known):
        raise InvalidValue(N_("A blackout lasts from 1 to %(most)d days."), most=BLACKOUT_DAYS_MAX)


def refuse_blackout(day: date, following: Iterable[date]) -> None:
    """Raises BlackoutDate for a closed day. `following` are free days after it, earliest first."""
    free = next(iter(following), None)
    if free is None:
        raise BlackoutDate(
            N_("No points are redeemed for %(day)s, nor for a long time after."), values={"day": str(day)}
        )
    raise BlackoutDate(
        N_("No points are redeemed for %(day)s; the next free day is %(free)s."),
        values={"day": str(day), "free": str(free)},
    )


def days_after(day: date) -> Iterable[date]:
    """The days among which the next free one is looked for."""
    return (day + timedelta(days=number) for number in range(1, LOOKED_AHEAD_DAYS + 1))
