"""Records of claims for missing stays. An open one stands in the queue of its house; a decided one leaves it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record

QUEUE = "open-claims"


class OpenClaimIndex(GlobalSecondaryIndex[Any]):
    """Open claims of a chain by house, oldest first. Sparse: a few hundred at a time, so one partition is enough."""

    class Meta:
        index_name = "open"
        projection = KeysOnlyProjection()

    open_key = UnicodeAttribute(hash_key=True)
    open_order = UnicodeAttribute(range_key=True)  # property#opened_at#id


class Claim(Record):
    """A stay for which a member says points are missing, and what became of it."""

    class Meta(Record.Meta):
        table_name = Record.table("claims")

    member_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    status = UnicodeAttribute()
    property_id = UnicodeAttribute()
    arrival = UnicodeAttribute()
    departure = UnicodeAttribute()
    cause = UnicodeAttribute()
    asked = NumberAttribute()
    suggested = NumberAttribute(null=True)
    stay_id = UnicodeAttribute(null=True)
    granted = NumberAttribute(null=True)
    cost_owner = UnicodeAttribute(null=True)
    refusal = UnicodeAttribute(null=True)
    opened_by = UnicodeAttribute()
    decided_by = UnicodeAttribute(null=True)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()
    open_key = UnicodeAttribute(null=True)
    open_order = UnicodeAttribute(null=True)

    open_index = OpenClaimIndex()

    @property
    def member_id(self) -> str:
        """Whose claim it is."""
        return str(self.member_key).split("#", 1)[1]

    @classmethod
    def one(cls, scope: Scope, member_id: str, claim_id: str) -> Claim | None:
        """A claim of a member, or None."""
        return cls.find(scope.key(member_id), claim_id)

    @classmethod
    def of_member(cls, scope: Scope, member_id: str, *, limit: int, after: Key | None) -> Page[Claim]:
        """Claims of a member, newest first."""
        return cls.page(scope.key(member_id), limit=limit, after=after, is_forward=False)

    @classmethod
    def open_at(cls, scope: Scope, property_ids: Collection[str] | None, *, since: str, limit: int) -> list[Claim]:
        """Open claims after a place in the queue: of the whole chain, or of these houses one after another."""
        keys: list[Claim] = []
        if property_ids is None:
            where = cls.open_order > since if since else None
            keys = cls.page(scope.key(QUEUE), where=where, index="open", limit=limit).items
        for property_id in sorted(property_ids or ()):
            if len(keys) < limit and since < f"{property_id}$":
                within = cls.open_order.between(max(since, f"{property_id}#") + " ", f"{property_id}$")
                keys += cls.page(scope.key(QUEUE), where=within, index="open", limit=limit - len(keys)).items
        whole = cls.find_many([(str(key.member_key), str(key.id)) for key in keys]) if keys else []
        return sorted((one for one in whole if one.open_order), key=lambda one: str(one.open_order))
