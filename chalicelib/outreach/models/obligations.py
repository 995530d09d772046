"""Obligations: what is owed to a guest in a period, and what became of it.

One lies with its guest, under an id that follows from what it is: whoever opens the same one twice meets the first.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from chalicelib.kernel import aws, ids
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record

LIST_SHARDS = 8  # of a chain's list: 8,000 new rows a second
NO_PROPERTY = "-"
OF_GUEST_MAX = 500  # some thirty a year for a guest who is owed everything
INDEX_PAGE = 100
COUNTED_AT_ONCE = 5000  # rows of a page of figures: each is 100 bytes
COUNTED = ("rule", "obligation_status", "reason", "due_on")


class ObligationByProperty(GlobalSecondaryIndex[Any]):
    """A property's obligations by their last day, with what its figures count."""

    class Meta:
        index_name = "by-property"
        projection = IncludeProjection(list(COUNTED))

    property_key = UnicodeAttribute(hash_key=True)
    listed_at = UnicodeAttribute(range_key=True)


class ObligationByChain(GlobalSecondaryIndex[Any]):
    """A chain's obligations by their last day, in shards that are read together."""

    class Meta:
        index_name = "by-chain"
        projection = IncludeProjection(["rule", "obligation_status"])

    list_key = UnicodeAttribute(hash_key=True)
    listed_at = UnicodeAttribute(range_key=True)


class Obligation(Record):
    """What is owed to one guest in one period, by which version of which rule, and what became of it."""

    class Meta(Record.Meta):
        table_name = Record.table("obligations")

    guest_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    list_key = UnicodeAttribute()
    property_key = UnicodeAttribute()
    listed_at = UnicodeAttribute()  # due_on#id
    rule = UnicodeAttribute()
    occurrence = UnicodeAttribute()  # new_guest, loyal_guest#2026-03, blessings#birthday#2026, silence#task
    policy = UnicodeAttribute()
    begins_at = UnicodeAttribute()  # the period, as sortable instants: [begins, closes)
    closes_at = UnicodeAttribute()
    due_on = UnicodeAttribute()  # its last day, where the property is
    status = UnicodeAttribute(attr_name="obligation_status")
    reason = UnicodeAttribute(null=True)
    evidence = JSONAttribute(default=list)  # [{"kind", "id", "at"}]
    needed = NumberAttribute(default=1)  # how many contacts keep it
    stay_id = UnicodeAttribute(null=True)
    task_id = UnicodeAttribute(null=True)
    opened_at = UnicodeAttribute()
    closed_at = UnicodeAttribute(null=True)
    is_test = NumberAttribute(default=0)

    by_property = ObligationByProperty()
    by_chain = ObligationByChain()

    @property
    def guest_id(self) -> str:
        """To whom it is owed."""
        return str(self.guest_key).split("#", 1)[1]

    @property
    def property_id(self) -> str | None:
        """The property that owes it; None: the chain."""
        found = str(self.property_key).split("#", 1)[1]
        return None if found == NO_PROPERTY else found

    def file(self, scope: Scope, guest_id: str, property_id: str | None) -> None:
        """Set the keys: where it lies and which lists it is in. Needs the occurrence and the last day."""
        self.id = obligation_id(scope.chain_id, guest_id, str(self.occurrence))
        self.guest_key = scope.key(guest_id)
        self.list_key = scope.key(f"{ids.shard_of(str(self.id), LIST_SHARDS):02}")
        self.property_key = scope.key(property_id or NO_PROPERTY)
        self.listed_at = f"{self.due_on}#{self.id}"

    @classmethod
    def one(cls, scope: Scope, guest_id: str, obligation_id: str) -> Obligation | None:
        """An obligation to a guest."""
        return cls.find(scope.key(guest_id), obligation_id)

    @classmethod
    def of_occurrences(cls, scope: Scope, guest_ids: Iterable[str], occurrences: Iterable[str]) -> list[Obligation]:
        """What there is of some occurrences, under whichever id of a guest."""
        names = list(occurrences)
        keys = [(scope.key(one), obligation_id(scope.chain_id, one, name)) for one in guest_ids for name in names]
        return cls.find_many([(key, wanted) for key, wanted in keys])

    @classmethod
    def of_guest(cls, scope: Scope, guest_id: str) -> list[Obligation]:
        """All that is and was owed to a guest under one id, the latest period first."""
        found = cls.page(scope.key(guest_id), limit=OF_GUEST_MAX).items
        return sorted(found, key=lambda one: str(one.listed_at), reverse=True)

    @classmethod
    def newest(
        cls, scope: Scope, property_ids: Iterable[str] | None, first: str | None, before: str | None
    ) -> Iterator[Obligation]:
        """Rows of the index of some properties or (None) of the chain in [`first`, `before`), the latest first."""
        if property_ids is None:
            keys = [(scope.key(f"{shard:02}"), "by-chain") for shard in range(LIST_SHARDS)]
        else:
            keys = [(scope.key(one), "by-property") for one in sorted(property_ids)]
        streams = [_walk(key, index, first, before) for key, index in keys]
        return heapq.merge(*streams, key=lambda one: str(one.listed_at), reverse=True)

    @classmethod
    def full(cls, rows: Iterable[Obligation]) -> list[Obligation]:
        """The whole records of rows that an index answered, in their order."""
        wanted = list(rows)
        found = {one.id: one for one in cls.find_many([(str(row.guest_key), str(row.id)) for row in wanted])}
        return [found[row.id] for row in wanted if row.id in found]


def obligation_id(chain_id: str, guest_id: str, occurrence: str) -> str:
    """The id of what is owed: always the same, so that there is never a second one."""
    digest = hashlib.blake2b("\x1f".join((chain_id, guest_id, occurrence)).encode(), digest_size=16).digest()
    return ids.id_of("obl", digest)


def figure_rows(
    scope: Scope, property_id: str | None, first: str, until: str, *, rows_max: int
) -> Iterator[dict[str, str]]:
    """Rule, status, reason and last day of a property's obligations due in [first, until), plainly and quickly.

    Stops after `rows_max` rows. Read without the model: thousands of rows are only counted.
    """
    request: dict[str, Any] = {
        "TableName": Obligation.Meta.table_name,
        "IndexName": "by-property",
        "KeyConditionExpression": "property_key = :key AND listed_at BETWEEN :first AND :until",
        "ExpressionAttributeValues": {
            ":key": {"S": scope.key(property_id or NO_PROPERTY)},
            ":first": {"S": first},
            ":until": {"S": until},
        },
        "ProjectionExpression": ", ".join(f"#{name}" for name in COUNTED),
        "ExpressionAttributeNames": {f"#{name}": name for name in COUNTED},
    }
    left = rows_max
    while left > 0:
        answer = aws.client("dynamodb").query(**request, Limit=min(left, COUNTED_AT_ONCE))
        for item in answer["Items"]:
            yield {name: value["S"] for name, value in item.items()}
        left -= len(answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _walk(key: str, index: str, first: str | None, before: str | None) -> Iterator[Obligation]:
    """Rows of one partition of an index, the latest first. Reads a page only when it is asked for more."""
    order, end = Obligation.listed_at, before
    while True:
        where = None
        if end is not None:
            where = order.between(first, end) if first is not None else order < end
        elif first is not None:
            where = order >= first
        page = Obligation.page(key, where=where, index=index, limit=INDEX_PAGE, is_forward=False)
        rows = [row for row in page.items if row.listed_at != end]
        yield from rows
        if page.next_key is None or not rows:
            return
        end = str(rows[-1].listed_at)
