"""Entries, which are never changed; what was given for each stay; and the counters of what is owed."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.loyalty.models.slices import slice_of
from chalicelib.loyalty.rules.lots import Slice


class EntryRecord(Record):
    """One entry of the ledger, for ever. `given` and `taken` are slices of lots; `detail` says why, for people."""

    class Meta(Record.Meta):
        table_name = Record.table("entries")

    member_key = UnicodeAttribute(hash_key=True)
    sequence_key = UnicodeAttribute(range_key=True)  # twelve digits
    type = UnicodeAttribute()
    points = NumberAttribute(default=0)
    pending = NumberAttribute(default=0)
    held = NumberAttribute(default=0)
    debt = NumberAttribute(default=0)
    written_off = NumberAttribute(default=0)
    given = JSONAttribute(null=True)
    taken = JSONAttribute(null=True)
    balance_after = NumberAttribute()
    source = UnicodeAttribute()  # the stay, redemption or adjustment it is about
    property_id = UnicodeAttribute(null=True)
    funding_owner = UnicodeAttribute()
    cost_owner = UnicodeAttribute(null=True)
    programme_version = NumberAttribute(null=True)
    rate = UnicodeAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    business_date = UnicodeAttribute()
    at = UnicodeAttribute()
    actor_kind = UnicodeAttribute()
    actor_id = UnicodeAttribute()
    request_id = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    reverses = UnicodeAttribute(null=True)
    detail = JSONAttribute(null=True)

    @property
    def sequence(self) -> int:
        """Its place among the member's entries, from 1."""
        return int(self.sequence_key)

    @property
    def id(self) -> str:
        """The entry's id, unique in its member."""
        return f"ent_{self.sequence_key}"

    @property
    def taken_slices(self) -> list[Slice]:
        """The slices that it took."""
        return [slice_of(one) for one in self.taken or ()]

    @property
    def given_slices(self) -> list[Slice]:
        """The slices that it gave."""
        return [slice_of(one) for one in self.given or ()]

    @classmethod
    def one(cls, scope: Scope, member_id: str, sequence: int) -> EntryRecord | None:
        """An entry of a member, or None."""
        return cls.find(scope.key(member_id), sequence_key_of(sequence))

    @classmethod
    def of_member(
        cls, scope: Scope, member_id: str, *, limit: int, after: Key | None = None, is_forward: bool = False
    ) -> Page[EntryRecord]:
        """Entries of a member, newest first."""
        return cls.page(scope.key(member_id), limit=limit, after=after, is_forward=is_forward)

    @classmethod
    def place_of(cls, scope: Scope, member_id: str, sequence: int) -> Key | None:
        """Where reading goes on after an entry; None from the beginning."""
        return cls.raw_key(scope.key(member_id), sequence_key_of(sequence)) if sequence else None

    @classmethod
    def between(cls, scope: Scope, member_id: str, first: int, last: int) -> list[EntryRecord]:
        """Entries of a member from one place to another, both included; at most a transaction's worth."""
        where = cls.sequence_key.between(sequence_key_of(first), sequence_key_of(last))
        return cls.page(scope.key(member_id), where=where, limit=last - first + 1).items


def sequence_key_of(sequence: int) -> str:
    """Range key of an entry."""
    return f"{sequence:012}"


class ExceptionIndex(GlobalSecondaryIndex[Any]):
    """Stays of a chain that cannot be priced yet. Sparse."""

    class Meta:
        index_name = "exceptions"
        projection = KeysOnlyProjection()

    exception_key = UnicodeAttribute(hash_key=True)
    exception_order = UnicodeAttribute(range_key=True)


class StayPoints(Record):
    """What a member was given for one stay, by which version and rate: amendments are measured against it."""

    class Meta(Record.Meta):
        table_name = Record.table("stay-points")

    stay_key = UnicodeAttribute(hash_key=True)
    member_id = UnicodeAttribute(range_key=True)
    waiting = NumberAttribute(default=0)
    confirmed = NumberAttribute(default=0)
    written_off = NumberAttribute(default=0)
    is_confirmed = BooleanAttribute(default=False)
    programme_version = NumberAttribute(null=True)
    rate = UnicodeAttribute(null=True)
    business_date = UnicodeAttribute(null=True)
    property_id = UnicodeAttribute()
    stay_version = NumberAttribute(default=0)
    lots_opened = NumberAttribute(default=0)
    exception = UnicodeAttribute(null=True)
    exception_key = UnicodeAttribute(null=True)
    exception_order = UnicodeAttribute(null=True)

    exceptions_index = ExceptionIndex()

    @classmethod
    def unpriced(cls, scope: Scope, *, limit: int, after: Key | None = None) -> Page[StayPoints]:
        """Keys of stays that could not be priced, by business date."""
        return cls.page(scope.key("exceptions"), index="exceptions", limit=limit, after=after)


class LiabilityCounter(Record):
    """Points of one day, by month of issue and property: what liability is summed from."""

    class Meta(Record.Meta):
        table_name = Record.table("liability")

    shard_key = UnicodeAttribute(hash_key=True)  # chain#programme#shard
    cell = UnicodeAttribute(range_key=True)  # day#vintage#property
    issued = NumberAttribute(default=0)
    confirmed = NumberAttribute(default=0)
    redeemed = NumberAttribute(default=0)
    expired = NumberAttribute(default=0)
    reversed = NumberAttribute(default=0)
    adjusted = NumberAttribute(default=0)
