"""How many messages were due, and what became of them, by property, month and occasion. Counted from the deliveries."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from datetime import date, timedelta

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars import day_bounds, local_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models import figure_rows

ROWS_MAX = 200_000  # some 30 MB: what a request may read before it says that it is incomplete
DAYS_BY_DEFAULT = 30
DAYS_MAX = 400  # a year and what it is compared with
SLACK = timedelta(days=8)  # a first stay's message may be decided that long after the day that it counts for

# What has left the house counts as sent, whatever became of it; what nobody knows the outcome of is parked.
_SENT = frozenset({"sent", "delivered", "bounced", "complained"})
_PARKED = frozenset({"claimed", "parked", "unknown"})


@dataclass
class FigureRow:
    """The figures of one property, month and occasion. due = sent + parked + failed + skipped.

    `delivered`, `bounced` and `complained` are parts of `sent`, `unknown` is a part of `parked`.
    """

    property_id: str | None
    month: str | None
    occasion: str | None
    due: int = 0
    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    parked: int = 0
    unknown: int = 0
    failed: int = 0
    skipped: int = 0
    skipped_by_reason: Counter[str] = field(default_factory=Counter)

    def count(self, status: str, reason: str | None) -> None:
        """Count one delivery."""
        self.due += 1
        self.sent += status in _SENT
        self.delivered += status == "delivered"
        self.bounced += status == "bounced"
        self.complained += status == "complained"
        self.parked += status in _PARKED
        self.unknown += status == "unknown"
        self.failed += status == "failed"
        if status == "skipped":
            self.skipped += 1
            self.skipped_by_reason[reason or "unknown"] += 1


_COUNTED = tuple(name for name in FigureRow.__annotations__ if name not in ("property_id", "month", "occasion"))


@dataclass(frozen=True)
class Figures:
    """Rows by property, month and occasion. Not complete: there was more than one request may read."""

    rows: list[FigureRow]
    is_complete: bool

    @property
    def total(self) -> FigureRow:
        """The sum of all rows."""
        total = FigureRow(None, None, None)
        for row in self.rows:
            for name in _COUNTED:
                setattr(total, name, getattr(total, name) + getattr(row, name))
        return total


def figure_days(scope: Scope, start: date | None, end: date | None) -> tuple[date, date]:
    """The days that figures are asked for, filled in: by default the last thirty. Raises Invalid."""
    last = end or local_day(scope.now, directory.chain_of(scope).time_zone)
    first = start or last - timedelta(days=DAYS_BY_DEFAULT)
    if last < first:
        raise Invalid.field("?to", N_("The last day lies before the first."))
    if (last - first).days > DAYS_MAX:
        raise Invalid.field("?to", N_("Ask for at most 400 days."))
    return first, last


def figures(
    scope: Scope, property_id: str | None = None, *, start: date | None = None, end: date | None = None
) -> Figures:
    """What was due from `start` to `end`, both included, by the local days the messages were for.

    Of one property, or of all that the caller sees; callers who see the whole chain also get what the chain itself
    says. Raises NotFound for a property beyond the wall, and Invalid as `figure_days`.
    """
    start, end = figure_days(scope, start, end)
    first = sortable(day_bounds(start, "UTC")[0] - timedelta(days=1))
    until = sortable(day_bounds(end, "UTC")[1] + SLACK)
    found: dict[tuple[str, str, str], FigureRow] = {}
    left = ROWS_MAX
    for one in _properties(scope, property_id):
        for row in figure_rows(scope, one, first, until, rows_max=left):
            left -= 1
            if not start.isoformat() <= row["day"] <= end.isoformat():
                continue
            key = (one or "", row["day"][:7], row["occasion"])
            counted = found.setdefault(key, FigureRow(one, key[1], key[2]))
            counted.count(row["delivery_status"], row.get("reason"))
    return Figures([found[key] for key in sorted(found)], is_complete=left > 0)


def _properties(scope: Scope, property_id: str | None) -> list[str | None]:
    if property_id is not None:
        return [str(directory.property_of(scope, property_id).id)]
    seen: list[str | None] = [str(one.id) for one in directory.properties(scope)]
    return seen if scope.property_ids is not None else [*seen, None]
