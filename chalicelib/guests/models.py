"""Records of guests and every named way to read them. Which index serves what, and at what cost: docs/access/guests.md.

A guest's other rows (house, contact point, external id, consent entry) are only written together with the guest, under
the condition that it is as it was read; so they need no conditions of their own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.ids import keyed_hash, new_id, shard_of
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record

LIST_SHARDS = 8  # of a chain's list: 8,000 changes a second
NAME_BUCKETS = 64  # of a chain's names, by first letter: no bucket is hotter than the commonest letter

UPDATED, NAMES, GIVEN = "updated", "names", "given"


class ChainByChange(GlobalSecondaryIndex[Any]):
    """A chain's guests by their last change, in shards."""

    class Meta:
        index_name = UPDATED
        projection = IncludeProjection(["language"])

    list_key = UnicodeAttribute(hash_key=True)
    updated_key = UnicodeAttribute(range_key=True)


class ChainByName(GlobalSecondaryIndex[Any]):
    """A chain's guests by family name."""

    class Meta:
        index_name = NAMES
        projection = KeysOnlyProjection()

    name_bucket = UnicodeAttribute(hash_key=True)
    name_key = UnicodeAttribute(range_key=True)


class ChainByGivenName(GlobalSecondaryIndex[Any]):
    """A chain's guests by given name."""

    class Meta:
        index_name = GIVEN
        projection = KeysOnlyProjection()

    given_bucket = UnicodeAttribute(hash_key=True)
    given_key = UnicodeAttribute(range_key=True)


class Guest(Record):
    """A guest. `consents` is keyed `purpose:channel`; `property_ids` are the houses that know the guest."""

    class Meta(Record.Meta):
        table_name = Record.table("guests")

    private_keys = frozenset({"name_key", "given_key"})

    guest_key = UnicodeAttribute(hash_key=True)
    given_name = UnicodeAttribute(default="")
    family_name = UnicodeAttribute(default="")
    emails: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    phones: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)  # E.164
    language = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(null=True)
    birth_date = UnicodeAttribute(null=True)
    birthday_calendar = UnicodeAttribute(default="gregorian")
    nationality = UnicodeAttribute(null=True)
    occupation = UnicodeAttribute(null=True)
    external_ids = JSONAttribute(default=list)  # [{"system", "property_id", "id"}]
    consents = JSONAttribute(default=dict)  # {"greeting:email": {"state", "source", "at"}}
    property_ids = UnicodeSetAttribute(default=set, null=True)
    home_property_id = UnicodeAttribute(null=True)
    is_do_not_greet = BooleanAttribute(default=False)
    source = UnicodeAttribute(null=True)  # api | import | portal: what first brought the guest
    first_imported = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute(null=True)
    updated_at = UTCDateTimeAttribute(null=True)
    list_key = UnicodeAttribute(null=True)
    updated_key = UnicodeAttribute(null=True)
    name_bucket = UnicodeAttribute(null=True)
    name_key = UnicodeAttribute(null=True)
    given_bucket = UnicodeAttribute(null=True)
    given_key = UnicodeAttribute(null=True)

    updated = ChainByChange()
    names = ChainByName()
    given = ChainByGivenName()

    @property
    def chain_id(self) -> str:
        """The chain the guest belongs to."""
        return str(self.guest_key).split("#", 1)[0]

    @property
    def id(self) -> str:
        """The guest's id."""
        return str(self.guest_key).split("#", 1)[1]

    @classmethod
    def one(cls, scope: Scope, guest_id: str) -> Guest | None:
        """The guest of the scope's chain under an id."""
        return cls.find(scope.key(guest_id))

    @classmethod
    def many(cls, scope: Scope, guest_ids: Iterable[str], *, is_consistent: bool = True) -> dict[str, Guest]:
        """The guests of the scope's chain under many ids, those that there are."""
        keys = ((scope.key(guest_id), None) for guest_id in guest_ids)
        return {guest.id: guest for guest in cls.find_many(keys, is_consistent=is_consistent)}

    def index(self, now: datetime, name_key: str, given_key: str | None) -> None:
        """Set what the indexes are made of."""
        chain_id, guest_id = self.chain_id, self.id
        self.assign(
            updated_at=now,
            updated_key=f"{sortable(now)}#{guest_id}",
            list_key=list_shard(chain_id, shard_of(guest_id, LIST_SHARDS)),
            name_key=name_key,
            name_bucket=name_bucket(chain_id, name_key),
            given_key=given_key,
            given_bucket=name_bucket(chain_id, given_key) if given_key else None,
        )


class HouseByChange(GlobalSecondaryIndex[Any]):
    """A house's guests by their last change."""

    class Meta:
        index_name = UPDATED
        projection = IncludeProjection(["language"])

    house_key = UnicodeAttribute(hash_key=True)
    updated_key = UnicodeAttribute(range_key=True)


class HouseByName(GlobalSecondaryIndex[Any]):
    """A house's guests by family name."""

    class Meta:
        index_name = NAMES
        projection = KeysOnlyProjection()

    house_key = UnicodeAttribute(hash_key=True)
    name_key = UnicodeAttribute(range_key=True)


class HouseByGivenName(GlobalSecondaryIndex[Any]):
    """A house's guests by given name."""

    class Meta:
        index_name = GIVEN
        projection = KeysOnlyProjection()

    house_key = UnicodeAttribute(hash_key=True)
    given_key = UnicodeAttribute(range_key=True)


class HouseGuest(Record):
    """That a house knows a guest, and what its lists are ordered by."""

    class Meta(Record.Meta):
        table_name = Record.table("house-guests")

    private_keys = frozenset({"name_key", "given_key"})

    house_key = UnicodeAttribute(hash_key=True)
    guest_id = UnicodeAttribute(range_key=True)
    updated_key = UnicodeAttribute(null=True)
    name_key = UnicodeAttribute(null=True)
    given_key = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)

    updated = HouseByChange()
    names = HouseByName()
    given = HouseByGivenName()

    @classmethod
    def of(cls, guest: Guest, property_id: str) -> HouseGuest:
        """The row of a house for a guest as it is now."""
        return cls(
            house_key=f"{guest.chain_id}#{property_id}",
            guest_id=guest.id,
            updated_key=guest.updated_key,
            name_key=guest.name_key,
            given_key=guest.given_key,
            language=guest.language,
        )


class ContactPoint(Record):
    """That a guest owns an e-mail address or a phone number. A shared one has a row for each owner."""

    class Meta(Record.Meta):
        table_name = Record.table("contact-points")

    point_key = UnicodeAttribute(hash_key=True)
    guest_id = UnicodeAttribute(range_key=True)

    @classmethod
    def of(cls, scope: Scope, kind: str, value: str, guest_id: str) -> ContactPoint:
        """The row of one owner. `value` is the form in which such values are compared."""
        return cls(point_key=contact_key(scope, kind, value), guest_id=guest_id)


class ExternalId(Record):
    """Whose guest a number of another system is. There is one such row or none, whoever asks first."""

    class Meta(Record.Meta):
        table_name = Record.table("external-ids")

    pointer_key = UnicodeAttribute(hash_key=True)
    guest_id = UnicodeAttribute()

    @classmethod
    def of(cls, scope: Scope, key: tuple[str, str | None, str], guest_id: str) -> ExternalId:
        """The pointer from a number to its guest, as it is stored for good: it is made once and never changed."""
        return cls(pointer_key=pointer_key(scope, key), guest_id=guest_id, version=1)

    @classmethod
    def many(cls, scope: Scope, keys: Iterable[tuple[str, str | None, str]]) -> dict[tuple[str, str | None, str], str]:
        """The guests' ids of many numbers, of those that are known."""
        by_pointer = {pointer_key(scope, key): key for key in keys}
        found = cls.find_many((pointer, None) for pointer in by_pointer)
        return {by_pointer[str(one.pointer_key)]: str(one.guest_id) for one in found}


class ConsentEntry(Record):
    """One declaration: everything that somebody said about a guest's consents at one time. Never changed."""

    class Meta(Record.Meta):
        table_name = Record.table("consent-entries")

    guest_key = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)  # recorded_at#id: the order in which they were heard of
    changes = JSONAttribute()  # [{"purpose", "channel", "state", "source", "at"}]
    actor_kind = UnicodeAttribute()
    actor_id = UnicodeAttribute()
    recorded_at = UTCDateTimeAttribute()

    @classmethod
    def of(cls, scope: Scope, guest_id: str, changes: list[dict[str, str]]) -> ConsentEntry:
        """The entry of what has just been declared."""
        return cls(
            guest_key=scope.key(guest_id),
            entry_id=f"{sortable(scope.now)}#{new_id('cns')}",
            changes=changes,
            actor_kind=scope.actor.kind,
            actor_id=scope.actor.id,
            recorded_at=scope.now,
        )

    @classmethod
    def newest(cls, scope: Scope, guest_id: str, *, limit: int, after: Key | None) -> Page[ConsentEntry]:
        """A guest's entries, the latest first."""
        return cls.page(scope.key(guest_id), limit=limit, after=after, is_forward=False)


# -- keys --------------------------------------------------------------------------------------------------


def list_shard(chain_id: str, shard: int) -> str:
    """One shard of a chain's list."""
    return f"{chain_id}#{shard:02}"


def name_bucket(chain_id: str, key: str) -> str:
    """Where the names that begin like `key` lie: a number, which tells nobody the letter."""
    return f"{chain_id}#b{shard_of(key[0], NAME_BUCKETS):02}"


def contact_key(scope: Scope, kind: str, value: str) -> str:
    """Partition of a contact point's owners."""
    return scope.key(kind, keyed_hash(scope.chain_id, kind, value))


def pointer_key(scope: Scope, key: tuple[str, str | None, str]) -> str:
    """Key of the pointer from another system's number. Numbers may be phone numbers, so they are hashed too."""
    system, property_id, number = key
    return scope.key(keyed_hash(scope.chain_id, "external", system, property_id or "-", number))


# -- lists -------------------------------------------------------------------------------------------------


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
