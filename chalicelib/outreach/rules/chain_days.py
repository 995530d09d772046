"""A chain's own days: its founding day, a house's anniversary, a local feast. Each is a festival that it declares.

A day is kept every year by one of the calendars, or once if it names a year. What a guest has had of it is known by the
day's id and the year, so that a new name, or another date of the same year, greets nobody twice. Therefore its calendar
stays: two calendars count years differently, and no year of the one tells what was said in the other.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Any, Literal

from chalicelib.kernel.calendars import BirthdayCalendar
from chalicelib.kernel.calendars.lunar import LONG
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.rules.festivals import LONG_AGO, Festival

DayStatus = Literal["active", "ended"]

ACTIVE_DAYS_MAX = (
    50  # each is looked at for every house on every day of festivals, and a guest has fewer than one a week
)
DAYS_MAX = 500  # the ended ones among them: all of a chain are read at once
WHEN = frozenset({"month", "day", "year"})  # what moves a day


@dataclass(frozen=True)
class ChainDay:
    """A day as the chain has declared it. `month` and `day` are of its calendar; with a `year` it is kept once."""

    id: str
    names: Mapping[str, str]
    calendar: BirthdayCalendar
    month: int
    day: int
    said_at: datetime  # when it was put on this day
    created_at: datetime
    updated_at: datetime
    made_by: str
    year: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    language: str | None = None
    keeps: str | None = None
    property_id: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    version: int = field(default=0, compare=False)  # of its record

    @property
    def status(self) -> DayStatus:
        """Whether guests are still written to for it."""
        return "active" if self.ended_at is None else "ended"

    @property
    def festival(self) -> Festival:
        """The day as the festival that it is."""
        since, until = self.starts_on, self.ends_on
        if self.year is not None:
            since = until = date(self.year, self.month, self.day)
        return Festival(
            self.id, "", "", self.month, self.day, is_lunar=self.calendar == "lunar",
            languages=(self.language,) if self.language else (), words=self.names, keeps=self.keeps,
            property_id=self.property_id, since=since, until=until, said_at=self.said_at,
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """What is stored, besides the id, which is the key."""
        return {
            "names": dict(self.names),
            "calendar": self.calendar,
            "month": self.month,
            "day": self.day,
            "year": self.year,
            **{name: one.isoformat() if one else None for name, one in self._dates().items()},
            **{name: sortable(one) if one else None for name, one in self._instants().items()},
            **{name: getattr(self, name) for name in ("language", "keeps", "property_id", "made_by", "ended_by")},
        }

    def _dates(self) -> dict[str, date | None]:
        return {"starts_on": self.starts_on, "ends_on": self.ends_on}

    def _instants(self) -> dict[str, datetime | None]:
        return {
            "said_at": self.said_at, "created_at": self.created_at, "updated_at": self.updated_at,
            "ended_at": self.ended_at,
        }  # fmt: skip

    @classmethod
    def of(cls, day_id: str, stored: Mapping[str, Any], version: int = 0) -> ChainDay:
        """A stored day."""
        dates = {name: date.fromisoformat(stored[name]) for name in ("starts_on", "ends_on") if stored.get(name)}
        instants = ("said_at", "created_at", "updated_at", "ended_at")
        told = {name: from_sortable(stored[name]) for name in instants if stored.get(name)}
        rest: dict[str, Any] = {name: one for name, one in stored.items() if one is not None}
        return cls(id=day_id, version=version, **{**rest, **dates, **told})


def faults_of(
    calendar: str, month: int, day: int, year: int | None, bounds: tuple[date | None, date | None]
) -> list[FieldError]:
    """What is wrong with when a day is to be kept."""
    found, (first, last) = [], bounds
    if calendar == "lunar" and year is not None:
        found.append(FieldError("/year", N_("A day that is kept once is told by the Gregorian calendar.")))
    longest = LONG if calendar == "lunar" else monthrange(year or LONG_AGO, month)[1]
    if day > longest:
        found.append(FieldError("/day", N_("The month has fewer days than that.")))
    if year is not None and (first is not None or last is not None):
        found.append(FieldError("/year", N_("A day that is kept once has no other first or last day.")))
    if first is not None and last is not None and last < first:
        found.append(FieldError("/ends_on", N_("The last day lies before the first.")))
    return found
