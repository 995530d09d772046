"""The one attempt after a claim, and what is learnt of it: at once, from SES later, or never."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel import agenda, logs, metrics
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import kinds
from chalicelib.outreach.channels import Accepted, Message, Refused, Unknown, carrier
from chalicelib.outreach.channels.push import GONE
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.service import devices

log = logs.Log(__name__)

CODE_LENGTH_MAX = 60


def send(scope: Scope, record: Delivery, message: Message, *, about: str) -> None:
    """Hand a claimed message over and note the answer. `about` is what the occasion is planned from (year, stay).

    The line before the attempt is what a restore learns from: it tells what may have left after the point restored.
    """
    channel, told = str(record.channel), {"delivery": str(record.id), "guest": record.guest_id}
    with logs.bound(chain=scope.chain_id):
        log.info("delivery_leaving", **told, channel=channel, occurrence=str(record.occurrence))
        answer = carrier(channel, is_test=scope.is_test, connector=message.connector).send(message)
        if isinstance(answer, Accepted):
            log.info("delivery_sent", **told, channel=channel)
            metrics.count(metrics.DELIVERIES_SENT, label=channel)
            _note(scope, record, "sent", message_id=answer.message_id)
        elif isinstance(answer, Unknown):
            log.warning("delivery_parked", **told, channel=channel, code=answer.code)
            metrics.count(metrics.DELIVERIES_PARKED, label=channel)
            _note(scope, record, "parked", code=answer.code)
        else:
            log.warning("delivery_refused", **told, channel=channel, code=answer.code)
            if channel == devices.PUSH and answer.code in GONE:
                devices.forget_endpoint(scope, message.guest_id, message.address)
            if not _put_off(scope, record, answer, about):
                metrics.count(metrics.DELIVERIES_FAILED, label=channel)
                _note(scope, record, "failed", code=answer.code)


def settle(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Look after a claim of which nothing more was heard: parked after minutes, unknown after a day; never re-sent."""
    record = Delivery.one(scope, work.subject_id, str(work.occurrence))
    if record is None or record.status == "skipped" or outcomes.is_settled(record.marks):
        return Done()
    unknown_at = from_sortable(record.marks["claimed"]) + outcomes.UNKNOWN_AFTER
    if scope.now < unknown_at:
        if learn(record, {"parked": sortable(scope.now)}):
            unit.update(record)
            log.warning("delivery_parked", delivery=str(record.id), guest=record.guest_id, channel=str(record.channel))
            metrics.count(metrics.DELIVERIES_PARKED, label=str(record.channel))
        return Again(unknown_at)
    if learn(record, {"unknown": sortable(scope.now)}):
        unit.update(record)
        log.error("delivery_unknown", delivery=str(record.id), guest=record.guest_id, channel=str(record.channel))
        metrics.count(metrics.DELIVERIES_UNKNOWN, label=str(record.channel))
    return Done()


def learn(record: Delivery, marks: dict[str, str], *, code: str | None = None) -> bool:
    """Add what has become known to a record in memory; whether that changed it."""
    both = outcomes.merged(record.marks, marks)
    if both == record.marks:
        return False
    record.marks, record.status, record.reason = both, outcomes.status_of(both), None
    if outcomes.strongest(both) in marks:
        record.code = code[:CODE_LENGTH_MAX] if code is not None else None
    return True


def stage_learnt(unit: Unit, record: Delivery, *, was_settled: bool) -> None:
    """Write what was learnt, and end the watch over the claim if it was still needed."""
    unit.update(record)
    if outcomes.is_settled(record.marks) and not was_settled:
        agenda.disarm(unit, subject_id=record.guest_id, kind=kinds.SETTLE, occurrence=str(record.id))


def _note(scope: Scope, record: Delivery, mark: str, *, message_id: str | None = None, code: str | None = None) -> None:
    """Note the attempt's outcome. If an event was faster, both are kept."""
    known: list[Delivery | None] = [record]

    def attempt() -> None:
        present = known.pop() if known else Delivery.one(scope, record.guest_id, str(record.id))
        if present is None:
            return
        was_settled = outcomes.is_settled(present.marks)
        is_new = learn(present, {mark: sortable(scope.now)}, code=code)
        if message_id is not None and not present.message_id:
            present.message_id, is_new = message_id, True
        if is_new:
            unit = Unit(scope)
            stage_learnt(unit, present, was_settled=was_settled)
            unit.commit()

    retried(attempt)


def _put_off(scope: Scope, record: Delivery, answer: Refused, about: str) -> bool:
    """Arm another try of a message that was surely not taken; whether there is one.

    Until then it counts as skipped: nothing was sent, and whoever decides the occurrence first may send it.
    """
    again_at = next_try(scope.now, int(record.tries)) if answer.may_retry else None
    if again_at is None:
        return False
    record.status, record.reason, record.marks = "skipped", "busy_channel", {}
    record.code = answer.code[:CODE_LENGTH_MAX]
    unit = Unit(scope)
    unit.update(record)
    agenda.disarm(unit, subject_id=record.guest_id, kind=kinds.SETTLE, occurrence=str(record.id))
    agenda.arm(
        unit,
        subject_id=record.guest_id,
        kind=kinds.RETRY,
        occurrence=str(record.id),
        due_at=again_at,
        detail={"occasion": str(record.occasion), "about": about, "tries": int(record.tries)},
    )
    try:
        unit.commit()
    except Stale:
        # Somebody has learnt more about this delivery meanwhile, which cannot be; then the claim stands as it is.
        log.error("delivery_changed_meanwhile", delivery=str(record.id), guest=record.guest_id)
    return True


def next_try(now: datetime, tries: int) -> datetime | None:
    """When a message is tried again after so many tries."""
    return outcomes.retry_at(now, tries)
