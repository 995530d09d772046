"""Records by which guests who may be one person are found, and the pairs that were. What it costs:
docs/access/guests.md.

A bucket is one item with the ids of those who share a key, not a row for each: it is read by the hundred in one call,
costs one unit however full it is, and once too full it holds nobody and is never written again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Page, Record
from chalicelib.kernel.unit import Unit

BY_STATE, BY_QUEUE = "state", "queue"


class MatchBucket(Record):
    """Who shares one matching key. `is_over`: more than are worth comparing, for good."""

    class Meta(Record.Meta):
        table_name = Record.table("match-keys")

    key_id = UnicodeAttribute(hash_key=True)  # chain#hash
    guest_ids = UnicodeSetAttribute(null=True)
    is_over = BooleanAttribute(null=True)

    @classmethod
    def many(cls, scope: Scope, hashes: Iterable[str]) -> dict[str, MatchBucket]:
        """The buckets of many keys, by hash, as they are at this moment."""
        found = cls.find_many((scope.key(one), None) for one in hashes)
        return {str(one.key_id).split("#", 1)[1]: one for one in found}


class MatchedGuest(Record):
    """In which buckets a guest is, and with whom it waits for an answer. The keys are written under the version; the
    partners are added and taken out one by one, by whoever writes the pair."""

    class Meta(Record.Meta):
        table_name = MatchBucket.Meta.table_name

    lies_in: ClassVar[type[Record] | None] = MatchBucket

    key_id = UnicodeAttribute(hash_key=True)  # chain#guest
    hashes = UnicodeSetAttribute(null=True)
    partner_ids = UnicodeSetAttribute(null=True)

    @classmethod
    def many(cls, scope: Scope, guest_ids: Iterable[str]) -> dict[str, MatchedGuest]:
        """What is kept of many guests, by id."""
        found = cls.find_many((scope.key(one), None) for one in guest_ids)
        return {str(one.key_id).split("#", 1)[1]: one for one in found}


class ChainByState(GlobalSecondaryIndex[Any]):
    """A chain's pairs in a state."""

    class Meta:
        index_name = BY_STATE
        projection = KeysOnlyProjection()

    state_key = UnicodeAttribute(hash_key=True)
    rank = UnicodeAttribute(range_key=True)


class QueueByState(GlobalSecondaryIndex[Any]):
    """The pairs of a property, or of head office, in a state."""

    class Meta:
        index_name = BY_QUEUE
        projection = KeysOnlyProjection()

    queue_key = UnicodeAttribute(hash_key=True)
    rank = UnicodeAttribute(range_key=True)


class GuestMatch(Record):
    """Two guests who may be one person, and what was decided. `score` and the bits of `reasons` are in hundredths."""

    class Meta(Record.Meta):
        table_name = Record.table("matches")

    match_key = UnicodeAttribute(hash_key=True)  # chain#mat_…
    first_id = UnicodeAttribute()
    second_id = UnicodeAttribute()
    score = NumberAttribute()
    reasons = JSONAttribute(default=list)  # [[code, level, bits]]: no personal data
    decision = UnicodeAttribute()  # the matcher's: auto | review
    state = UnicodeAttribute()  # open | merged | distinct | obsolete
    queue = UnicodeAttribute()
    is_linking = BooleanAttribute(default=False)  # the product is about to merge them by itself
    found_at = UTCDateTimeAttribute()
    decided_at: Any = UTCDateTimeAttribute(null=True)
    decided_by_kind = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    merge_id = UnicodeAttribute(null=True)
    survivor_id = UnicodeAttribute(null=True)
    state_key = UnicodeAttribute()
    queue_key = UnicodeAttribute()
    rank = UnicodeAttribute()

    by_state = ChainByState()
    by_queue = QueueByState()

    @property
    def id(self) -> str:
        """The pair's id."""
        return str(self.match_key).split("#", 1)[1]

    @property
    def guest_ids(self) -> tuple[str, str]:
        """The two guests."""
        return str(self.first_id), str(self.second_id)

    @property
    def is_automatic(self) -> bool:
        """Whether the product has merged them by itself."""
        return bool(self.state == "merged" and self.decided_by_kind == "system")

    def partner_of(self, guest_id: str) -> str:
        """The other one of the two."""
        return str(self.second_id if guest_id == self.first_id else self.first_id)

    def index(self, rank: str) -> None:
        """Set what the lists are made of."""
        chain_id = str(self.match_key).split("#", 1)[0]
        self.assign(
            rank=f"{rank}#{self.id}",
            state_key=f"{chain_id}#{self.state}",
            queue_key=f"{chain_id}#{self.state}#{self.queue}",
        )

    @classmethod
    def one(cls, scope: Scope, match_id: str) -> GuestMatch | None:
        """The pair of the scope's chain under an id."""
        return cls.find(scope.key(match_id))

    @classmethod
    def many(cls, scope: Scope, match_ids: Iterable[str]) -> dict[str, GuestMatch]:
        """Many pairs by id, those that there are."""
        return {one.id: one for one in cls.find_many((scope.key(one), None) for one in match_ids)}


class MatchCount(Record):
    """How many pairs came to what: of a month and a queue (`month#2026-03#prp_…`), or open now (`open#prp_…`)."""

    class Meta(Record.Meta):
        table_name = Record.table("match-counts")

    chain_id = UnicodeAttribute(hash_key=True)
    cell = UnicodeAttribute(range_key=True)
    found = NumberAttribute(default=0)
    linked = NumberAttribute(default=0)
    merged = NumberAttribute(default=0)
    distinct = NumberAttribute(default=0)
    waiting = NumberAttribute(default=0)


class MatchBackfill(Record):
    """How far the walk over a chain's guests is that puts those into buckets who are in none: one row a chain."""

    class Meta(Record.Meta):
        table_name = MatchCount.Meta.table_name

    lies_in: ClassVar[type[Record] | None] = MatchCount

    chain_id = UnicodeAttribute(hash_key=True)
    cell = UnicodeAttribute(range_key=True)  # always `backfill`
    run = UnicodeAttribute()
    state = UnicodeAttribute()  # running | done | failed
    keys_version = NumberAttribute()
    seen = NumberAttribute(default=0)
    matched = NumberAttribute(default=0)
    started_at = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)

    CELL: ClassVar[str] = "backfill"

    @classmethod
    def of(cls, scope: Scope) -> MatchBackfill | None:
        """The latest walk of the scope's chain."""
        page: Page[MatchBackfill] = cls.page(scope.chain_id, where=cls.cell == cls.CELL, limit=1)
        return page.items[0] if page.items else None

    @classmethod
    def begin(cls, unit: Unit, run: str, keys_version: int) -> None:
        """Begin a walk, unless one is under way: then committing raises Stale."""
        cls._amend(
            unit,
            "SET #s = :one, #state = :state, run = :run, keys_version = :keys, started_at = :at, seen = :none, "
            "matched = :none REMOVE ended_at",
            {
                ":one": {"N": "1"}, ":none": {"N": "0"}, ":keys": {"N": str(keys_version)}, ":run": {"S": run},
                ":state": {"S": "running"}, ":at": {"S": sortable(unit.scope.now)},
            },
            condition="attribute_not_exists(#state) OR #state <> :state",
            names={"#s": "schema"},
        )  # fmt: skip

    @classmethod
    def advance(cls, unit: Unit, run: str, *, seen: int, matched: int, state: str) -> None:
        """Add what a step has done. Committing raises Stale if another walk has begun since."""
        values = {
            ":run": {"S": run}, ":state": {"S": state}, ":seen": {"N": str(seen)}, ":matched": {"N": str(matched)}
        }  # fmt: skip
        ended = ""
        if state != "running":
            ended, values[":at"] = ", ended_at = :at", {"S": sortable(unit.scope.now)}
        expression = f"SET #state = :state{ended} ADD seen :seen, matched :matched"
        cls._amend(unit, expression, values, condition="run = :run")

    @classmethod
    def _amend(
        cls, unit: Unit, expression: str, values: dict[str, Any], *, condition: str, names: dict[str, str] | None = None
    ) -> None:
        key = (unit.scope.chain_id, cls.CELL)
        unit.amend(cls, key, expression, names={"#state": "state", **(names or {})}, values=values, condition=condition)


def key_hash(scope: Scope, key: str) -> str:
    """What stands for a matching key in storage: nobody can tell what it was made of."""
    return keyed_hash(scope.chain_id, "match", key)
