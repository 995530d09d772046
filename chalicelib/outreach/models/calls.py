"""Records of what people are to do for guests, of who has fallen silent, and of strategies against losing guests.

A task lies with its guest, under an id that follows from its cause: whoever opens it twice meets the first one. Its
lists are ordered by the day it is due on and by the guest's value, apart for each status.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.kernel import ids
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.outreach.rules.calls import SILENCE
from chalicelib.outreach.rules.silence import value_order

LIST_SHARDS = 4  # of a chain's tasks in one status: people close a few a minute
OF_GUEST_MAX = 200  # tasks for one guest: four a year for fifty years
INDEX_PAGE = 100
DAY_ROW = "!"  # sorts before every value
WATCH_ROW = "watch"


class TaskById(GlobalSecondaryIndex[Any]):
    """Where the task with an id lies."""

    class Meta:
        index_name = "by-id"
        projection = KeysOnlyProjection()

    id_key = UnicodeAttribute(hash_key=True)


class TaskByProperty(GlobalSecondaryIndex[Any]):
    """A property's tasks in one status, by due day and value."""

    class Meta:
        index_name = "by-property"
        projection = KeysOnlyProjection()

    property_key = UnicodeAttribute(hash_key=True)
    queue_order = UnicodeAttribute(range_key=True)


class TaskByChain(GlobalSecondaryIndex[Any]):
    """A chain's tasks in one status, by due day and value, in shards that are read together."""

    class Meta:
        index_name = "by-chain"
        projection = KeysOnlyProjection()

    list_key = UnicodeAttribute(hash_key=True)
    queue_order = UnicodeAttribute(range_key=True)


class TaskByReason(GlobalSecondaryIndex[Any]):
    """A property's calls that found out why a guest stays away, by when they were closed. Sparse."""

    class Meta:
        index_name = "reasons"
        projection = IncludeProjection(["reason"])

    reason_key = UnicodeAttribute(hash_key=True)
    closed_order = UnicodeAttribute(range_key=True)


class Task(Record):
    """What somebody is to do for a guest: a call, a letter, a gift, a visit. `attempts` are what was tried so far."""

    class Meta(Record.Meta):
        table_name = Record.table("tasks")

    guest_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    id_key = UnicodeAttribute()
    property_key = UnicodeAttribute()  # chain#property#status
    list_key = UnicodeAttribute()  # chain#status#shard
    queue_order = UnicodeAttribute()  # due_on#value#id
    reason_key = UnicodeAttribute(null=True)
    closed_order = UnicodeAttribute(null=True)  # closed_at#id
    kind = UnicodeAttribute()
    status = UnicodeAttribute(attr_name="task_status")
    cause = UnicodeAttribute()
    about = UnicodeAttribute(default="")  # what is to be done, in somebody's words
    asks_reason = BooleanAttribute(default=False)
    due_on = UnicodeAttribute()
    value = NumberAttribute(default=0)
    currency = UnicodeAttribute(null=True)
    assigned_to = UnicodeAttribute(null=True)
    stay_id = UnicodeAttribute(null=True)
    opened_at = UnicodeAttribute()
    opened_by = UnicodeAttribute()
    closed_at = UnicodeAttribute(null=True)
    attempts = JSONAttribute(default=list)  # [{"at", "by", "outcome", "note"}]
    outcome = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    shared = JSONAttribute(null=True)  # what others have in common with the guest: room type, channel, as it was then
    follow_up_id = UnicodeAttribute(null=True)
    changes = JSONAttribute(null=True)  # [{"at", "by", "what", "why"}]: given to somebody else, or cancelled by hand

    by_id = TaskById()
    by_property = TaskByProperty()
    by_chain = TaskByChain()
    by_reason = TaskByReason()

    @property
    def chain_id(self) -> str:
        """The chain whose guest it is about."""
        return str(self.guest_key).split("#", 1)[0]

    @property
    def guest_id(self) -> str:
        """Whom it is about, under the id of then."""
        return str(self.guest_key).split("#", 1)[1]

    @property
    def property_id(self) -> str:
        """Whose people are to do it."""
        return str(self.property_key).split("#")[1]

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return bool(self.status == "open")

    @property
    def is_silence_call(self) -> bool:
        """Whether the guest's silence has opened it."""
        return str(self.cause).partition("#")[0] == SILENCE

    def file(self, scope: Scope, property_id: str) -> None:
        """Set the keys of its lists from what it says. Needs the id, the status, the day and the value."""
        status, task_id = str(self.status), str(self.id)
        self.id_key = scope.key(task_id)
        self.property_key = scope.key(property_id, status)
        self.list_key = scope.key(status, f"{ids.shard_of(task_id, LIST_SHARDS):02}")
        self.queue_order = f"{self.due_on}#{value_order(int(self.value), task_id)}"
        if self.reason is not None and self.closed_at is not None:
            self.reason_key, self.closed_order = scope.key(property_id), f"{self.closed_at}#{task_id}"

    @classmethod
    def one(cls, scope: Scope, guest_id: str, id: str) -> Task | None:
        """A task of a guest."""
        return cls.find(scope.key(guest_id), id)

    @classmethod
    def by_its_id(cls, scope: Scope, id: str) -> Task | None:
        """A task of the chain, wherever it lies."""
        page = cls.page(scope.key(id), index="by-id", limit=1)
        return cls.find(str(page.items[0].guest_key), id) if page.items else None

    @classmethod
    def of_guest(cls, scope: Scope, guest_ids: Iterable[str]) -> list[Task]:
        """The tasks under a guest's ids, the latest opened first."""
        found = [one for guest_id in guest_ids for one in cls.page(scope.key(guest_id), limit=OF_GUEST_MAX).items]
        return sorted(found, key=lambda one: str(one.opened_at), reverse=True)

    @classmethod
    def queued(
        cls,
        scope: Scope,
        property_ids: Iterable[str] | None,
        statuses: Collection[str],
        *,
        first: str,
        last: str,
        after: str | None,
    ) -> Iterator[Task]:
        """Keys of tasks of some properties or (None) of the chain, due from `first` to `last`, the most urgent first.

        `after` is the order of the last one seen.
        """
        if property_ids is None:
            keys = [
                (scope.key(status, f"{shard:02}"), "by-chain") for status in statuses for shard in range(LIST_SHARDS)
            ]
        else:
            keys = [(scope.key(one, status), "by-property") for status in statuses for one in sorted(property_ids)]
        streams = [_walk(key, index, first, f"{last}$", after) for key, index in keys]
        return heapq.merge(*streams, key=lambda one: str(one.queue_order))

    @classmethod
    def full(cls, keys: Iterable[Task]) -> list[Task]:
        """The whole records of keys that an index answered, in their order."""
        wanted = list(keys)
        found = {one.id: one for one in cls.find_many([(str(key.guest_key), str(key.id)) for key in wanted])}
        return [found[key.id] for key in wanted if key.id in found]

    @classmethod
    def reasons_told(cls, scope: Scope, property_id: str, since: str, until: str, *, rows_max: int) -> Iterator[str]:
        """The reasons that calls closed in [since, until) have found at a property, at most `rows_max`."""
        where, after = cls.closed_order.between(since, until), None
        while rows_max > 0:
            page = cls.page(scope.key(property_id), where=where, index="reasons", after=after, limit=INDEX_PAGE)
            for one in page.items[:rows_max]:
                yield str(one.reason)
            rows_max, after = rows_max - len(page.items), page.next_key
            if after is None:
                return


def _walk(key: str, index: str, first: str, last: str, after: str | None) -> Iterator[Task]:
    """Rows of one partition of an index in order. Reads a page only when it is asked for more."""
    where: Any = Task.queue_order.between(first if after is None else max(after, first), last)
    following = None
    while True:
        page = Task.page(key, where=where, index=index, limit=INDEX_PAGE, after=following)
        yield from (row for row in page.items if row.queue_order != after)
        following = page.next_key
        if following is None:
            return


def task_id(chain_id: str, guest_id: str, kind: str, cause: str) -> str:
    """The id of the task for a cause: always the same, so that there is never a second one."""
    digest = hashlib.blake2b("\x1f".join((chain_id, guest_id, kind, cause)).encode(), digest_size=16).digest()
    return ids.id_of("tsk", digest)


class WatchedByProperty(GlobalSecondaryIndex[Any]):
    """The guests of a property by the day on which they fall silent. Sparse."""

    class Meta:
        index_name = "ahead"
        projection = KeysOnlyProjection()

    ahead_key = UnicodeAttribute(hash_key=True)
    ahead_order = UnicodeAttribute(range_key=True)


class SilentGuest(Record):
    """A guest who has fallen silent and for whom the property has not decided yet, by day and value."""

    class Meta(Record.Meta):
        table_name = Record.table("silent-guests")

    day_key = UnicodeAttribute(hash_key=True)  # chain#property#day
    value_order = UnicodeAttribute(range_key=True)
    guest_id = UnicodeAttribute(null=True)
    stay_id = UnicodeAttribute(null=True)
    value = NumberAttribute(default=0)
    currency = UnicodeAttribute(null=True)
    ahead_key = UnicodeAttribute(null=True)  # of `WatchedGuest`, which lies here too: an index is its table's
    ahead_order = UnicodeAttribute(null=True)
    expires_at = TTLAttribute(null=True)

    ahead = WatchedByProperty()

    @classmethod
    def waiting(cls, scope: Scope, property_id: str, day: str, *, limit: int, after: str | None) -> Page[SilentGuest]:
        """The next of those who wait for the property's decision, the highest value first."""
        where = cls.value_order > (after or DAY_ROW)
        return cls.page(scope.key(property_id, day), where=where, limit=limit)


class SilentDay(Record):
    """How many calls a property has opened on a day for guests who have fallen silent."""

    class Meta(Record.Meta):
        table_name = SilentGuest.Meta.table_name

    lies_in = SilentGuest

    day_key = UnicodeAttribute(hash_key=True)
    value_order = UnicodeAttribute(range_key=True)  # DAY_ROW
    opened = NumberAttribute(default=0)
    expires_at = TTLAttribute(null=True)

    @classmethod
    def of(cls, scope: Scope, property_id: str, day: str) -> SilentDay:
        """A property's day; one on which nothing was opened yet if it is not known."""
        key = scope.key(property_id, day)
        return cls.find(key, DAY_ROW) or cls(day_key=key, value_order=DAY_ROW)


class WatchedGuest(Record):
    """A guest who will fall silent unless they come: one row each, which every stay moves."""

    class Meta(Record.Meta):
        table_name = SilentGuest.Meta.table_name

    lies_in = SilentGuest

    day_key = UnicodeAttribute(hash_key=True)  # chain#guest
    value_order = UnicodeAttribute(range_key=True)  # WATCH_ROW
    ahead_key = UnicodeAttribute()  # chain#property
    ahead_order = UnicodeAttribute()  # silent_on#guest

    ahead = WatchedByProperty()

    @classmethod
    def of(cls, scope: Scope, guest_id: str) -> WatchedGuest | None:
        """A guest's row."""
        return cls.find(scope.key(guest_id), WATCH_ROW)

    @classmethod
    def made(cls, scope: Scope, guest_id: str, property_id: str, silent_on: str) -> WatchedGuest:
        """A guest's row as it is to be."""
        return cls(
            day_key=scope.key(guest_id), value_order=WATCH_ROW, ahead_key=scope.key(property_id),
            ahead_order=f"{silent_on}#{guest_id}", version=1,
        )  # fmt: skip

    @classmethod
    def between(
        cls, scope: Scope, property_id: str, first: str, last: str, *, limit: int, after: Key | None
    ) -> Page[WatchedGuest]:
        """Who falls silent at a property from the day `first` to `last`, both included, the next first."""
        where = cls.ahead_order.between(first, f"{last}$")
        return cls.page(scope.key(property_id), where=where, index="ahead", limit=limit, after=after)

    @property
    def guest_id(self) -> str:
        """Whose row it is."""
        return str(self.day_key).split("#", 1)[1]


class Strategy(Record):
    """What a chain, or a property, does so that fewer guests are lost: why it should help, and whether it did."""

    class Meta(Record.Meta):
        table_name = Record.table("strategies")

    chain_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    title = UnicodeAttribute()
    hypothesis = UnicodeAttribute()
    segment = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)  # the reason for staying away that it is against
    property_id = UnicodeAttribute(null=True)
    starts_on = UnicodeAttribute()
    ends_on = UnicodeAttribute(null=True)
    result = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    made_by = UnicodeAttribute()

    @classmethod
    def one(cls, scope: Scope, id: str) -> Strategy | None:
        """A strategy of the chain."""
        return cls.find(scope.chain_id, id)
