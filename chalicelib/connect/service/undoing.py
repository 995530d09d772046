"""Undoing a whole run: what it created goes, what it changed becomes what it was, what has changed since is kept.

It goes backwards through the images of the run, some in each transaction together with its own progress, so that a
crash resumes behind what is done and nothing is done twice. A preview goes the same way and writes nothing but figures.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chalicelib.connect import models
from chalicelib.connect.kinds import UNDO_KIND
from chalicelib.connect.models import KeptRecord, RunRecord, UndoRecord
from chalicelib.connect.rules import OVER
from chalicelib.connect.rules.runs import DONE, DRY_RUN, FAILED, MODES, REAL, RUNNING
from chalicelib.connect.service import plans
from chalicelib.connect.service.kinds import Kind, kind_of
from chalicelib.connect.service.progress import Superseded
from chalicelib.connect.service.runs import run_of
from chalicelib.kernel import agenda, cursor, logs
from chalicelib.kernel.agenda import few_nudges
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import AlreadyExists, Busy, Conflict, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.imports import Undone
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, UnitTooLarge, retried

log = logs.Log(__name__)

STEP_S = 15.0  # one worker call, as of a run
LEASE_S = 60
GROUPS_PER_READ = 20  # images of a group are some 4 KB, where every row changed a guest
TRIES_MAX = 3  # of a single record that somebody else is writing

NOT_A_REAL_RUN = N_("This was a check: there is nothing to undo.")
NOT_OVER = N_("The run is not over yet.")
NOT_THIS_KIND = N_("Runs of this kind cannot be undone.")
TOO_LATE = N_("The run is too old to be undone: what was there before it has been forgotten.")
WRITTEN_MEANWHILE = N_("Somebody else was writing it.")

_MET_ANOTHER = (Stale, AlreadyExists, Busy, UnitTooLarge)


@dataclass(frozen=True)
class Kept:
    """Something that an undoing left as it was: its id, why, and which fields, if it was not all of it."""

    record_id: str
    reason: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class KeptPage:
    """Some of what was kept, and the cursor of what follows."""

    items: list[Kept]
    next: str | None


def undo_of(scope: Scope, import_id: str, run_id: str, mode: str) -> tuple[RunRecord, UndoRecord | None]:
    """A run and its undoing in a mode, if there is one. Raises NotFound, also beyond the caller's properties."""
    run = run_of(scope, import_id, run_id)
    return run, models.find_undo(scope, run_id, mode)


def why_not(run: RunRecord) -> str | None:
    """Why a run cannot be undone (a sentence), or None if it can."""
    if run.mode != REAL:
        return NOT_A_REAL_RUN
    if run.state not in OVER:
        return NOT_OVER
    if not run.undo_until:
        return NOT_THIS_KIND if kind_of(str(run.kind)).undo is None else TOO_LATE
    return TOO_LATE if str(run.undo_until) < sortable(real_now()) else None


def start_undo(scope: Scope, import_id: str, run_id: str, mode: str, *, is_queued: bool = True) -> UndoRecord:
    """Undo a run, or preview that. A run is undone once: asked again, the same undoing is answered.

    A preview that is over is made anew. An undoing that failed goes on. Raises NotFound, and Conflict for a run that
    cannot be undone.
    """
    if mode not in MODES:
        raise ValueError(f"no such mode: {mode}")

    def attempt() -> UndoRecord:
        run, undo = undo_of(scope, import_id, run_id, mode)
        if undo is not None and (undo.state == RUNNING or (mode == REAL and undo.state == DONE)):
            return undo
        reason = why_not(run)
        if reason is not None:
            raise Conflict(reason)
        unit = Unit(scope)
        if undo is not None and mode == REAL:
            undo.state, undo.finished_at = RUNNING, None
            unit.update(undo)
        else:
            fresh = _new_undo(scope, run, mode)
            fresh.version = int(undo.version) if undo is not None else 0
            unit.update(fresh) if undo is not None else unit.create(fresh, refusal=Stale())
            undo = fresh
        unit.audit("import.undo_started", import_id, run_id=run_id, mode=mode)
        if is_queued:
            _arm(unit, undo, run_id)
        unit.commit()
        return undo

    return retried(attempt)


def kept_page(
    scope: Scope, import_id: str, run_id: str, mode: str, *, limit: int, after: str | None = None
) -> KeptPage:
    """What an undoing left as it was, the last row first. Raises NotFound."""
    _, undo = undo_of(scope, import_id, run_id, mode)
    purpose = f"kept|{run_id}|{mode}"
    key = cursor.decode(scope, purpose, after)
    if undo is None:
        return KeptPage([], None)
    part, done = (key["part"]["S"], int(key["done"]["N"])) if key else (models.kept_part(undo, None), 0)
    found: list[tuple[str, int, Kept]] = []
    # The part that a page ended in is read again, without what was shown of it; each part holds one record or more.
    for record in models.kept_from(undo, part, limit=limit + 2):
        passed = done if record.part == part else 0
        for number, (record_id, reason, fields) in enumerate(record.records[passed:], start=passed + 1):
            found.append((str(record.part), number, Kept(record_id, reason, tuple(fields))))
    is_more = len(found) > limit
    shown = found[:limit]
    following = {"part": {"S": shown[-1][0]}, "done": {"N": str(shown[-1][1])}} if is_more else None
    return KeptPage([kept for _, _, kept in shown], cursor.encode(scope, purpose, following))


def advance_undo(scope: Scope, import_id: str, run_id: str, mode: str, *, for_s: float = STEP_S) -> bool:
    """Go on with an undoing for some seconds; whether it is over. Safe to repeat after a crash at any moment.

    Raises Busy when another worker is at work on it.
    """
    run, undo = models.find_run(scope, import_id, run_id), models.find_undo(scope, run_id, mode)
    if run is None or undo is None or undo.state != RUNNING:
        return True
    try:
        with few_nudges():
            return _Undoing(scope, run, undo).go_on(time.monotonic() + for_s)
    except Superseded:
        now = models.find_undo(scope, run_id, mode)
        if now is None or now.state != RUNNING:
            return True
        raise Busy() from None


def give_up_undo(scope: Scope, run_id: str, mode: str) -> None:
    """End an undoing whose steps keep failing; it can be started again, and goes on."""
    undo = models.find_undo(scope, run_id, mode)
    if undo is not None and undo.state == RUNNING:
        undo.state, undo.finished_at = FAILED, sortable(real_now())
        unit = Unit(scope)
        unit.update(undo)
        unit.audit("import.undo_failed", str(undo.import_id), run_id=run_id, mode=mode)
        unit.commit()


# -- inside ----------------------------------------------------------------------------------------------------


class _Undoing:
    """One step of an undoing."""

    def __init__(self, scope: Scope, run: RunRecord, undo: UndoRecord) -> None:
        self._scope = scope
        self._run = run
        self._undo = undo
        self._kind: Kind = kind_of(str(run.kind))
        self._seen: dict[str, Any] | None = {} if undo.part == DRY_RUN else None

    def go_on(self, until: float) -> bool:
        undo = self._undo
        while True:
            page = models.images_back(self._scope, str(self._run.id), undo.before, limit=GROUPS_PER_READ)
            for record in page.items:
                last = str(record.last_row)
                done = int(undo.offset) if last == undo.before else 0
                images = list(reversed(record.images))
                for start in range(done, len(images), self._kind.undo_rows):
                    bite = images[start : start + self._kind.undo_rows]
                    self._take_back(bite, last, start)
                    if time.monotonic() > until:
                        return False
            if page.next_key is None:
                self._end()
                return True

    def _take_back(self, bite: Sequence[Any], last: str, start: int) -> None:
        """Some images in one transaction; if somebody else is writing one of the records, each in its own."""
        try:
            self._write(bite, last, start + len(bite))
            return
        except _MET_ANOTHER as error:
            log.info("undo_refused", run=str(self._run.id), cause=type(error))
        for place, image in enumerate(bite, start=start + 1):
            self._take_back_alone(image, last, place)

    def _take_back_alone(self, image: Any, last: str, place: int) -> None:
        for _ in range(TRIES_MAX):
            try:
                self._write([image], last, place)
                return
            except _MET_ANOTHER as error:
                log.info("undo_refused", run=str(self._run.id), cause=type(error))
        self._write([image], last, place, Undone("kept", str(image[0]), WRITTEN_MEANWHILE))

    def _write(self, images: Sequence[Any], last: str, offset: int, verdict: Undone | None = None) -> None:
        """One transaction: what the images ask for, what was kept, and how far this is by now."""
        undo, before = self._undo, dict(self._undo.attribute_values)
        unit = Unit(self._scope)
        if verdict is not None:
            undone = [verdict]
        elif self._kind.undo is None:
            raise LookupError(f"{self._kind.name} cannot be undone")
        else:
            undone = self._kind.undo(self._scope, unit, images, seen=self._seen)
        if self._seen is not None:
            unit = Unit(self._scope)  # what would be written is forgotten
        kept = [[one.record_id, one.reason or "", list(one.fields)] for one in undone if one.reason or one.fields]
        number = sum(int(one) for one in (undo.removed, undo.restored, undo.kept))
        if kept:
            part = models.kept_part(undo, number)
            unit.put(KeptRecord(run_key=undo.run_key, part=part, records=kept, expires_at=plans.expires_at()))
        for one in undone:
            setattr(undo, one.outcome, int(getattr(undo, one.outcome)) + 1)
        undo.before, undo.offset = last, offset
        unit.update(undo, refusal=Superseded())
        try:
            unit.commit()
        except BaseException:
            undo.attribute_values = before  # it is as it is stored
            raise

    def _end(self) -> None:
        undo, scope = self._undo, self._scope
        undo.state, undo.finished_at = DONE, sortable(real_now())
        unit = Unit(scope)
        unit.update(undo, refusal=Superseded())
        unit.audit("import.undone", str(undo.import_id), run_id=str(self._run.id), mode=str(undo.part))
        unit.commit()
        with logs.bound(chain=scope.chain_id):
            log.info("import_undone", run=str(self._run.id), import_id=str(undo.import_id), mode=str(undo.part))


def _new_undo(scope: Scope, run: RunRecord, mode: str) -> UndoRecord:
    return UndoRecord(
        run_key=scope.key(str(run.id)),
        part=mode,
        import_id=run.import_id,
        state=RUNNING,
        created_at=sortable(scope.now),
        created_by=scope.actor.id,
        attempt=new_id("und"),
        started_at=sortable(real_now()),
        rows_total=int(run.created) + int(run.updated),
    )


def _arm(unit: Unit, undo: UndoRecord, run_id: str) -> None:
    agenda.arm(
        unit,
        subject_id=run_id,
        kind=UNDO_KIND,
        occurrence=str(undo.part),
        due_at=real_now() + timedelta(seconds=LEASE_S),
        detail={"import_id": str(undo.import_id), "mode": str(undo.part)},
        is_nudged=True,
        in_real_time=True,
    )
