"""Running what is due: the sweep that hands work to the queues, and the worker that does it.

Nothing here is exactly once. The sweep moves an item's `due_at` forward by a lease before it hands it over; a worker
that dies leaves the item to the next sweep; handlers commit their effect and the item's end in one transaction.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta

from chalicelib.kernel import agenda, aws, logs, metrics
from chalicelib.kernel.agenda import Again, AgendaRecord, Done
from chalicelib.kernel.clock import chain_now, from_sortable, real_now, sortable
from chalicelib.kernel.errors import Busy, Refusal, Stale
from chalicelib.kernel.events import Event, reactions_to
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope, system_scope
from chalicelib.kernel.tenancy import SWEEP, inside, through
from chalicelib.kernel.unit import Unit

log = logs.Log(__name__)

ATTEMPTS_MAX = 8
LEASE_S = 120  # longer than a worker's time-out
LEASES_MAX = 60  # of an item that never failed: it waits in a long queue, or kills its worker; two hours tell
WAIT_MAX_S = 3600  # between two tries of what keeps failing
SWEEP_PAGE = 100
SWEEP_PAGES_MAX = 20  # per lane and tick: 2,000 items, more than a queue takes in a minute
ERROR_LENGTH_MAX = 300
STALE_TRIES_MAX = 4
COPY_MARK = "!"  # in the key of a dead occurrence whose recurrence goes on


class _Moved(Stale):
    """The item was armed anew, leased or ended by somebody else."""


# -- the sweep -------------------------------------------------------------------------------------------------


def sweep(now: datetime | None = None) -> dict[str, int]:
    """Hand everything that is due in the shared lanes to the queues. Returns counts: handed, buried."""
    instant = now or real_now()
    began = time.perf_counter()
    handed = buried = 0
    for lane_class in agenda.CLASSES:
        for shard in range(agenda.LANES_PER_CLASS):
            lane_handed, lane_buried = _sweep_lane(f"{lane_class}#{shard:02}", lane_class, instant)
            handed += lane_handed
            buried += lane_buried
    took_ms = (time.perf_counter() - began) * 1000
    log.info("sweep_done", handed=handed, buried=buried, ms=took_ms)
    metrics.count(metrics.SWEEPS)
    metrics.observe(metrics.SWEEP_MS, took_ms)
    metrics.count(metrics.AGENDA_HANDED, handed)
    return {"handed": handed, "buried": buried}


def _sweep_lane(lane: str, lane_class: str, now: datetime) -> tuple[int, int]:
    handed = buried = 0
    for _ in range(SWEEP_PAGES_MAX):
        with through(SWEEP):
            page = agenda.due_page(lane, now, limit=SWEEP_PAGE)
        batch: list[AgendaRecord] = []
        for key in page.items:
            with inside(key.chain_id):
                record = _leased(key, now)
                if record is None:
                    continue
                if int(record.attempts) > (ATTEMPTS_MAX if record.error else LEASES_MAX):
                    bury(record)
                    buried += 1
                else:
                    batch.append(record)
        for start in range(0, len(batch), agenda.NUDGES_PER_CALL):
            agenda.send(lane_class, batch[start : start + agenda.NUDGES_PER_CALL])
        handed += len(batch)
        if len(page.items) < SWEEP_PAGE:
            break
    return handed, buried


def _leased(key: AgendaRecord, now: datetime) -> AgendaRecord | None:
    """Move an item beyond this sweep and count the attempt; None if another sweep or a new arming was faster."""
    try:
        answer = aws.client("dynamodb").update_item(
            TableName=AgendaRecord.Meta.table_name,
            Key=key.key(),
            UpdateExpression="SET due_at = :next ADD attempts :one",
            ConditionExpression="lane = :lane AND due_at = :seen",
            ExpressionAttributeValues={
                ":next": {"S": sortable(now + timedelta(seconds=LEASE_S))},
                ":seen": {"S": key.due_at},
                ":lane": {"S": key.lane},
                ":one": {"N": "1"},
            },
            ReturnValues="ALL_NEW",
        )
    except aws.ClientError as error:
        if aws.error_code(error) != "ConditionalCheckFailedException":
            raise
        return None
    return AgendaRecord.from_raw_data(answer["Attributes"])


# -- the worker ------------------------------------------------------------------------------------------------


def run_message(body: str) -> None:
    """Do the work that a queue message points to. Raises what the handler raises; stale messages are dropped."""
    message = json.loads(body)
    run(message["subject"], message["item"], message["revision"])


def run(subject_key: str, item_key: str, revision: str | None = None, *, now: datetime | None = None) -> bool:
    """Run one item if it is still armed (in that revision). Returns whether it was run to its end.

    A failure leaves the item where it is, to be tried again by the sweep; after the last attempt it is buried.
    """
    with inside(agenda.chain_of(subject_key)):
        return _run(subject_key, item_key, revision, now)


def _run(subject_key: str, item_key: str, revision: str | None, now: datetime | None) -> bool:
    refusal: Stale | None = None
    for attempt in range(STALE_TRIES_MAX):
        record = AgendaRecord.find(subject_key, item_key)
        if record is None or not record.lane or record.lane.startswith("dead#"):
            return False
        if revision is not None and record.revision != revision:
            return False
        scope = _scope_of(record, now)
        try:
            with logs.bound(**logs.known_of(scope)):
                _done(scope, record, refusal)
        except _Moved:
            return False
        except Stale as stale:
            if attempt == STALE_TRIES_MAX - 1:
                raise
            refusal = stale
            continue  # what the decision was based on has changed: decide again
        return True
    return False


def _done(scope: Scope, record: AgendaRecord, refusal: Stale | None) -> None:
    """Do one item and tell how long it took, and how long after its time it was."""
    began, seen, armed_for = time.perf_counter(), record.revision, from_sortable(record.armed_for)
    attempts = int(record.attempts)
    if record.kind == agenda.EVENT_KIND:
        _react(scope, record)
    else:
        _handle(scope, record, refusal)
    # A test chain's clock jumps, so how late its work is says nothing.
    lag_s = None if record.is_test else max(0.0, (real_now() - armed_for).total_seconds())
    log.info(
        "work_done",
        kind=str(record.occurrence if record.kind == agenda.EVENT_KIND else record.kind),
        subject=record.subject_id,
        outcome="done" if record.revision == seen else "again",
        attempts=attempts,
        ms=(time.perf_counter() - began) * 1000,
        lag_s=lag_s,
    )
    metrics.count(metrics.AGENDA_DONE)
    if lag_s is not None:
        metrics.observe(metrics.AGENDA_LAG_S, lag_s)


def _scope_of(record: AgendaRecord, now: datetime | None) -> Scope:
    is_test = bool(record.is_test)
    instant = now or chain_now(record.chain_id, is_test=is_test)
    return system_scope(record.chain_id, instant, is_test=is_test, request_id=str(record.revision))


def _handle(scope: Scope, record: AgendaRecord, refusal: Stale | None) -> None:
    kind = agenda.kind_of(str(record.kind))
    unit = Unit(scope)
    answer = kind.handler(scope, agenda.work_of(record, refusal), unit)
    _settle(unit, record, answer)
    unit.commit()


def _settle(unit: Unit, record: AgendaRecord, answer: Again | Done) -> None:
    """Add the item's end, or its next time, to the transaction of its effect."""
    guard = {":seen": {"S": record.revision}}
    key = str(record.subject_key), str(record.item_key)
    if isinstance(answer, Again) and _is_copy(record) and answer.occurrence not in (None, record.occurrence):
        answer = Done()  # the recurrence itself went on when this occurrence of it was buried
    if isinstance(answer, Again):
        record.occurrence = answer.occurrence or record.occurrence
        if answer.detail is not None:
            record.detail = answer.detail or None
        record.due_at = record.armed_for = sortable(answer.due_at)
        record.attempts = 0
        record.error = None
        seen = record.revision
        record.revision = new_id("rev")
        unit.replace(record, "revision = :seen", {":seen": {"S": seen}}, refusal=_Moved())
        agenda.note_rearmed(unit, record, answer.is_nudged)
        return
    unit.amend(
        AgendaRecord,
        key,
        "SET expires_at = :ttl REMOVE lane, due_at",
        values={**guard, ":ttl": {"N": str(agenda.expiry())}},
        condition="revision = :seen",
        refusal=_Moved(),
    )


def _is_copy(record: AgendaRecord) -> bool:
    return COPY_MARK in str(record.item_key)


def _react(scope: Scope, record: AgendaRecord) -> None:
    """Run the reactions left over, each in its own transaction, and end the event after the last one."""
    detail = dict(record.detail or {})
    version = int(detail.pop("version", 0))
    detail.pop("at", None)
    event = Event(str(record.occurrence), record.subject_id, version, detail)
    known = reactions_to(event.type)
    left = sorted(record.left or ())
    key = str(record.subject_key), str(record.item_key)
    for position, name in enumerate(left):
        unit = Unit(scope)
        if name in known:
            known[name](scope, event, unit)
        is_last = position == len(left) - 1
        ending = ", expires_at = :ttl REMOVE lane, due_at" if is_last else ""
        values = {":name": {"S": name}, ":mark": {"S": sortable(real_now())}, ":set": {"SS": [name]}}
        if is_last:
            values[":ttl"] = {"N": str(agenda.expiry())}
        unit.amend(
            AgendaRecord,
            key,
            f"SET touched_at = :mark{ending} DELETE #left :set",
            names={"#left": "left"},
            values=values,
            condition="contains(#left, :name)",
            refusal=_Moved(),
        )
        unit.commit()
        metrics.count(metrics.REACTIONS)


# -- the dead --------------------------------------------------------------------------------------------------


def note_failure(subject_key: str, item_key: str, error: Exception) -> None:
    """Keep the kind of the last error with the item (never its text, which may hold personal data), and wait longer
    with every attempt."""
    with inside(agenda.chain_of(subject_key)):
        _note_failure(subject_key, item_key, error)


def _note_failure(subject_key: str, item_key: str, error: Exception) -> None:
    record = AgendaRecord.find(subject_key, item_key)
    if record is None or not record.lane or record.lane.startswith("dead#"):
        return
    text = error.type if isinstance(error, Refusal) else type(error).__name__
    with logs.bound(chain=record.chain_id):
        kind, attempts = str(record.kind), int(record.attempts)
        log.warning("work_failed", kind=kind, subject=record.subject_id, attempts=attempts, cause=type(error))
    wait = min(LEASE_S * 2 ** int(record.attempts), WAIT_MAX_S)
    due_at = record.due_at if record.is_test else sortable(real_now() + timedelta(seconds=wait))
    try:
        aws.client("dynamodb").update_item(
            TableName=AgendaRecord.Meta.table_name,
            Key=record.key(),
            UpdateExpression="SET #error = :text, due_at = :due",
            ConditionExpression="revision = :seen AND due_at = :was",
            ExpressionAttributeNames={"#error": "error"},
            ExpressionAttributeValues={
                ":text": {"S": text[:ERROR_LENGTH_MAX]},
                ":due": {"S": due_at},
                ":was": {"S": record.due_at},
                ":seen": {"S": record.revision},
            },
        )
    except aws.ClientError as failure:
        if aws.error_code(failure) != "ConditionalCheckFailedException":
            raise


def bury(record: AgendaRecord, *, now: datetime | None = None) -> None:
    """Take an item that failed too often out of its lane, visibly; a recurrence goes on with its next occurrence."""
    scope = _scope_of(record, now)
    unit = Unit(scope)
    kind = None if record.kind == agenda.EVENT_KIND else agenda.kind_of(str(record.kind))
    answer = kind.bury(scope, agenda.work_of(record)) if kind is not None and kind.bury else Done()
    if isinstance(answer, Again):
        dead = AgendaRecord.from_raw_data(record.serialize())
        dead.item_key = f"{record.item_key}{COPY_MARK}{record.occurrence or new_id('occ')}"
        dead.lane, dead.due_at = agenda.dead_lane(record.chain_id), sortable(scope.now)
        unit.put(dead)
        _settle(unit, record, answer)
    else:
        seen = record.revision
        record.lane, record.due_at = agenda.dead_lane(record.chain_id), sortable(scope.now)
        unit.replace(record, "revision = :seen", {":seen": {"S": seen}}, refusal=_Moved())
    try:
        unit.commit()
    except _Moved:
        return
    with logs.bound(**logs.known_of(scope)):
        log.error("work_dead", kind=str(record.kind), subject=record.subject_id, attempts=int(record.attempts))
        metrics.count(metrics.AGENDA_DEAD)


def revive(scope: Scope, subject_id: str, item_key: str, reason: str = "") -> bool:
    """Put a dead item of the caller's chain back to work at once, with fresh attempts. False if there is none."""
    record = AgendaRecord.find(scope.key(subject_id), item_key)
    if record is None or record.lane != agenda.dead_lane(scope.chain_id):
        return False
    seen = record.revision
    lane_class = "event" if record.kind == agenda.EVENT_KIND else agenda.kind_of(str(record.kind)).lane_class
    record.lane = agenda.lane_of(scope.chain_id, subject_id, lane_class, bool(record.is_test))
    record.due_at = sortable(scope.now if record.is_test else real_now())
    record.attempts, record.error, record.revision = 0, None, new_id("rev")
    unit = Unit(scope)
    unit.replace(record, "revision = :seen", {":seen": {"S": seen}}, refusal=Busy())
    unit.audit("agenda.revived", subject_id, item=item_key, reason=reason or None)
    agenda.note_rearmed(unit, record, True)
    unit.commit()
    return True
