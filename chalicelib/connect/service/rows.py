"""Importing the rows: group by group, each in one transaction with the run's progress."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import field
from itertools import islice
from typing import Any

from chalicelib.connect.models import ImageRecord, RejectedRecord, RunRecord, row_key
from chalicelib.connect.rules import FAULT_LONG, Header, RecordReader, Rejected, restored
from chalicelib.connect.rules.runs import DRY_RUN
from chalicelib.connect.service import plans, progress
from chalicelib.connect.service.files import Source
from chalicelib.connect.service.kinds import Kind
from chalicelib.connect.service.plans import Chunk, Plan
from chalicelib.connect.service.progress import Superseded
from chalicelib.connect.service.repeats import Repeats
from chalicelib.kernel import aws, logs, metrics
from chalicelib.kernel.agenda import few_nudges
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import AlreadyExists, Busy, FieldError, Refusal, Stale
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.imports import ImportFormat, ImportRow, Staged
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, UnitTooLarge

log = logs.Log(__name__)

FAULTS_PER_GROUP_MAX = 1000  # unreadable rows that one group takes along: 100 bytes each in an item of 400 KB
ROW_TRIES_MAX = 3  # of a single row whose record somebody else is writing

NOT_STORED = N_("This row could not be stored.")
WRITTEN_MEANWHILE = N_("Somebody else was writing the same record. Import this row again.")

# What a row may provoke in its owner. A broken row must not stop an import, whatever it provokes.
ROW_FAULTS = (Refusal, UnitTooLarge, ValueError, TypeError, LookupError, ArithmeticError)
_REFUSED_WRITES = frozenset({"ValidationException", "TransactionCanceledException", "ItemCollectionSizeLimitExceeded"})


@dataclass(frozen=True)
class Job:
    """What one step works with."""

    scope: Scope
    run: RunRecord
    kind: Kind
    plan: Plan
    source: Source
    format: ImportFormat
    repeats: Repeats | None = None  # of a check, which stores no rows


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A record of the file: its place, and either a row to be stored or a fault."""

    number: int
    line: int
    at: int
    end: int
    lines: int
    row: ImportRow | None
    fault: str | None = None


@dataclass
class Group:
    """Records that are done in one transaction. `is_last`: of their chunk."""

    entries: list[Entry] = field(default_factory=list)
    is_last: bool = False


def import_rows(job: Job, until: float) -> bool:
    """Do rows until the end of the plan or the monotonic instant `until`; whether the end was reached.

    Raises Superseded when the run was continued or cancelled by somebody else.
    """
    with few_nudges():
        return _imported(job, until)


def _imported(job: Job, until: float) -> bool:
    run = job.run
    while int(run.plan_page) < job.plan.pages:
        chunks = plans.page_of(job.scope, run, int(run.plan_page))
        page = int(run.plan_page)
        while int(run.plan_page) == page:
            is_last_chunk = int(run.slot) + 1 >= len(chunks)
            for group, ahead in _read_ahead(job, _groups(job, chunks[int(run.slot)])):
                _commit(job, group, is_last_chunk, ahead)
                if time.monotonic() > until:
                    return int(run.plan_page) >= job.plan.pages
    return True


def _read_ahead(job: Job, groups: Iterator[Group]) -> Iterator[tuple[Group, Any]]:
    """The groups, each with what was read for it and some that follow."""
    kind = job.kind
    while window := list(islice(groups, kind.groups_ahead)):
        rows = [entry.row for group in window for entry in group.entries if entry.row is not None]
        ahead = None
        if kind.read_ahead is not None and len(window) > 1:
            ahead = kind.read_ahead(job.scope, rows, property_id=str(job.run.property_id), format=job.format)
        for group in window:
            yield group, ahead


# -- reading ---------------------------------------------------------------------------------------------------


def _groups(job: Job, chunk: Chunk) -> Iterator[Group]:
    """The groups of a chunk from the run's place in it on. The last one is marked, and may be empty."""
    run = job.run
    if chunk.is_long:
        place = Entry(chunk.row, chunk.line, chunk.at, chunk.end, 1, None, FAULT_LONG)
        yield Group([place], is_last=True)
        return
    at, number, line = chunk.at, chunk.row, chunk.line
    if int(run.at):
        at, number, line = int(run.at), int(run.row), int(run.line)
    group = Group()
    rows = faults = 0
    for entry in entries_of(job.source, job.plan.header, job.plan.encoding, at, chunk.end, number, line):
        if rows == job.kind.group_rows or faults == FAULTS_PER_GROUP_MAX:
            yield group
            group, rows, faults = Group(), 0, 0
        group.entries.append(entry)
        if entry.row is None:
            faults += 1
        else:
            rows += 1
    group.is_last = True
    yield group


def entries_of(
    source: Source, header: Header, encoding: str, at: int, end: int, number: int, line: int
) -> Iterator[Entry]:
    """The records of a stretch of a file, the first of which has a number and a line; blank lines are passed over."""
    is_ours = header.is_ours
    wanted = [(index, name) for index, name in enumerate(header.names) if name is not None]
    blocks = [source.read(at, end).splitlines(True)]

    def more() -> list[bytes]:
        return blocks.pop() if blocks else []

    def decoded(text: bytes) -> str | None:
        try:
            return None if b"\0" in text else text.decode(encoding)
        except UnicodeDecodeError:
            return None

    reader = RecordReader(more, decoded, header.delimiter, len(header.cells), at=at, line=line)
    for position, (cells, fault) in enumerate(reader, start=number):
        if fault is not None:
            yield Entry(position, reader.line, reader.start, reader.end, reader.lines, None, fault)
        elif cells:
            if is_ours:
                cells = [restored(cell) for cell in cells]
            values = {name: text for index, name in wanted if (text := cells[index].strip())}
            row = ImportRow(position, values)
            yield Entry(position, reader.line, reader.start, reader.end, reader.lines, row)


# -- writing ---------------------------------------------------------------------------------------------------


def _commit(job: Job, group: Group, is_last_chunk: bool, ahead: Any) -> None:
    """Store a group; if that is refused, store its rows one by one, each by what is read then."""
    entries = group.entries
    try:
        _write(job, entries, _after(job.run, entries, group.is_last, is_last_chunk), ahead=ahead)
        return
    except Superseded:
        raise
    except (*ROW_FAULTS, aws.ClientError) as error:
        _only_rows_fault(error)
        if len(entries) > 1:
            log.info("import_group_refused", run=str(job.run.id), cause=type(error))  # now row by row
    progress.check(job.run)
    for position, entry in enumerate(entries):
        is_last = group.is_last and position == len(entries) - 1
        _commit_single(job, entry, _after(job.run, [entry], is_last, is_last_chunk))


def _commit_single(job: Job, entry: Entry, after: dict[str, int]) -> None:
    """Store one row, or its rejection."""
    rejected = Staged("rejected", reason=NOT_STORED)
    for _ in range(ROW_TRIES_MAX):
        try:
            _write(job, [entry], after)
            return
        except Superseded:
            raise
        except (*ROW_FAULTS, aws.ClientError) as error:
            _only_rows_fault(error)
            rejected = refused(error)
            progress.check(job.run)
            if not isinstance(error, Stale | AlreadyExists | Busy):
                break
    _write(job, [entry], after, rejected)


def _write(
    job: Job, entries: list[Entry], after: dict[str, int], verdict: Staged | None = None, *, ahead: Any = None
) -> None:
    """One transaction: the rows' own writes, the rejections, and the run's progress. `verdict` replaces staging."""
    run, scope = job.run, job.scope
    rows = [entry.row for entry in entries if entry.row is not None]
    unit = Unit(scope)
    if verdict is not None:
        staged = [verdict] * len(rows)
    else:
        more = {} if ahead is None else {"ahead": ahead}
        given = {"property_id": str(run.property_id), "format": job.format, **more}
        staged = list(job.kind.stage(scope, unit, rows, **given) if rows else [])
    if len(staged) != len(rows):
        raise RuntimeError(f"{job.kind.name} answered {len(staged)} outcomes for {len(rows)} rows")
    if run.mode == DRY_RUN:
        unit = Unit(scope)  # what would be written is forgotten
    tally = dict.fromkeys(("created", "updated", "unchanged", "rejected"), 0)
    rejections: list[Rejected] = []
    outcomes = iter(staged)
    for entry in entries:
        result = next(outcomes) if entry.row is not None else Staged("rejected", reason=entry.fault)
        outcome = result.outcome
        if job.repeats is not None and entry.row is not None:
            outcome = job.repeats.judged(entry.row, outcome)
        tally[outcome] += 1
        if result.outcome == "rejected":
            rejections.append(_rejection(entry, result))
    if rejections:
        unit.put(
            RejectedRecord(
                run_key=scope.key(str(run.id)),
                last_row=row_key(rejections[-1].row),
                rows=[one.stored() for one in rejections],
                expires_at=plans.expires_at(),
            )
        )
    images = [one.image for one in staged if one.image is not None]
    if images and run.undo_until and run.mode != DRY_RUN:
        key = scope.key(str(run.id))
        last = row_key(entries[-1].number)
        unit.put(ImageRecord(run_key=key, last_row=last, images=images, expires_at=plans.images_expire_at()))
    sums = {name: int(getattr(run, name)) + count for name, count in tally.items() if count}
    progress.write(unit, run, after | sums)
    unit.commit()
    if run.mode != DRY_RUN:
        for name, number in tally.items():
            metrics.count(metrics.IMPORT_ROWS, number, label=name, chain=scope.chain_id)


def _rejection(entry: Entry, result: Staged) -> Rejected:
    size = 0 if entry.fault == FAULT_LONG else entry.end - entry.at
    reason = result.reason if result.reason or result.errors else NOT_STORED
    return Rejected(entry.number, entry.line, entry.at, size, reason, tuple(result.errors))


def _after(run: RunRecord, entries: list[Entry], is_last: bool, is_last_chunk: bool) -> dict[str, int]:
    """The run's place after these records."""
    done = entries[-1].end if entries else int(run.bytes_done)
    if is_last:
        forward = {"plan_page": int(run.plan_page) + 1, "slot": 0} if is_last_chunk else {"slot": int(run.slot) + 1}
        return {**forward, "at": 0, "row": 0, "line": 0, "bytes_done": done}
    last = entries[-1]
    return {"at": last.end, "row": last.number + 1, "line": last.line + last.lines, "bytes_done": done}


def _only_rows_fault(error: Exception) -> None:
    """Let errors of AWS through that are no row's fault, such as throttling: the step is tried again later."""
    if isinstance(error, aws.ClientError) and aws.error_code(error) not in _REFUSED_WRITES:
        raise error


def refused(error: Exception) -> Staged:
    """The verdict on a row that provoked an error in its owner."""
    if isinstance(error, Stale | AlreadyExists | Busy):
        return Staged("rejected", reason=WRITTEN_MEANWHILE)
    if isinstance(error, InvalidValue):
        return Staged("rejected", errors=(FieldError("", error.reason, "invalid", error.values),))
    if isinstance(error, Refusal):
        return Staged("rejected", reason=None if error.errors else error.detail or error.title, errors=error.errors)
    log.warning("import_row_not_stored", cause=type(error))
    return Staged("rejected", reason=NOT_STORED)
