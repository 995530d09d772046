"""Runs: started, continued step by step until they are over, cancelled, and reported."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from chalicelib.connect import models
from chalicelib.connect.events import IMPORT_FINISHED
from chalicelib.connect.kinds import STEP_KIND
from chalicelib.connect.models import ImportRecord, RunRecord
from chalicelib.connect.rules import ACTIVE, MODES, OVER, Rejected, Unreadable
from chalicelib.connect.rules.repairs import Repair, repairs_of
from chalicelib.connect.rules.runs import CANCELLED, DONE, DRY_RUN, FAILED, QUEUED, REAL, SCANNING
from chalicelib.connect.service import files, plans, progress
from chalicelib.connect.service.files import Address, Source
from chalicelib.connect.service.imports import Found, before, format_of, get_import, page_of, require_kind
from chalicelib.connect.service.kinds import kind_of
from chalicelib.connect.service.plans import Plan
from chalicelib.connect.service.progress import Superseded
from chalicelib.connect.service.rejections import Report, cells_of, rejected_after
from chalicelib.connect.service.repeats import Repeats
from chalicelib.connect.service.rows import Job, import_rows
from chalicelib.connect.service.scanning import scan
from chalicelib.kernel import agenda, cursor, logs, metrics
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Busy, Conflict, NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

log = logs.Log(__name__)

logs.allow((*MODES, *OVER))
STEP_S = 15.0  # one worker call; with the group under way well below the lease
STEP_LEASE_S = 60  # a step that died is tried again after this
SHOWN_REJECTED = 20
CANCEL_TRIES_MAX = 5  # more than a run has states to go through

_STOPPED = N_("The run stopped after repeated errors. Start it again: rows that are done stay done.")


@dataclass(frozen=True)
class RunReport:
    """A run as it is shown: its record, how its file is read once that is known, and its first rejected rows."""

    run: RunRecord
    plan: Plan | None
    rejected: list[Rejected]

    @property
    def repairs(self) -> list[Repair]:
        """What there is to repair, once the run is done; the most frequent first."""
        return repairs_of((self.run.report or {}).get("repairs", ()))


@dataclass(frozen=True)
class RejectedPage:
    """Rejected rows with their cells by header (None: they cannot be read), and the cursor of those that follow."""

    items: list[tuple[Rejected, dict[str, str] | None]]
    next: str | None


def start_run(scope: Scope, import_id: str, mode: str, *, id: str | None = None, is_queued: bool = True) -> RunRecord:
    """Start a run of the uploaded file, or answer the one of the same mode that is under way.

    Raises Conflict before the upload and while a run of the other mode is under way, TooLarge beyond 1 GB. With
    `is_queued` False nobody works on it but the caller, through `advance_run`.
    """
    if mode not in MODES:
        raise ValueError(f"no such mode: {mode}")

    def attempt() -> RunRecord:
        imported = get_import(scope, import_id)
        require_kind(scope, str(imported.kind))
        if imported.active_run_id:
            active = models.find_run(scope, import_id, str(imported.active_run_id))
            if active is not None and active.mode == mode:
                return active
            raise Conflict(N_("A run of the other mode is under way. Wait for it, or cancel it."))
        source = files.uploaded(str(imported.object_key))
        run = _new_run(scope, imported, source, mode, id or new_id("run"))
        imported.active_run_id = imported.last_run_id = run.id
        unit = Unit(scope)
        unit.update(imported)
        unit.create(run)
        unit.audit("import.run_started", import_id, run_id=str(run.id), mode=mode)
        if is_queued:
            _arm(unit, run)
        unit.commit()
        return run

    return retried(attempt)


def run_of(scope: Scope, import_id: str, run_id: str) -> RunRecord:
    """A run. Raises NotFound, also beyond the caller's properties."""
    run = models.find_run(scope, import_id, run_id)
    if run is None or not scope.sees_property(str(run.property_id)):
        raise NotFound()
    return run


def report_of(scope: Scope, import_id: str, run_id: str) -> RunReport:
    """A run with what there is to tell about it. Raises NotFound."""
    run = run_of(scope, import_id, run_id)
    rejected: list[Rejected] = []
    if int(run.rejected):
        rejected, _ = rejected_after(scope, run, 0, SHOWN_REJECTED)
    return RunReport(run, plans.plan_of(scope, run), rejected)


def runs_page(scope: Scope, import_id: str, *, limit: int, after: str | None = None) -> Found[RunRecord]:
    """The runs of an import, newest first. Raises NotFound."""
    get_import(scope, import_id)
    purpose = f"runs|{import_id}"
    records = models.runs_page(scope, import_id, limit=limit + 1, before=before(scope, purpose, after))
    return page_of(scope, purpose, records, limit)


def rejected_page(scope: Scope, import_id: str, run_id: str, *, limit: int, after: str | None = None) -> RejectedPage:
    """The rejected rows of a run in the order of the file, with their cells. Raises NotFound."""
    run = run_of(scope, import_id, run_id)
    purpose = f"rejected|{run_id}"
    key = cursor.decode(scope, purpose, after)
    rejected, is_more = rejected_after(scope, run, int(key["row"]["N"]) if key else 0, limit)
    plan = plans.plan_of(scope, run) if rejected else None
    if plan is None:
        return RejectedPage([], None)
    headers = plan.header.cells
    items = [
        (one, None if cells is None else dict(zip(headers, cells, strict=True)))
        for one, cells in cells_of(_source(run), plan, rejected)
    ]
    following = cursor.encode(scope, purpose, {"row": {"N": str(rejected[-1].row)}} if is_more else None)
    return RejectedPage(items, following)


def rejected_file(scope: Scope, import_id: str, run_id: str) -> Address:
    """Where the CSV file of the rejected rows can be fetched. Raises Conflict while there is none, NotFound."""
    run = run_of(scope, import_id, run_id)
    key = (run.report or {}).get("key")
    if key is None:
        raise Conflict(
            N_("No row was rejected: there is no file.")
            if run.state == DONE
            else N_("The file of rejected rows is made when the run is done.")
        )
    return files.download_address(str(key), "rejected-rows.csv")


def cancel_run(scope: Scope, import_id: str, run_id: str) -> RunRecord:
    """Stop a run; what it has done stays. Cancelling twice is fine. Raises Conflict if it is over otherwise."""

    for _ in range(CANCEL_TRIES_MAX):
        run = run_of(scope, import_id, run_id)
        if run.state == CANCELLED:
            return run
        if run.state in OVER:
            raise Conflict(N_("The run is over."))
        try:
            _end(scope, run, CANCELLED, is_exact=False)
        except Superseded:
            continue  # it went from one state to the next meanwhile
        return run
    raise Busy()


def advance_run(scope: Scope, import_id: str, run_id: str, *, for_s: float = STEP_S) -> bool:
    """Go on with a run for some seconds; whether it is over. Safe to repeat after a crash at any moment.

    Raises Busy when another worker is at work on it.
    """
    run = models.find_run(scope, import_id, run_id)
    if run is None or run.state in OVER:
        return True
    try:
        try:
            return _advance(scope, run, time.monotonic() + for_s)
        except Unreadable as problem:
            _end(scope, run, FAILED, failure=problem.reason, failure_values=dict(problem.values) or None)
            return True
    except Superseded:
        now = models.find_run(scope, import_id, run_id)
        if now is None or now.state in OVER:
            return True
        raise Busy() from None


def give_up(scope: Scope, import_id: str, run_id: str) -> None:
    """End a run whose steps keep failing, so that another can be started."""
    run = models.find_run(scope, import_id, run_id)
    if run is not None and run.state in ACTIVE:
        _end(scope, run, FAILED, failure=_STOPPED)


# -- inside ----------------------------------------------------------------------------------------------------


def _advance(scope: Scope, run: RunRecord, until: float) -> bool:
    imported = models.find_import(scope, str(run.import_id))
    if imported is None:
        raise NotFound()
    kind = kind_of(str(run.kind))
    source = _source(run)
    if run.state == QUEUED:
        unit = Unit(scope)
        progress.write(unit, run, {"state": SCANNING, "started_at": sortable(real_now())})
        unit.commit()
    if run.state == SCANNING and not scan(scope, run, imported, kind, source, until):
        return False
    plan = plans.plan_of(scope, run)
    if plan is None:
        raise LookupError("a run without a plan")
    repeats = Repeats(run) if run.mode == DRY_RUN else None
    if not import_rows(Job(scope, run, kind, plan, source, format_of(imported), repeats), until):
        if repeats is not None:
            repeats.keep()
        return False
    if repeats is not None:
        repeats.forget()
    if int(run.rejected) and not Report(scope, run, plan, source).assemble_until(until):
        return False
    _end(scope, run, DONE)
    return True


def _end(scope: Scope, run: RunRecord, state: str, *, is_exact: bool = True, **changes: Any) -> None:
    """End the run in a state, free its import for the next one, and tell those whom it may concern."""
    detail = {"import_id": run.import_id, "property_id": run.property_id, "kind": run.kind, "mode": run.mode}
    unit = Unit(scope)
    ended = {"state": state, "finished_at": sortable(real_now()), **changes}
    progress.write(unit, run, ended, is_exact=is_exact)
    unit.amend(
        ImportRecord,
        (str(run.import_key), None),
        "ADD version :one REMOVE active_run_id",
        values={":one": {"N": "1"}, ":run": {"S": str(run.id)}},
        condition="active_run_id = :run",
        refusal=Superseded(),
    )
    unit.audit(f"import.run_{state}", str(run.import_id), run_id=str(run.id), mode=str(run.mode))
    agenda.announce(unit, Event(IMPORT_FINISHED, str(run.id), detail={**detail, "state": state}))
    unit.commit()
    with logs.bound(chain=scope.chain_id):
        log.info("import_run_ended", run=str(run.id), import_id=str(run.import_id), outcome=state, mode=str(run.mode))
        if state == FAILED:
            metrics.count(metrics.IMPORT_RUNS_FAILED)


def _new_run(scope: Scope, imported: ImportRecord, source: Source, mode: str, run_id: str) -> RunRecord:
    return RunRecord(
        import_key=imported.import_key,
        id=run_id,
        import_id=imported.id,
        property_id=imported.property_id,
        kind=imported.kind,
        mode=mode,
        state=QUEUED,
        language=imported.language or scope.language,
        created_at=sortable(scope.now),
        created_by=scope.actor.id,
        object_key=source.key,
        etag=source.etag,
        bytes_total=source.size,
        undo_until=sortable(plans.undo_until()) if mode == REAL and kind_of(str(imported.kind)).undo else None,
    )


def _source(run: RunRecord) -> Source:
    return Source(str(run.object_key), str(run.etag), int(run.bytes_total))


def _arm(unit: Unit, run: RunRecord) -> None:
    """Put the run's next step on the agenda and start it at once."""
    agenda.arm(
        unit,
        subject_id=str(run.id),
        kind=STEP_KIND,
        due_at=real_now() + timedelta(seconds=STEP_LEASE_S),
        detail={"import_id": str(run.import_id)},
        is_nudged=True,
        in_real_time=True,
    )
