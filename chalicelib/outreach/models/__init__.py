"""Records of outreach and every named way to read them.

A delivery lies with its guest, under an id that follows from its occurrence: whoever decides the same occurrence twice
meets the first decision. A suppression lies under a keyed hash of its address, which nobody can read back.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.kernel import aws, ids
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record

LIST_SHARDS = 8  # of a chain's lists: 8,000 new rows a second
NO_PROPERTY = "-"
OF_GUEST_MAX = 500  # messages to one guest: ten a year for fifty years
INDEX_PAGE = 100


class DeliveryById(GlobalSecondaryIndex[Any]):
    """Where the delivery with an id lies."""

    class Meta:
        index_name = "by-id"
        projection = KeysOnlyProjection()

    id_key = UnicodeAttribute(hash_key=True)


class DeliveryByChain(GlobalSecondaryIndex[Any]):
    """A chain's deliveries in the order in which they were decided, in shards that are read together."""

    class Meta:
        index_name = "by-chain"
        projection = KeysOnlyProjection()

    list_key = UnicodeAttribute(hash_key=True)
    listed_at = UnicodeAttribute(range_key=True)


class DeliveryByProperty(GlobalSecondaryIndex[Any]):
    """A property's deliveries in the order in which they were decided, with what its figures need."""

    class Meta:
        index_name = "by-property"
        projection = IncludeProjection(["occasion", "delivery_status", "reason", "day"])

    property_key = UnicodeAttribute(hash_key=True)
    listed_at = UnicodeAttribute(range_key=True)


class Delivery(Record):
    """What was decided about one occurrence for one guest: a message and what became of it, or a skip and its reason.

    The address is kept masked, for people, and hashed, to find its suppression.
    """

    class Meta(Record.Meta):
        table_name = Record.table("deliveries")

    guest_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    id_key = UnicodeAttribute()
    list_key = UnicodeAttribute()
    property_key = UnicodeAttribute()
    listed_at = UnicodeAttribute()  # decided_at#id
    occasion = UnicodeAttribute()
    occurrence = UnicodeAttribute()
    purpose = UnicodeAttribute()
    policy = UnicodeAttribute(null=True)  # the version by which it was decided, such as birthday#3
    day = UnicodeAttribute()  # the local day that it is about
    status = UnicodeAttribute(attr_name="delivery_status")
    reason = UnicodeAttribute(null=True)
    marks = JSONAttribute(default=dict)  # what has happened → sortable instant
    seen = JSONAttribute(null=True)  # opened, clicked → when first, and each time
    channel = UnicodeAttribute(null=True)
    address_masked = UnicodeAttribute(null=True)
    address_hash = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    parts = NumberAttribute(null=True)  # of a text
    cost_micros = NumberAttribute(null=True)  # of a text whose price is known, in millionths of the currency's unit
    cost_currency = UnicodeAttribute(null=True)
    chosen = UnicodeAttribute(null=True)  # why this channel, and why not the others (see rules.channels.written)
    stay_id = UnicodeAttribute(null=True)
    message_id = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)  # the channel's own word for what went wrong
    tries = NumberAttribute(default=0)
    is_test = NumberAttribute(default=0)

    by_id = DeliveryById()
    by_chain = DeliveryByChain()
    by_property = DeliveryByProperty()

    @property
    def chain_id(self) -> str:
        """The chain that writes."""
        return str(self.guest_key).split("#", 1)[0]

    @property
    def guest_id(self) -> str:
        """Whom it is for."""
        return str(self.guest_key).split("#", 1)[1]

    @property
    def property_id(self) -> str | None:
        """The property that it speaks for; None: the chain."""
        found = str(self.property_key).split("#", 1)[1]
        return None if found == NO_PROPERTY else found

    @property
    def decided_at(self) -> str:
        """When it was decided, on the chain's clock, as sortable text."""
        return str(self.listed_at).split("#", 1)[0]

    def file(self, scope: Scope, guest_id: str, property_id: str | None, decided_at: str) -> None:
        """Set the keys: where it lies and which lists it is in. Needs the id."""
        self.guest_key = scope.key(guest_id)
        self.id_key = scope.key(str(self.id))
        self.list_key = list_key(scope, ids.shard_of(str(self.id), LIST_SHARDS))
        self.property_key = scope.key(property_id or NO_PROPERTY)
        self.listed_at = f"{decided_at}#{self.id}"

    @classmethod
    def one(cls, scope: Scope, guest_id: str, delivery_id: str) -> Delivery | None:
        """A delivery of a guest."""
        return cls.find(scope.key(guest_id), delivery_id)

    @classmethod
    def by_its_id(cls, scope: Scope, delivery_id: str) -> Delivery | None:
        """A delivery of the chain, wherever it lies."""
        page = cls.page(scope.key(delivery_id), index="by-id", limit=1)
        return cls.find(str(page.items[0].guest_key), delivery_id) if page.items else None

    @classmethod
    def of_guest(cls, scope: Scope, guest_id: str) -> list[Delivery]:
        """A guest's deliveries, the latest decision first."""
        found = cls.page(scope.key(guest_id), limit=OF_GUEST_MAX).items
        return sorted(found, key=lambda one: str(one.listed_at), reverse=True)

    @classmethod
    def of_occurrences(cls, scope: Scope, guest_id: str, occurrences: Iterable[str]) -> list[Delivery]:
        """What was decided about some occurrences for a guest."""
        key = scope.key(guest_id)
        return cls.find_many([(key, delivery_id(scope.chain_id, guest_id, one)) for one in occurrences])

    @classmethod
    def newest(
        cls, scope: Scope, property_ids: Iterable[str] | None, first: str | None, before: str | None
    ) -> Iterator[Delivery]:
        """Keys of deliveries of some properties or (None) of the chain, newest first, in [`first`, `before`)."""
        if property_ids is None:
            keys = [(list_key(scope, shard), "by-chain") for shard in range(LIST_SHARDS)]
        else:
            keys = [(scope.key(one), "by-property") for one in sorted(property_ids)]
        streams = [_walk(cls, key, index, cls.listed_at, first, before) for key, index in keys]
        return heapq.merge(*streams, key=lambda one: str(one.listed_at), reverse=True)

    @classmethod
    def full(cls, keys: Iterable[Delivery]) -> list[Delivery]:
        """The whole records of keys that an index answered, in their order."""
        wanted = list(keys)
        found = {one.id: one for one in cls.find_many([(str(key.guest_key), str(key.id)) for key in wanted])}
        return [found[key.id] for key in wanted if key.id in found]


class SuppressionList(GlobalSecondaryIndex[Any]):
    """A chain's suppressions by when they began, in shards. Addresses that only bounced softly are not in it."""

    class Meta:
        index_name = "list"
        projection = KeysOnlyProjection()

    list_key = UnicodeAttribute(hash_key=True)
    listed_at = UnicodeAttribute(range_key=True)


class Suppression(Record):
    """An address that takes no messages, or none of some purposes; and what has soft-bounced there of late."""

    class Meta(Record.Meta):
        table_name = Record.table("suppressions")

    address_key = UnicodeAttribute(hash_key=True)
    channel = UnicodeAttribute()
    address_masked = UnicodeAttribute()
    purposes = UnicodeSetAttribute(null=True)  # `*` is every one
    causes = JSONAttribute(default=dict)  # cause → sortable instant
    soft_bounces = JSONAttribute(default=dict)  # delivery id → sortable instant
    list_key = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)

    listing = SuppressionList()

    @property
    def id(self) -> str:
        """Its public id."""
        return suppression_id(str(self.address_key).split("#", 1)[1])

    @property
    def since(self) -> str:
        """When it began, as sortable text."""
        return str(self.listed_at).split("#", 1)[0]

    @classmethod
    def at(cls, scope: Scope, address_hash: str) -> Suppression | None:
        """What is known of an address."""
        return cls.find(scope.key(address_hash))

    @classmethod
    def many(cls, scope: Scope, address_hashes: Iterable[str]) -> dict[str, Suppression]:
        """What is known of several addresses, by hash."""
        found = cls.find_many([(scope.key(one), None) for one in address_hashes])
        return {str(one.address_key).split("#", 1)[1]: one for one in found}

    @classmethod
    def newest(cls, scope: Scope, before: str | None) -> Iterator[Suppression]:
        """Keys of the chain's suppressions, newest first."""
        keys = [list_key(scope, shard) for shard in range(LIST_SHARDS)]
        streams = [_walk(cls, key, "list", cls.listed_at, None, before) for key in keys]
        return heapq.merge(*streams, key=lambda one: str(one.listed_at), reverse=True)


def _walk(table: Any, key: str, index: str, order: Any, first: str | None, before: str | None) -> Iterator[Any]:
    """Rows of one partition of an index, newest first. Reads a page only when it is asked for more."""
    end = before
    while True:
        where = None
        if end is not None:
            where = order.between(first, end) if first is not None else order < end
        elif first is not None:
            where = order >= first
        page = table.page(key, where=where, index=index, limit=INDEX_PAGE, is_forward=False)
        rows = [row for row in page.items if row.listed_at != end]
        yield from rows
        if page.next_key is None or not rows:
            return
        end = str(rows[-1].listed_at)


# -- ids and keys ----------------------------------------------------------------------------------------------


def delivery_id(chain_id: str, guest_id: str, occurrence: str) -> str:
    """The id of the delivery of an occurrence: always the same, so that there is never a second one."""
    digest = hashlib.blake2b("\x1f".join((chain_id, guest_id, occurrence)).encode(), digest_size=16).digest()
    return ids.id_of("dlv", digest)


def address_hash(chain_id: str, channel: str, address: str) -> str:
    """What an address is known by in keys. Case does not count."""
    return ids.keyed_hash(chain_id, channel, address.lower())


def suppression_id(hashed: str) -> str:
    """The public id of the suppression of an address."""
    return ids.id_of("sup", bytes.fromhex(hashed))


def hash_of_suppression(suppression: str) -> str | None:
    """The address hash in a suppression's id; None for what is no such id."""
    content = ids.content_of(suppression, "sup")
    return content.hex() if content is not None else None


def list_key(scope: Scope, shard: int) -> str:
    """Partition of one shard of a chain's list."""
    return scope.key(f"{shard:02}")


def suppression_list_key(scope: Scope, hashed: str) -> str:
    """The shard of the chain's list that an address belongs to."""
    return list_key(scope, ids.shard_of(hashed, LIST_SHARDS))


# -- figures ---------------------------------------------------------------------------------------------------


def figure_rows(
    scope: Scope, property_id: str | None, first: str, until: str, *, rows_max: int
) -> Iterator[dict[str, str]]:
    """Occasion, status, reason and day of a property's deliveries decided in [first, until), plainly and quickly.

    Stops after `rows_max` rows. Read without the model: thousands of rows are only counted.
    """
    request: dict[str, Any] = {
        "TableName": Delivery.Meta.table_name,
        "IndexName": "by-property",
        "KeyConditionExpression": "property_key = :key AND listed_at BETWEEN :first AND :until",
        "ExpressionAttributeValues": {
            ":key": {"S": scope.key(property_id or NO_PROPERTY)},
            ":first": {"S": first},
            ":until": {"S": until},
        },
        "ProjectionExpression": "occasion, delivery_status, reason, #day",
        "ExpressionAttributeNames": {"#day": "day"},
    }
    left = rows_max
    while left > 0:
        answer = aws.client("dynamodb").query(**request, Limit=min(left, 5000))
        for item in answer["Items"]:
            yield {name: value["S"] for name, value in item.items()}
        left -= len(answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def soft_bounce_instants(suppression: Suppression) -> dict[str, Any]:
    """The soft bounces of an address as instants."""
    return {name: from_sortable(at) for name, at in (suppression.soft_bounces or {}).items()}
