"""Tasks as people look for them: a property's queue by day and value, or the whole chain's; reasons counted."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

from chalicelib.directory import service as directory
from chalicelib.kernel import cursor
from chalicelib.kernel.calendars import day_bounds, local_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models.calls import Task
from chalicelib.outreach.rules import calls

LOOKED_AT_MAX = 500  # rows that one request looks at for a kind that few of them are
READ_AT_ONCE = 100
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"
REPORT_DAYS_MAX = 366
REPORT_DAYS = 90
REASONS_MAX = 5000  # told at one property in one period: five calls a day make 1,800 a year


@dataclass(frozen=True)
class TaskFilter:
    """What is looked for. None: anything."""

    property_id: str | None = None
    status: str | None = None
    kind: str | None = None
    due_from: date | None = None
    due_to: date | None = None
    assigned_to: str | None = None

    @property
    def name(self) -> str:
        """The list and its filters, for cursors."""
        parts = (self.property_id, self.status, self.kind, self.due_from, self.due_to, self.assigned_to)
        return "|".join(["tasks", *(str(part or "") for part in parts)])


@dataclass(frozen=True)
class TaskPage:
    """Some tasks, and the cursor of those that follow."""

    items: list[Task]
    next: str | None


@dataclass(frozen=True)
class ReasonCount:
    """How many calls have found out a reason at a property."""

    property_id: str
    reason: str
    count: int


@dataclass(frozen=True)
class ReasonReport:
    """Why guests stay away: by property and reason, of the days from `start` to `end`. Not complete beyond a limit."""

    rows: list[ReasonCount]
    total: dict[str, int]
    start: date
    end: date
    is_complete: bool


def tasks_page(scope: Scope, wanted: TaskFilter, *, limit: int, after: str | None = None) -> TaskPage:
    """Tasks that the caller may see: what is due first, of one day the most valuable guest first.

    A page may be short where few rows meet the filter; `next` goes on. Raises NotFound for a property beyond the wall,
    Malformed for a cursor of another list, Invalid.
    """
    if wanted.due_from is not None and wanted.due_to is not None and wanted.due_to < wanted.due_from:
        raise Invalid.field("?due_to", N_("The last day lies before the first."))
    if wanted.property_id is not None:
        directory.property_of(scope, wanted.property_id)
        seen: list[str] | None = [wanted.property_id]
    else:
        seen = None if scope.property_ids is None else [str(one.id) for one in directory.properties(scope)]
    key = cursor.decode(scope, wanted.name, after)
    last = key["after"]["S"] if key else None
    statuses = [wanted.status] if wanted.status else calls.TASK_STATUSES
    first = wanted.due_from.isoformat() if wanted.due_from else FIRST_DAY
    until = wanted.due_to.isoformat() if wanted.due_to else LAST_DAY
    rows = Task.queued(scope, seen, statuses, first=first, last=until, after=last)
    found: list[Task] = []
    looked_at, is_end = 0, False
    while len(found) <= limit and looked_at < LOOKED_AT_MAX and not is_end:
        chunk = list(islice(rows, READ_AT_ONCE if looked_at else limit + 1))
        found += [one for one in Task.full(chunk) if _is_wanted(one, wanted)]
        looked_at, is_end = looked_at + len(chunk), not chunk
        last = str(chunk[-1].queue_order) if chunk else last
    if len(found) > limit:
        found, is_end = found[:limit], False
        last = str(found[-1].queue_order)
    following = None if is_end or last is None else {"after": {"S": last}}
    return TaskPage(found, cursor.encode(scope, wanted.name, following))


def reasons(
    scope: Scope, *, property_id: str | None = None, start: date | None = None, end: date | None = None
) -> ReasonReport:
    """Count the reasons that calls have found out, by property; by default of the last ninety days. Raises Invalid."""
    chain = directory.chain_of(scope)
    last = end or local_day(scope.now, chain.time_zone)
    first = start or last - timedelta(days=REPORT_DAYS)
    if last < first:
        raise Invalid.field("?to", N_("The last day lies before the first."))
    if (last - first).days > REPORT_DAYS_MAX:
        raise Invalid.field("?to", N_("Ask for at most a year."))
    houses = [directory.property_of(scope, property_id)] if property_id else directory.properties(scope)
    rows: list[ReasonCount] = []
    total = calls.counted(())
    is_complete = True
    for house in houses:
        since, until = day_bounds(first, house.time_zone)[0], day_bounds(last, house.time_zone)[1]
        told = list(Task.reasons_told(scope, str(house.id), sortable(since), sortable(until), rows_max=REASONS_MAX + 1))
        is_complete = is_complete and len(told) <= REASONS_MAX
        for name, count in calls.counted(told[:REASONS_MAX]).items():
            total[name] += count
            if count:
                rows.append(ReasonCount(str(house.id), name, count))
    return ReasonReport(rows, total, first, last, is_complete)


def _is_wanted(task: Task, wanted: TaskFilter) -> bool:
    """Whether a whole record is one of those looked for, whatever an index that lags behind says of it."""
    return (
        wanted.kind in (None, task.kind)
        and wanted.status in (None, task.status)
        and wanted.assigned_to in (None, task.assigned_to)
    )
