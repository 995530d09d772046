"""The calendar of a chain or a house: what it keeps in the coming twelve months, day by day.

It knows no guests: birthdays and other days of one person stand with that person, and with the arrivals of their stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars import day_bounds, local_day, local_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.rules.care import first_of, month_after, month_of
from chalicelib.outreach.rules.festivals import FESTIVALS, Festival
from chalicelib.outreach.service import care, declaring, planning, policies
from chalicelib.outreach.service.monthly import MESSAGE, RULE

AHEAD = timedelta(days=365)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ahead:
    """A day that is kept: a festival or a chain's own day, or without one the day of the month's message.

    `is_written`: whether the chain writes for it, by the policy that will be in force at that hour.
    """

    day: date
    occasion: str
    is_written: bool
    festival: Festival | None = None


def year_ahead(scope: Scope, property_id: str | None = None) -> list[Ahead]:
    """What is kept from today on, in order: at a property, or at all that the caller sees. Raises NotFound."""
    chain = directory.chain_of(scope)
    zone = chain.time_zone
    if property_id is not None:
        zone = directory.property_of(scope, property_id).time_zone
    first = local_day(scope.now, zone)
    last = first + AHEAD - ONE_DAY
    known = [*FESTIVALS.values(), *_own(scope, property_id)]  # read afresh, and the policies with them
    hour, rule = time(int(chain.greeting_hour)), planning.leap_rule_of(chain)

    def is_written(occasion: str, day: date) -> bool:
        return policies.policy_for(scope, occasion, local_instant(day, hour, zone)).is_on

    found = [
        Ahead(day, "festival", is_written("festival", day), one)
        for one in known
        for day in one.yearly(rule).between(first, last)
    ]
    owed = [day for day in _monthly(scope, property_id, zone, first, last) if is_written(MESSAGE, day)]
    found += [Ahead(day, MESSAGE, True) for day in owed]
    return sorted(found, key=lambda one: (one.day, one.festival is None, one.festival.name if one.festival else ""))


def ahead_page(
    scope: Scope, property_id: str | None, *, limit: int, after: str | None
) -> tuple[list[Ahead], str | None]:
    """Some of `year_ahead`, and the cursor of those that follow. Raises NotFound, and Malformed for a cursor that is
    none."""
    found = year_ahead(scope, property_id)
    return policies.page_of(scope, f"year-ahead|{property_id or ''}", found, limit, after)


def _own(scope: Scope, property_id: str | None) -> list[Festival]:
    """The chain's own days that the caller sees, those of other houses left out where one is asked for."""
    active = [one for one in declaring.known_days(scope) if one.status == "active"]
    return [one.festival for one in active if property_id is None or one.property_id in (None, property_id)]


def _monthly(scope: Scope, property_id: str | None, zone: str, first: date, last: date) -> Iterator[date]:
    """The days on which regular guests are written to who have heard nothing of the house in that month."""
    month = month_of(first)
    while first_of(month) <= last:
        rule = care.policy_of(scope, RULE, property_id, at=max(scope.now, day_bounds(first_of(month), zone)[0]))
        day = first_of(month) + timedelta(days=int(rule.settings["contact_day"]) - 1)
        if rule.is_on and first <= day <= last:
            yield day
        month = month_after(month)
