"""Test clocks: a chain in test mode lives through a year in a minute.

An advance consumes the chain's own lane in due order and sets the clock to each item's instant, so that one advance of
a year equals 365 of a day. It is itself a piece of work on the real clock: a worker that dies is followed by another,
which goes on with what is still in the lane.
"""

from __future__ import annotations

import heapq
import time
from datetime import datetime, timedelta

from chalicelib.kernel import agenda, aws, logs, work
from chalicelib.kernel.agenda import Again, AgendaRecord, Done, Work
from chalicelib.kernel.clock import ClockRecord, from_sortable, real_now, sortable
from chalicelib.kernel.errors import FieldError, Invalid, NotFound, Refusal
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

log = logs.Log(__name__)

ADVANCE_KIND = "clock.advance"
CATCH_UP_KIND = "clock.catch_up"
CATCH_UP_EVERY_S = 300  # how soon a test chain's lost nudges are found on the real clock
STEP_S = 5.0  # one worker call; a mail that times out at its end still ends within the lease
STEP_LEASE_S = 30  # how long an advance stands still when its worker has died
PAGE = 200
ADVANCE_DAYS_MAX = 366 * 5
OVERDUE_COUNT_MAX = 1000
FINISHED_KEPT = 50
SAVE_EVERY_S = 0.5


def start_clock(unit: Unit, now: datetime) -> None:
    """Give a new test chain its clock, standing at `now`, in the transaction that creates the chain."""
    unit.create(ClockRecord(chain_id=unit.scope.chain_id, now_at=sortable(now)))
    agenda.arm(
        unit,
        subject_id=unit.scope.chain_id,
        kind=CATCH_UP_KIND,
        due_at=real_now() + timedelta(seconds=CATCH_UP_EVERY_S),
        is_recurring=True,
        in_real_time=True,
    )


def clock_of(scope: Scope) -> ClockRecord:
    """The chain's test clock. Raises NotFound for a live chain."""
    record = ClockRecord.find(scope.chain_id) if scope.is_test else None
    if record is None:
        raise NotFound(N_("This chain is live: it has no test clock."))
    return record


def request_advance(scope: Scope, *, to: datetime | None = None, days: int | None = None) -> ClockRecord:
    """Ask for an advance to an instant or by days; one under way is extended. Raises Invalid for a step back."""

    def attempt() -> ClockRecord:
        record = clock_of(scope)
        start = from_sortable(record.target_at) if record.target_at else record.now
        target = to if to is not None else start + timedelta(days=days or 0)
        if to is not None and to < record.now:
            raise Invalid.field("/to", N_("A test clock does not step back."), "step_back")
        if target > record.now + timedelta(days=ADVANCE_DAYS_MAX):
            reason = N_("An advance covers at most %(days)s days.")
            raise Invalid(errors=(FieldError("/to", reason, "too_far", {"days": ADVANCE_DAYS_MAX}),))
        record.target_at = sortable(max(target, start))
        record.advance_id = record.advance_id or new_id("adv")
        unit = Unit(scope)
        unit.update(record)
        agenda.arm(
            unit,
            subject_id=scope.chain_id,
            kind=ADVANCE_KIND,
            due_at=real_now() + timedelta(seconds=STEP_LEASE_S),
            is_recurring=True,
            in_real_time=True,
            is_nudged=True,
        )
        unit.audit("clock.advance_requested", scope.chain_id, to=record.target_at)
        unit.commit()
        return record

    return retried(attempt)


def overdue_count(scope: Scope, now: datetime) -> int:
    """How many items of the chain's lane are due and not done, counted up to a bound."""
    page = agenda.due_page(_lane(scope.chain_id), now, limit=OVERDUE_COUNT_MAX)
    return len(page.items)


@agenda.handles(ADVANCE_KIND, lane_class="bulk")
def _advance(scope: Scope, item: Work, unit: Unit) -> Again | Done:
    """One step of an advance; asks to go on until the target is reached."""
    record = ClockRecord.find(scope.chain_id)
    if record is None or not record.target_at:
        return Done()
    target = from_sortable(record.target_at)
    if not _consume(scope, record.now, target):
        return Again(real_now() + timedelta(seconds=STEP_LEASE_S), is_nudged=True)
    finished = [record.advance_id, *(record.finished_ids or [])][:FINISHED_KEPT]
    unit.amend(
        ClockRecord,
        (scope.chain_id, None),
        "SET now_at = :to, finished_ids = :ids ADD version :one REMOVE target_at, advance_id",
        values={
            ":to": {"S": sortable(target)},
            ":ids": {"L": [{"S": one} for one in finished]},
            ":one": {"N": "1"},
            ":id": {"S": record.advance_id},
        },
        condition="target_at = :to AND advance_id = :id",
    )
    log.info("advance_done")
    return Done()


@agenda.handles(CATCH_UP_KIND, lane_class="bulk", bury=lambda scope, item: _catch_up_again())
def _catch_up(scope: Scope, item: Work, unit: Unit) -> Again | Done:
    """Do what is overdue on a standing test clock, such as an event whose nudge was lost."""
    record = ClockRecord.find(scope.chain_id)
    if record is None:
        return Done()
    if not record.target_at:
        _consume(scope, record.now, record.now)
    return _catch_up_again()


def _catch_up_again() -> Again | Done:
    return Again(real_now() + timedelta(seconds=CATCH_UP_EVERY_S))


def _lane(chain_id: str) -> str:
    return f"test#{chain_id}"


def _consume(scope: Scope, start: datetime, until: datetime) -> bool:
    """Do the lane's work due at or before `until`, in order, for one step. Returns whether nothing is left."""
    deadline = time.monotonic() + STEP_S
    last_saved = time.monotonic()
    now = start
    while time.monotonic() < deadline:
        page = agenda.due_page(_lane(scope.chain_id), until, limit=PAGE)
        if not page.items:
            return True
        queue = [(str(item.due_at), str(item.subject_key), str(item.item_key)) for item in page.items]
        # Beyond the last item of a full page there may be work that we have not read yet.
        horizon = queue[-1] if len(queue) == PAGE else None
        heapq.heapify(queue)
        while queue and time.monotonic() < deadline:
            entry = heapq.heappop(queue)
            now = max(now, from_sortable(entry[0]))
            for record in _run_in_order(entry, now):
                armed = (str(record.due_at), str(record.subject_key), str(record.item_key))
                if armed[0] <= sortable(until) and (horizon is None or armed <= horizon):
                    heapq.heappush(queue, armed)
            if time.monotonic() - last_saved > SAVE_EVERY_S:
                _save_now(scope.chain_id, now)
                last_saved = time.monotonic()
        _save_now(scope.chain_id, now)
    return False


def _run_in_order(entry: tuple[str, str, str], now: datetime) -> list[AgendaRecord]:
    """Run one item, with its tries, and return what was armed by it instead of nudging that."""
    _, subject_key, item_key = entry
    gathering = agenda.Collector()
    token = agenda.collector.set(gathering)
    try:
        for attempt in range(work.ATTEMPTS_MAX):
            try:
                work.run(subject_key, item_key, now=now)
                return gathering.armed
            except (Refusal, LookupError, ValueError, TypeError, aws.ClientError, aws.BotoCoreError) as error:
                work.note_failure(subject_key, item_key, error)
                log.warning("advance_work_failed", error, tries=attempt + 1)
        record = AgendaRecord.find(subject_key, item_key)
        if record is not None and record.lane and not record.lane.startswith("dead#"):
            work.bury(record, now=now)
        return gathering.armed
    finally:
        agenda.collector.reset(token)


def _save_now(chain_id: str, now: datetime) -> None:
    """Let readers see how far the clock has come; never backwards."""
    try:
        aws.client("dynamodb").update_item(
            TableName=ClockRecord.Meta.table_name,
            Key=ClockRecord.raw_key(chain_id),
            UpdateExpression="SET now_at = :now",
            ConditionExpression="now_at < :now",
            ExpressionAttributeValues={":now": {"S": sortable(now)}},
        )
    except aws.ClientError as error:
        if aws.error_code(error) != "ConditionalCheckFailedException":
            raise
