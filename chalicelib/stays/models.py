"""Records of stays and every named way to read them.

A stay lies with its guest. Two pointers find it otherwise: one by its id, one by its source's number, which is also
what makes that number unique. Indexes hold keys only, so that a stay's life writes little; the full records of a page
are then read at once, and consistently.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.kernel import aws, ids
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.stays.rules import Line, Source, State, Told

CHANGE_SHARDS = 8  # of the chain-wide list of changes: 8,000 writes a second, above any chain's busiest hour
NO_ROOM = "~"  # sorts after every room number


class ArrivalIndex(GlobalSecondaryIndex[Any]):
    """Stays of a property by day of arrival."""

    class Meta:
        index_name = "arrivals"
        projection = KeysOnlyProjection()

    property_key = UnicodeAttribute(hash_key=True)
    arrival = UnicodeAttribute(range_key=True)


class DepartureIndex(GlobalSecondaryIndex[Any]):
    """Stays of a property by day of departure, with what its totals need."""

    class Meta:
        index_name = "departures"
        projection = IncludeProjection(["status", "nights", "revenue_total"])

    property_key = UnicodeAttribute(hash_key=True)
    departure = UnicodeAttribute(range_key=True)


class InHouseIndex(GlobalSecondaryIndex[Any]):
    """Stays that are in a property now, by room. Sparse: a stay leaves it when the guest does."""

    class Meta:
        index_name = "in-house"
        projection = KeysOnlyProjection()

    in_house_key = UnicodeAttribute(hash_key=True)
    room_order = UnicodeAttribute(range_key=True)


class PropertyChangeIndex(GlobalSecondaryIndex[Any]):
    """Stays of a property by their last change."""

    class Meta:
        index_name = "property-changes"
        projection = KeysOnlyProjection()

    property_key = UnicodeAttribute(hash_key=True)
    change_order = UnicodeAttribute(range_key=True)


class ChangeIndex(GlobalSecondaryIndex[Any]):
    """Stays of a chain by their last change, in shards that are read together."""

    class Meta:
        index_name = "changes"
        projection = KeysOnlyProjection()

    change_key = UnicodeAttribute(hash_key=True)
    change_order = UnicodeAttribute(range_key=True)


class Figures(NamedTuple):
    """What the totals of a property are made of."""

    status: str
    nights: int
    revenue: int


class Stay(Record):
    """One booking of one guest at one property, from reservation to departure. Days are local to the property."""

    class Meta(Record.Meta):
        table_name = Record.table("stays")

    guest_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    property_key = UnicodeAttribute()
    external_id = UnicodeAttribute(null=True)
    source_system = UnicodeAttribute(null=True)
    source_version = NumberAttribute(null=True)
    source_updated_at = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    arrival = UnicodeAttribute()
    departure = UnicodeAttribute()
    nights = NumberAttribute()
    room_type = UnicodeAttribute(null=True)
    room_number = UnicodeAttribute(null=True)
    rate_plan = UnicodeAttribute(null=True)
    rate = JSONAttribute(null=True)  # {"amount": minor units a night, "currency": …}
    channel = UnicodeAttribute(null=True)
    segment = UnicodeAttribute(null=True)
    adults = NumberAttribute(null=True)
    children = NumberAttribute(null=True)
    booked_on = UnicodeAttribute(null=True)
    room_ready_at = UnicodeAttribute(null=True)  # sortable
    currency = UnicodeAttribute()
    revenue_lines = JSONAttribute(default=list)  # [{"id", "category", "amount", "tax", "eligible"}] by id
    revenue_total = NumberAttribute(default=0)
    checked_out_at = UTCDateTimeAttribute(null=True)
    is_history = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute()
    in_house_key = UnicodeAttribute(null=True)
    room_order = UnicodeAttribute(null=True)
    change_key = UnicodeAttribute()
    change_order = UnicodeAttribute()  # updated_at#id

    arrivals_index = ArrivalIndex()
    departures_index = DepartureIndex()
    in_house_index = InHouseIndex()
    property_changes_index = PropertyChangeIndex()
    changes_index = ChangeIndex()

    # -- what it says ------------------------------------------------------------------------------------------

    @property
    def chain_id(self) -> str:
        """The chain whose guest it is."""
        return str(self.guest_key).split("#", 1)[0]

    @property
    def guest_id(self) -> str:
        """Whose stay it is."""
        return str(self.guest_key).split("#", 1)[1]

    @property
    def property_id(self) -> str:
        """Where it is."""
        return str(self.property_key).split("#", 1)[1]

    @property
    def is_in_house(self) -> bool:
        """Whether the guest is there now."""
        return bool(self.status == "in_house")

    @property
    def updated_at(self) -> datetime:
        """When it last changed, on the chain's clock."""
        return from_sortable(str(self.change_order).split("#", 1)[0])

    @property
    def source(self) -> Source | None:
        """Whose word counts, and which of its words was the last that did."""
        if not self.source_system:
            return None
        return Source(str(self.source_system), _whole(self.source_version), self.source_updated_at)

    def state(self) -> State:
        """The stay as the rules see it."""
        rate = self.rate or {}
        told = Told(
            guest_id=self.guest_id,
            arrival=str(self.arrival),
            departure=str(self.departure),
            status=str(self.status),
            currency=str(self.currency),
            room_type=self.room_type,
            room_number=self.room_number,
            rate_plan=self.rate_plan,
            rate_amount=rate.get("amount"),
            rate_currency=rate.get("currency"),
            channel=self.channel,
            segment=self.segment,
            adults=_whole(self.adults),
            children=_whole(self.children),
            booked_on=self.booked_on,
            room_ready_at=self.room_ready_at,
            revenue_lines=tuple(Line(**line) for line in self.revenue_lines or ()),
        )
        return State(told, self.source, bool(self.is_history), self.checked_out_at)

    # -- named reads -------------------------------------------------------------------------------------------

    @classmethod
    def one(cls, scope: Scope, guest_id: str, stay_id: str) -> Stay | None:
        """A stay of a guest, or None."""
        return cls.find(scope.key(guest_id), stay_id)

    @classmethod
    def many(cls, scope: Scope, keys: Iterable[tuple[str, str]]) -> dict[str, Stay]:
        """Stays by id, from (guest id, stay id); absent ones are left out."""
        found = cls.find_many([(scope.key(guest_id), stay_id) for guest_id, stay_id in keys])
        return {str(stay.id): stay for stay in found}

    @classmethod
    def full(cls, keys: Iterable[Stay]) -> list[Stay]:
        """The whole records of keys that an index answered, in their order; what has gone since is left out."""
        wanted = list(keys)
        found = {stay.id: stay for stay in cls.find_many([(str(key.guest_key), str(key.id)) for key in wanted])}
        return [found[key.id] for key in wanted if key.id in found]

    @classmethod
    def of_guest(
        cls, scope: Scope, guest_id: str, *, limit: int, after: Key | None = None, later_than: str | None = None
    ) -> Page[Stay]:
        """Stays under one id of a guest in the order in which they became known. Whole records."""
        where = cls.id > later_than if later_than is not None else None
        return cls.page(scope.key(guest_id), where=where, limit=limit, after=after)

    @classmethod
    def arriving(
        cls, scope: Scope, property_id: str, first: str | None, last: str | None, *, limit: int, after: Key | None
    ) -> Page[Stay]:
        """Keys of a property's stays by day of arrival, from `first` to `last`."""
        where = _between(cls.arrival, first, last)
        return cls.page(scope.key(property_id), where=where, index="arrivals", limit=limit, after=after)

    @classmethod
    def departing(
        cls, scope: Scope, property_id: str, first: str | None, last: str | None, *, limit: int, after: Key | None
    ) -> Page[Stay]:
        """Keys, status, nights and revenue of a property's stays by day of departure, from `first` to `last`."""
        where = _between(cls.departure, first, last)
        return cls.page(scope.key(property_id), where=where, index="departures", limit=limit, after=after)

    @classmethod
    def figures(cls, scope: Scope, property_id: str, *, limit: int, after: Key | None) -> Page[Figures]:
        """Status, nights and revenue of some stays of a property.

        By the bare client and without keys: of a hundred thousand entries most of the time would go into records.
        """
        start = {"ExclusiveStartKey": after} if after else {}
        answer = aws.client("dynamodb").query(
            TableName=cls.Meta.table_name,
            IndexName=DepartureIndex.Meta.index_name,
            KeyConditionExpression="property_key = :house",
            ExpressionAttributeValues={":house": {"S": scope.key(property_id)}},
            ExpressionAttributeNames={"#status": "status"},
            ProjectionExpression="#status, nights, revenue_total",
            Limit=limit,
            **start,
        )
        items = [
            Figures(item["status"]["S"], int(item["nights"]["N"]), int(item["revenue_total"]["N"]))
            for item in answer["Items"]
        ]
        return Page(items, answer.get("LastEvaluatedKey"))

    @classmethod
    def in_house_at(
        cls, scope: Scope, property_id: str, *, room_number: str | None = None, limit: int, after: Key | None = None
    ) -> Page[Stay]:
        """Keys of the stays that are in a property now, by room, or of those in one room."""
        where = cls.room_order.startswith(f"{room_number}#") if room_number is not None else None
        return cls.page(scope.key(property_id), where=where, index="in-house", limit=limit, after=after)

    @classmethod
    def changed_at(
        cls, scope: Scope, property_id: str, since: str | None, *, limit: int, after: Key | None, is_forward: bool
    ) -> Page[Stay]:
        """Keys of a property's stays by last change, from `since` on."""
        where = cls.change_order >= since if since is not None else None
        return cls.page(
            scope.key(property_id), where=where, index="property-changes", limit=limit, after=after,
            is_forward=is_forward,
        )  # fmt: skip

    @classmethod
    def changed_in_shard(
        cls, scope: Scope, shard: int, *, since: str | None, before: str | None, limit: int, is_forward: bool
    ) -> list[Stay]:
        """Keys of one shard of a chain's changes, strictly after `since` or strictly before `before`."""
        where: Condition | None = None
        if since is not None:
            where = cls.change_order > since
        elif before is not None:
            where = cls.change_order < before
        page = cls.page(change_key(scope, shard), where=where, index="changes", limit=limit, is_forward=is_forward)
        return page.items


class StayPointer(Record):
    """Where a stay lies: under its id, or under its source's number (hashed, because it may hold anything)."""

    class Meta(Record.Meta):
        table_name = Record.table("stay-pointers")

    pointer_key = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(range_key=True)  # `id`, or the system whose number it is after `external#`
    guest_id = UnicodeAttribute()
    stay_id = UnicodeAttribute()

    @classmethod
    def by_id(cls, scope: Scope, stay_id: str) -> StayPointer | None:
        """Where the stay with an id lies."""
        return cls.find(scope.key(stay_id), "id")

    @classmethod
    def by_ids(cls, scope: Scope, stay_ids: Iterable[str]) -> dict[str, StayPointer]:
        """Where stays lie, by id."""
        return {str(one.stay_id): one for one in cls.find_many((scope.key(stay_id), "id") for stay_id in stay_ids)}

    @classmethod
    def present(cls, scope: Scope, stays: Iterable[Stay]) -> dict[str, list[StayPointer]]:
        """The pointers that there are to some stays, by the stays' ids."""
        keys = [(str(one.pointer_key), str(one.kind)) for stay in stays for one in cls.pair(scope, stay)]
        found: dict[str, list[StayPointer]] = {}
        for pointer in cls.find_many(keys) if keys else ():
            found.setdefault(str(pointer.stay_id), []).append(pointer)
        return found

    @classmethod
    def by_number(cls, scope: Scope, system: str, property_id: str, external_id: str) -> StayPointer | None:
        """Where the stay lies that a system knows under a number at a property."""
        return cls.find(number_key(scope, property_id, external_id), _kind(system))

    @classmethod
    def by_numbers(
        cls, scope: Scope, system: str, property_id: str, external_ids: Iterable[str]
    ) -> dict[str, StayPointer]:
        """Pointers by the numbers of one system at one property."""
        keys = {number_key(scope, property_id, number): number for number in external_ids}
        found = cls.find_many([(key, _kind(system)) for key in keys])
        return {keys[str(pointer.pointer_key)]: pointer for pointer in found}

    @classmethod
    def of_number(cls, scope: Scope, property_id: str, external_id: str, *, limit: int) -> list[StayPointer]:
        """Pointers of whichever systems use a number at a property."""
        return cls.page(number_key(scope, property_id, external_id), limit=limit).items

    @classmethod
    def pair(cls, scope: Scope, stay: Stay) -> list[StayPointer]:
        """The pointers that a stay has to have."""
        guest_id, stay_id = stay.guest_id, str(stay.id)
        pointers = [cls(pointer_key=scope.key(stay_id), kind="id", guest_id=guest_id, stay_id=stay_id)]
        number, system = (stay.attribute_values.get(name) for name in ("external_id", "source_system"))
        if number is not None and system is not None:
            key = number_key(scope, stay.property_id, str(number))
            kind = _kind(str(system))
            pointers.append(cls(pointer_key=key, kind=kind, guest_id=guest_id, stay_id=stay_id))
        return pointers


def change_key(scope: Scope, shard: int) -> str:
    """Partition of one shard of the chain's changes."""
    return scope.key(f"{shard:02}")


def change_key_of(scope: Scope, stay_id: str) -> str:
    """Partition of the chain's changes that a stay belongs to."""
    return change_key(scope, ids.shard_of(stay_id, CHANGE_SHARDS))


def number_key(scope: Scope, property_id: str, external_id: str) -> str:
    """Partition of a source's number at a property."""
    return scope.key(ids.keyed_hash(scope.chain_id, "stay", property_id, external_id))


def _kind(system: str) -> str:
    return f"external#{system}"


def _between(attribute: Any, first: str | None, last: str | None) -> Condition | None:
    where: Condition | None = None
    if first is not None and last is not None:
        where = attribute.between(first, last)
    elif first is not None:
        where = attribute >= first
    elif last is not None:
        where = attribute <= last
    return where


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
