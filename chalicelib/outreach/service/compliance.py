"""What is owed and what became of it, as people look for it: lists, and figures by property, month and rule.

Figures are counted from the rows of an index that carries nothing but what is counted. Counters kept in the
transactions would be one item that every greeting of a festival writes at once, and would have to be put right wherever
an obligation opens again; rows are right by themselves, and 5,000 are read in one request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from datetime import date, timedelta
from itertools import islice

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel import cursor
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models.obligations import Obligation, figure_rows
from chalicelib.outreach.rules import care

LOOKED_AT_MAX = 1000  # rows that one request looks at for a filter that few of them meet
READ_AT_ONCE = 100
ROWS_MAX = 200_000  # some 20 MB: what a request may read before it says that it is incomplete
DAYS_MAX = 400  # a year and what it is compared with
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ObligationFilter:
    """What is looked for. None: anything. Days are the last ones of the periods, both included."""

    property_id: str | None = None
    guest_id: str | None = None
    rule: str | None = None
    status: str | None = None
    start: date | None = None
    end: date | None = None

    @property
    def name(self) -> str:
        """The list and its filters, for cursors."""
        days = (one.isoformat() if one else "" for one in (self.start, self.end))
        parts = (self.property_id, self.guest_id, self.rule, self.status, *days)
        return "|".join(["obligations", *(part or "" for part in parts)])

    def takes(self, row: Obligation) -> bool:
        """Whether a row of an index is one of those looked for."""
        if self.rule is not None and row.rule != self.rule:
            return False
        return self.status is None or row.status == self.status

    def takes_whole(self, record: Obligation) -> bool:
        """Whether a whole record is, which no index has chosen."""
        if self.property_id is not None and record.property_id != self.property_id:
            return False
        first = self.start.isoformat() if self.start else ""
        return self.takes(record) and str(record.due_on) >= first


@dataclass(frozen=True)
class ObligationPage:
    """Some obligations, and the cursor of those that follow."""

    items: list[Obligation]
    next: str | None


def obligations_page(scope: Scope, wanted: ObligationFilter, *, limit: int, after: str | None = None) -> ObligationPage:
    """Obligations that the caller may see, those of the latest period first.

    A page may be short where few rows meet the filter; `next` goes on. Raises NotFound for a property or a guest beyond
    the wall, Invalid for days in the wrong order, Malformed for a cursor of another list.
    """
    if wanted.property_id is not None:
        directory.property_of(scope, wanted.property_id)
    if wanted.start is not None and wanted.end is not None and wanted.end < wanted.start:
        raise Invalid.field("?to", N_("The last day lies before the first."))
    key = cursor.decode(scope, wanted.name, after)
    until = (wanted.end + ONE_DAY).isoformat() if wanted.end is not None else None
    last = key["before"]["S"] if key else until
    rows = _rows(scope, wanted, last)
    found: list[Obligation] = []
    looked_at, is_end = 0, False
    while len(found) <= limit and looked_at < LOOKED_AT_MAX and not is_end:
        # The first reading looks for one more than asked for, which tells whether there is more.
        chunk = list(islice(rows, READ_AT_ONCE if looked_at else limit + 1))
        found += [one for one in _whole(wanted, chunk) if wanted.takes_whole(one) and is_visible(scope, one)]
        looked_at += len(chunk)
        is_end = not chunk
        last = str(chunk[-1].listed_at) if chunk else last
    if len(found) > limit:
        found, is_end = found[:limit], False
        last = str(found[-1].listed_at)
    following = None if is_end or last is None else {"before": {"S": last}}
    return ObligationPage(found, cursor.encode(scope, wanted.name, following))


def obligations_of_guest(scope: Scope, guest_id: str, limit: int) -> list[Obligation]:
    """What is and was owed to a guest, as far as the caller may see it. Raises NotFound beyond the wall."""
    return [one for one in _of_guest(scope, guest_id) if is_visible(scope, one)][:limit]


def is_visible(scope: Scope, record: Obligation) -> bool:
    """Whether the caller may see it: a caller of single properties sees what one of them owes."""
    if scope.property_ids is None:
        return True
    return record.property_id is not None and scope.sees_property(record.property_id)


def _of_guest(scope: Scope, guest_id: str) -> list[Obligation]:
    known = [one for each in guests.get(scope, guest_id).ids for one in Obligation.of_guest(scope, each)]
    return sorted(known, key=lambda one: str(one.listed_at), reverse=True)


def _rows(scope: Scope, wanted: ObligationFilter, before: str | None) -> Iterator[Obligation]:
    first = wanted.start.isoformat() if wanted.start is not None else None
    if wanted.guest_id is not None:
        known = _of_guest(scope, wanted.guest_id)
        return iter([one for one in known if before is None or str(one.listed_at) < before])
    if wanted.property_id is not None:
        return Obligation.newest(scope, [wanted.property_id], first, before)
    seen = None if scope.property_ids is None else [str(one.id) for one in directory.properties(scope)]
    return Obligation.newest(scope, seen, first, before)


def _whole(wanted: ObligationFilter, rows: list[Obligation]) -> list[Obligation]:
    """The whole records of the rows that are looked for; those of a guest are whole already."""
    if wanted.guest_id is not None:
        return rows
    return Obligation.full(one for one in rows if wanted.takes(one))


# -- figures ---------------------------------------------------------------------------------------------------


@dataclass
class ComplianceRow:
    """The figures of one property, month and rule. owed = kept + breached + excused + open."""

    property_id: str | None
    month: str | None
    rule: str | None
    kept: int = 0
    breached: int = 0
    excused: int = 0
    open: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def owed(self) -> int:
        """All of them."""
        return self.kept + self.breached + self.excused + self.open

    @property
    def rate_percent(self) -> float | None:
        """kept ÷ (kept + breached), in per cent with one decimal; None where nothing has been decided.

        Excused ones are apart: nobody is to look better by guests who may not be written to, nor worse.
        """
        decided = self.kept + self.breached
        return round(100 * self.kept / decided, 1) if decided else None

    def count(self, status: str, reason: str | None) -> None:
        """Count one obligation."""
        setattr(self, status, getattr(self, status) + 1)
        if reason is not None:
            self.reasons[reason] += 1


@dataclass(frozen=True)
class Compliance:
    """Rows by property, month and rule. Not complete: there was more than one request may read."""

    rows: list[ComplianceRow]
    is_complete: bool

    @property
    def total(self) -> ComplianceRow:
        """The sum of all rows."""
        return summed(ComplianceRow(None, None, None), self.rows)


def summed(into: ComplianceRow, rows: list[ComplianceRow]) -> ComplianceRow:
    """The sum of some rows, put into one."""
    for row in rows:
        for name in ("kept", "breached", "excused", "open"):
            setattr(into, name, getattr(into, name) + getattr(row, name))
        into.reasons.update(row.reasons)
    return into


def compliance_days(scope: Scope, start: date | None, end: date | None) -> tuple[date, date]:
    """The days that figures are asked for, filled in: by default this month to its end. Raises Invalid."""
    today = local_day(scope.now, directory.chain_of(scope).time_zone)
    month = care.month_of(end or today)
    last = end or care.last_of(month)
    first = start or care.first_of(month)
    if last < first:
        raise Invalid.field("?to", N_("The last day lies before the first."))
    if (last - first).days > DAYS_MAX:
        raise Invalid.field("?to", N_("Ask for at most 400 days."))
    return first, last


def compliance(
    scope: Scope, property_id: str | None = None, *, start: date | None = None, end: date | None = None
) -> Compliance:
    """What was owed in periods that end from `start` to `end`, both included, and what became of it.

    Of one property, or of all that the caller sees; callers who see the whole chain also get what the chain itself
    owes. Raises NotFound for a property beyond the wall, and Invalid as `compliance_days`.
    """
    first, last = compliance_days(scope, start, end)
    until = (last + ONE_DAY).isoformat()
    found: dict[tuple[str, str, str], ComplianceRow] = {}
    left = ROWS_MAX
    for one in _properties(scope, property_id):
        for row in figure_rows(scope, one, first.isoformat(), until, rows_max=left):
            left -= 1
            key = (one or "", row["due_on"][:7], row["rule"])
            counted = found.setdefault(key, ComplianceRow(one, key[1], key[2]))
            counted.count(row["obligation_status"], row.get("reason"))
    order: dict[str, int] = {name: place for place, name in enumerate(care.RULE_NAMES)}
    rows = [found[key] for key in sorted(found, key=lambda key: (key[0], key[1], order.get(key[2], 0)))]
    return Compliance(rows, is_complete=left > 0)


def _properties(scope: Scope, property_id: str | None) -> list[str | None]:
    if property_id is not None:
        return [str(directory.property_of(scope, property_id).id)]
    seen: list[str | None] = [str(one.id) for one in directory.properties(scope)]
    return seen if scope.property_ids is not None else [*seen, None]
