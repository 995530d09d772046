"""When points end: never, after months, on a day of the year, after a time without activity; whichever comes first."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta

from chalicelib.kernel.calendars import local_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_, InvalidValue

MONTHS_MAX = 120  # ten years; longer is `never` under another name
NOTICE_DAYS_MAX = 365
NOTICES_MAX = 6


@dataclass(frozen=True)
class ExpiryPolicy:
    """All None: points never end. Several at once: whichever comes first.

    `months`: so many calendar months after the day of earning. `day` (`MM-DD`) with `years`: that day of the year of
    earning plus `years`. `idle_months`: so many months after the member's last activity, for all points.
    """

    months: int | None = None
    day: str | None = None
    years: int = 0
    idle_months: int | None = None
    notice_days: tuple[int, ...] = (60, 30, 7, 1)

    def expires_on(self, earned_on: date) -> date | None:
        """The last day of points earned on a day, apart from what activity decides."""
        ends = []
        if self.months is not None:
            ends.append(months_after(earned_on, self.months))
        if self.day is not None:
            ends.append(_day_of(earned_on.year + self.years, self.day))
            if ends[-1] < earned_on:  # earned after this year's day: the next one
                ends[-1] = _day_of(earned_on.year + self.years + 1, self.day)
        return min(ends, default=None)

    def idle_on(self, active_on: date) -> date | None:
        """The last day of all points of a member who was last active on a day."""
        return months_after(active_on, self.idle_months) if self.idle_months is not None else None


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months on, or that month's last day: 31 January + 1 → 28 February."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def ends_at(last_day: date, zone: str) -> datetime:
    """The first instant after a lot's last day in the chain's zone."""
    return local_instant(last_day + timedelta(days=1), time(0), zone)


def check_policy(policy: ExpiryPolicy) -> None:
    """Raises InvalidValue for a policy that says nothing sensible."""
    for months in (policy.months, policy.idle_months):
        if months is not None and not 1 <= months <= MONTHS_MAX:
            raise InvalidValue(N_("Points live between 1 and %(most)d months, or for ever."), most=MONTHS_MAX)
    if policy.day is not None:
        try:
            _day_of(2027, policy.day)
        except ValueError:
            raise InvalidValue(N_("A day of the year is written MM-DD, such as 12-31.")) from None
    if not 0 <= policy.years <= 10:
        raise InvalidValue(N_("Points end at most ten years after the year they were earned in."))
    if len(policy.notice_days) > NOTICES_MAX or any(not 1 <= days <= NOTICE_DAYS_MAX for days in policy.notice_days):
        raise InvalidValue(N_("At most six notices, each 1 to 365 days before the end."))


def _day_of(year: int, day: str) -> date:
    """A day of a year; 29 February is the 28th where there is none. Raises ValueError."""
    month, number = (int(part) for part in day.split("-", 1))
    if (month, number) == (2, 29) and not calendar.isleap(year):
        number = 28
    return date(year, month, number)
