"""The agenda: pieces of work for one subject that fall due at an instant. The one mechanism for everything later.

An item is stored under what it is, `chain#subject` / `kind#occurrence` (a recurrence under `kind` alone), so arming is
an upsert and moving is an update. Its only index, `due`, has the lane as partition and `due_at` as order; a sweep reads
only what is due. A test chain has a lane of its own, which its clock consumes (see `testclock`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kernel import aws, logs, metrics
from chalicelib.kernel.clock import from_sortable, real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.events import Event, reactions_to
from chalicelib.kernel.ids import new_id, shard_of
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import MissingSetting, settings
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.kernel.unit import Unit

log = logs.Log(__name__)

LANES_PER_CLASS = 32  # spreads one class over partitions: 1,000 writes a second each
CLASSES = ("event", "due", "bulk")
EVENT_GRACE_S = 60  # an event is nudged at once; the sweep finds it after this if the nudge was lost
DONE_KEPT_DAYS = 3
DETAIL_BYTES_MAX = 200_000
NUDGES_PER_CALL = 10  # SQS's limit of a batch


class DueIndex(GlobalSecondaryIndex[Any]):
    """What is due, by lane, oldest first."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    lane = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class AgendaRecord(Record):
    """One piece of work. Without a lane it is done and waits for its time to live."""

    class Meta(Record.Meta):
        table_name = Record.table("agenda")

    subject_key = UnicodeAttribute(hash_key=True)
    item_key = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    occurrence = UnicodeAttribute(null=True)
    lane = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    armed_for = UnicodeAttribute()  # the due_at that was asked for; leases move due_at only
    attempts = NumberAttribute(default=0)
    revision = UnicodeAttribute()  # changes whenever the item is armed anew
    detail = JSONAttribute(null=True)
    left = UnicodeSetAttribute(null=True)
    error = UnicodeAttribute(null=True)
    touched_at = UnicodeAttribute(null=True)
    is_test = NumberAttribute(default=0)
    expires_at = TTLAttribute(null=True)

    due = DueIndex()

    @property
    def chain_id(self) -> str:
        """The chain the work belongs to."""
        return chain_of(str(self.subject_key))

    @property
    def subject_id(self) -> str:
        """Who or what the work is about."""
        return str(self.subject_key).split("#", 1)[1]


@dataclass(frozen=True)
class Work:
    """What a handler is given: the item without its storage.

    `refusal` is why the handler's decision of a moment ago could not be committed, when it is asked to decide again.
    """

    subject_id: str
    kind: str
    occurrence: str | None
    due_at: datetime
    attempts: int
    detail: dict[str, Any]
    refusal: Stale | None = None


@dataclass(frozen=True)
class Again:
    """A handler's answer: arm me again (a recurrence, a wait, the next chunk)."""

    due_at: datetime
    occurrence: str | None = None
    detail: dict[str, Any] | None = None
    is_nudged: bool = False


class Done:
    """A handler's answer: nothing more to do."""


Handler = Callable[[Scope, Work, Unit], Again | Done]
Bury = Callable[[Scope, Work], Again | Done]


class _Kind(NamedTuple):
    handler: Handler
    lane_class: str
    bury: Bury | None


_KINDS: dict[str, _Kind] = {}
EVENT_KIND = "event"


def handles(kind: str, *, lane_class: str = "due", bury: Bury | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of a kind. `bury` answers how a dead recurrence goes on (it is re-armed even then)."""

    def register(handler: Handler) -> Handler:
        if kind in _KINDS and _KINDS[kind].handler != handler:
            raise ValueError(f"{kind} has a handler already")
        _KINDS[kind] = _Kind(handler, lane_class, bury)
        logs.allow([kind])
        return handler

    return register


def kind_of(kind: str) -> _Kind:
    """The registration of a kind. Raises LookupError for one that nobody handles."""
    try:
        return _KINDS[kind]
    except KeyError:
        raise LookupError(f"nobody handles agenda kind {kind}") from None


def lane_class_of(kind: str) -> str:
    """The class of lanes that a kind waits in. A kind that nobody handles, as after a step back to an older version of
    the product, waits with what is due."""
    if kind == EVENT_KIND:
        return "event"
    known = _KINDS.get(kind)
    return known.lane_class if known is not None else "due"


def bury_of(kind: str) -> Bury | None:
    """How a dead recurrence of a kind goes on; None if it does not, or if nobody handles the kind."""
    known = _KINDS.get(kind)
    return known.bury if known is not None else None


# -- arming ----------------------------------------------------------------------------------------------------


def arm(
    unit: Unit,
    *,
    subject_id: str,
    kind: str,
    due_at: datetime,
    occurrence: str | None = None,
    is_recurring: bool = False,
    detail: dict[str, Any] | None = None,
    is_nudged: bool = False,
    in_real_time: bool = False,
) -> None:
    """Put work on the agenda in `unit`'s transaction, or move it if it is there (same subject, kind, occurrence).

    `due_at` is the earliest possible instant; the handler decides under the rules of then. `is_nudged` starts it right
    after the commit. `in_real_time` keeps the item of a test chain on the real clock (leases, advances).
    """
    scope = unit.scope
    own_lane = scope.is_test and not in_real_time
    record = AgendaRecord(
        subject_key=scope.key(subject_id),
        item_key=item_key(kind, None if is_recurring else occurrence),
        kind=kind,
        occurrence=occurrence,
        lane=lane_of(scope.chain_id, subject_id, kind_of(kind).lane_class, own_lane),
        due_at=sortable(due_at),
        armed_for=sortable(due_at),
        revision=new_id("rev"),
        detail=_checked(detail),
        is_test=int(scope.is_test),
    )
    unit.put(record)
    note_rearmed(unit, record, is_nudged)


def disarm(unit: Unit, *, subject_id: str, kind: str, occurrence: str | None = None) -> None:
    """Take work off the agenda, whether it is there or not."""
    unit.amend(
        AgendaRecord,
        (unit.scope.key(subject_id), item_key(kind, occurrence)),
        "SET revision = :r, expires_at = :t REMOVE lane, due_at",
        values={":r": {"S": new_id("rev")}, ":t": {"N": str(expiry())}},
    )


def is_armed(scope: Scope, subject_id: str, item_key: str) -> bool:
    """Whether an item of the scope's chain waits to be done, or lies among the dead."""
    record = AgendaRecord.find(scope.key(subject_id), item_key)
    return record is not None and record.lane is not None


def announce(unit: Unit, event: Event) -> None:
    """Tell a fact in `unit`'s transaction. Nothing is written if nobody reacts to it."""
    names = reactions_to(event.type)
    if not names:
        return
    scope = unit.scope
    due_at = scope.now if scope.is_test else real_now() + timedelta(seconds=EVENT_GRACE_S)
    record = AgendaRecord(
        subject_key=scope.key(event.subject_id),
        item_key=item_key(EVENT_KIND, new_id("evt")),
        kind=EVENT_KIND,
        occurrence=event.type,
        lane=lane_of(scope.chain_id, event.subject_id, "event", scope.is_test),
        due_at=sortable(due_at),
        armed_for=sortable(due_at),
        revision=new_id("rev"),
        detail=_checked({"version": event.version, "at": sortable(scope.now), **event.detail}),
        left=set(names),
        is_test=int(scope.is_test),
    )
    unit.put(record)
    note_rearmed(unit, record, True)


def chain_of(subject_key: str) -> str:
    """The chain that a subject's key begins with."""
    return subject_key.split("#", 1)[0]


def item_key(kind: str, occurrence: str | None) -> str:
    """Range key of an item."""
    return f"{kind}#{occurrence}" if occurrence else kind


def lane_of(chain_id: str, subject_id: str, lane_class: str, own_lane: bool) -> str:
    """The lane of an item: shared by class and shard, or the test chain's own."""
    if own_lane:
        return f"test#{chain_id}"
    return f"{lane_class}#{shard_of(chain_id + subject_id, LANES_PER_CLASS):02}"


def dead_lane(chain_id: str) -> str:
    """Where a chain's dead items lie."""
    return f"dead#{chain_id}"


def due_page(lane: str, until: datetime, *, limit: int, after: Key | None = None) -> Page[AgendaRecord]:
    """Items of a lane due at or before `until`, oldest first, keys only."""
    where = AgendaRecord.due_at <= sortable(until)
    return AgendaRecord.page(lane, where=where, index="due", limit=limit, after=after)


def lane_page(lane: str, *, limit: int, after: Key | None = None) -> Page[AgendaRecord]:
    """Items of a lane in order, whether due or not, keys only."""
    return AgendaRecord.page(lane, index="due", limit=limit, after=after)


# -- nudging ---------------------------------------------------------------------------------------------------


@dataclass
class Collector:
    """Gathers what a piece of work armed, instead of nudging, while a test clock runs work in order itself."""

    armed: list[AgendaRecord] = field(default_factory=list)


collector: ContextVar[Collector | None] = ContextVar("collector", default=None)


@dataclass
class Nudges:
    """Nudges that wait until a call to their queue is full: a stream of small transactions pays for a tenth of them."""

    waiting: dict[str, list[AgendaRecord]] = field(default_factory=dict)

    def add(self, record: AgendaRecord) -> None:
        """Take a nudge, and send those of its class that fill a call."""
        lane_class = lane_class_of(str(record.kind))
        members = self.waiting.setdefault(lane_class, [])
        members.append(record)
        if len(members) >= NUDGES_PER_CALL:
            send(lane_class, self.waiting.pop(lane_class))

    def send_all(self) -> None:
        """Send what still waits."""
        while self.waiting:
            send(*self.waiting.popitem())


_nudges: ContextVar[Nudges | None] = ContextVar("nudges", default=None)


@contextmanager
def few_nudges() -> Iterator[None]:
    """Gather the nudges of what is committed inside, ten in a call. Those that a crash loses the sweep will find."""
    nudges = Nudges()
    token = _nudges.set(nudges)
    try:
        yield
    finally:
        _nudges.reset(token)
        nudges.send_all()


def note_rearmed(unit: Unit, record: AgendaRecord, is_nudged: bool) -> None:
    """After the commit: nudge the item, or tell the test clock that is running work in order."""
    gathering = collector.get()
    if gathering is not None and str(record.lane).startswith("test#"):
        unit.after(lambda: gathering.armed.append(record))
    elif is_nudged:
        unit.after(lambda: _nudge_soon(record))


def _nudge_soon(record: AgendaRecord) -> None:
    nudges = _nudges.get()
    if nudges is None:
        nudge([record])
    else:
        nudges.add(record)


def nudge(records: list[AgendaRecord]) -> None:
    """Send items to their queues now. Losing a nudge is harmless: the sweep finds the item when it is due."""
    by_class: dict[str, list[AgendaRecord]] = {}
    for record in records:
        by_class.setdefault(lane_class_of(str(record.kind)), []).append(record)
    for lane_class, members in by_class.items():
        for start in range(0, len(members), NUDGES_PER_CALL):
            send(lane_class, members[start : start + NUDGES_PER_CALL])


def send(lane_class: str, records: list[AgendaRecord]) -> None:
    """Hand items to the queue of their class; the chain is the message group: a noisy chain waits for itself."""
    entries = [
        {"Id": str(number), "MessageBody": message_of(record), "MessageGroupId": record.chain_id}
        for number, record in enumerate(records)
    ]
    try:
        aws.client("sqs").send_message_batch(QueueUrl=settings().queue_url(f"agenda-{lane_class}"), Entries=entries)
    except (aws.ClientError, aws.BotoCoreError, MissingSetting) as error:
        log.warning("nudge_lost", cause=type(error), lane=lane_class, count=len(records))  # the sweep finds them
        metrics.count(metrics.NUDGES_LOST, len(records))


def message_of(record: AgendaRecord) -> str:
    """The queue message of an item: its key and the revision it was armed in."""
    return json.dumps({"subject": record.subject_key, "item": record.item_key, "revision": record.revision})


def work_of(record: AgendaRecord, refusal: Stale | None = None) -> Work:
    """What a handler sees of an item."""
    return Work(
        subject_id=record.subject_id,
        kind=str(record.kind),
        occurrence=record.occurrence,
        due_at=from_sortable(record.armed_for),
        attempts=int(record.attempts),
        detail=dict(record.detail or {}),
        refusal=refusal,
    )


def _checked(detail: dict[str, Any] | None) -> dict[str, Any] | None:
    if detail and len(json.dumps(detail)) > DETAIL_BYTES_MAX:
        raise ValueError("agenda details are thin: put big things into a record of their own")
    return detail or None


def expiry() -> int:
    """When a finished item may be forgotten, in epoch seconds."""
    return int(real_now().timestamp()) + DONE_KEPT_DAYS * 86_400
