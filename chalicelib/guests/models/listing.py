"""Guests in the order of a list: by change, or by name."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.guests.models.guests import GIVEN, LIST_SHARDS, UPDATED, Guest, HouseGuest, list_shard
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record


@dataclass(frozen=True)
class Listed:
    """A guest's place in a list by change."""

    position: str
    guest_id: str
    language: str | None


@dataclass(frozen=True)
class Span:
    """Which part of a list by change: since an instant (included), from a place on (not included), which way."""

    since: datetime | None = None
    after: str | None = None
    is_forward: bool = True

    def where(self, key: UnicodeAttribute) -> Condition | None:
        """The condition on the sort key."""
        first = sortable(self.since) if self.since else None
        if self.is_forward:
            start = self.after or first
            return key > start if start else None
        if self.after and first:
            return key.between(first, self.after)  # includes `after` itself, which `listed` leaves out
        if self.after:
            return key < self.after
        return key >= first if first else None


def listed(scope: Scope, span: Span, property_ids: Iterable[str] | None, *, page_size: int) -> Iterator[Listed]:
    """Guests by their last change: of some houses, or of the chain for None. Reads no further than is asked."""
    streams: list[Iterator[Listed]]
    if property_ids is None:
        shards = (list_shard(scope.chain_id, shard) for shard in range(LIST_SHARDS))
        streams = [_walk(Guest, shard, span, page_size) for shard in shards]
    else:
        streams = [_walk(HouseGuest, scope.key(one), span, page_size) for one in sorted(property_ids)]
    return heapq.merge(*streams, key=lambda one: one.position, reverse=not span.is_forward)


def _walk(table: type[Guest] | type[HouseGuest], partition: str, span: Span, page_size: int) -> Iterator[Listed]:
    after: Key | None = None
    where = span.where(table.updated_key)
    while True:
        page: Page[Any] = table.page(
            partition, index=UPDATED, where=where, limit=page_size, after=after, is_forward=span.is_forward
        )
        for row in page.items:
            if row.updated_key != span.after:
                guest_id = row.id if isinstance(row, Guest) else row.guest_id
                yield Listed(row.updated_key, guest_id, row.language)
        after = page.next_key
        if after is None:
            return


@dataclass(frozen=True)
class Stream:
    """Guests in the order of one partition: of a table, or of an index whose sort key begins with a prefix."""

    table: type[Record]
    partition: str
    index: str | None = None
    prefix: str = ""
    property_id: str | None = None  # whose house it is, if it is one's

    def page(self, *, limit: int, after: Key | None) -> Page[Any]:
        """Some rows from where `after` (a key of `key_of`) ended. Raises LookupError if that place is gone."""
        start = self._completed(after) if after else None
        where = None
        if self.index and self.prefix:
            where = getattr(self.table, self.sort_name).startswith(self.prefix)
        return self.table.page(self.partition, index=self.index, where=where, limit=limit, after=start)

    @property
    def sort_name(self) -> str:
        """The index's sort key, which holds a name."""
        return "given_key" if self.index == GIVEN else "name_key"

    @property
    def partition_name(self) -> str:
        """The index's partition key."""
        if self.table is HouseGuest:
            return "house_key"
        return "given_bucket" if self.index == GIVEN else "name_bucket"

    def guest_id_of(self, row: Any) -> str:
        """Whose row it is."""
        return str(row.id if isinstance(row, Guest) else row.guest_id)

    def key_of(self, row: Any) -> Key:
        """A row's place, without personal data."""
        hash_name, range_name = self.table.key_names()
        return {name: {"S": str(getattr(row, name))} for name in (hash_name, range_name) if name}

    def _completed(self, key: Key) -> Key:
        """The storage key of a place in the index: its private part is read from the row."""
        if self.index is None:
            return key
        hash_name, range_name = self.table.key_names()
        row = self.table.find(key[hash_name]["S"], key[range_name]["S"] if range_name else None)
        sort = getattr(row, self.sort_name, None)
        if sort is None or not sort.startswith(self.prefix):
            raise LookupError("the row that a cursor points to is gone")
        return {**key, self.partition_name: {"S": self.partition}, self.sort_name: {"S": sort}}
