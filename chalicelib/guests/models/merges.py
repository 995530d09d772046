"""Merges, what the sources of a merged guest have said, and pairs that are known to be two persons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.guests.rules.merging import Family
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record

OF_SURVIVOR = "of-survivor"


class MergesOfSurvivor(GlobalSecondaryIndex[Any]):
    """The merges into one guest, in the order in which they were made."""

    class Meta:
        index_name = OF_SURVIVOR
        projection = KeysOnlyProjection()

    survivor_key = UnicodeAttribute(hash_key=True)
    merge_id = UnicodeAttribute(range_key=True)


class Merge(Record):
    """One merge: who went into whom, by whose decision and why; and once it was undone, where everything went."""

    class Meta(Record.Meta):
        table_name = Record.table("merges")

    merge_key = UnicodeAttribute(hash_key=True)
    survivor_key = UnicodeAttribute()
    merge_id = UnicodeAttribute()
    absorbed_id = UnicodeAttribute()
    status = UnicodeAttribute(attr_name="merge_status")  # preparing | merged | refused | parting | parted
    choices = JSONAttribute(default=dict)  # {group of fields: survivor | absorbed}
    reason = UnicodeAttribute(default="")
    evidence = JSONAttribute(null=True)  # what an automatic decision was made by: score and reasons, no particulars
    refusal = UnicodeAttribute(null=True)  # why what was prepared could not be done
    survivor_version = NumberAttribute(null=True)  # as which the decision has seen the two
    absorbed_version = NumberAttribute(null=True)
    actor_kind = UnicodeAttribute()
    actor_id = UnicodeAttribute()
    created_at = UnicodeAttribute()
    merged_at = UnicodeAttribute(null=True)
    parted_at = UnicodeAttribute(null=True)
    parted_by = UnicodeAttribute(null=True)  # kind#id
    parting_reason = UnicodeAttribute(null=True)
    report = JSONAttribute(null=True)  # [{"what", "name", "guest_id", "reason", "count"?, "ids"?}]

    of_survivor = MergesOfSurvivor()

    @property
    def id(self) -> str:
        """Its public id."""
        return str(self.merge_id)

    @property
    def survivor_id(self) -> str:
        """Whom the other one went into."""
        return str(self.survivor_key).split("#", 1)[1]

    @classmethod
    def one(cls, scope: Scope, merge_id: str) -> Merge | None:
        """A merge of the scope's chain."""
        return cls.find(scope.key(merge_id))

    @classmethod
    def newest(cls, scope: Scope, survivor_id: str, before: str | None, *, limit: int) -> list[Merge]:
        """Keys of the merges into one guest, the latest first."""
        where = cls.merge_id < before if before else None
        return cls.page(
            scope.key(survivor_id), where=where, index=OF_SURVIVOR, limit=limit, is_forward=False
        ).items  # fmt: skip

    @classmethod
    def full(cls, keys: Iterable[Merge]) -> list[Merge]:
        """The whole records of keys that the index answered, in their order."""
        wanted = [str(key.merge_key) for key in keys]
        found = {str(one.merge_key): one for one in cls.find_many((key, None) for key in wanted)}
        return [found[key] for key in wanted if key in found]


class FamilyRecord(Record):
    """The sources of a guest who has absorbed others. It lies under the survivor, and only while there is one."""

    class Meta(Record.Meta):
        table_name = Record.table("guest-families")

    guest_key = UnicodeAttribute(hash_key=True)
    content = JSONAttribute()

    @classmethod
    def one(cls, scope: Scope, guest_id: str) -> FamilyRecord | None:
        """The family of a guest, if there is one."""
        return cls.find(scope.key(guest_id))

    @property
    def family(self) -> Family:
        """What it says. Writing it back is `keep`'s."""
        return Family(str(self.guest_key).split("#", 1)[1], **self.content)

    def keep(self, family: Family) -> None:
        """Let it say this from now on."""
        self.content = family.content()


class PartedPair(Record):
    """That two guests were merged once and are not the same person."""

    class Meta(Record.Meta):
        table_name = Record.table("parted-pairs")

    pair_key = UnicodeAttribute(hash_key=True)
    merge_id = UnicodeAttribute()

    @classmethod
    def of(cls, scope: Scope, one_id: str, other_id: str, merge_id: str) -> PartedPair:
        """The record of a pair, whichever is named first."""
        return cls(pair_key=_pair_key(scope, one_id, other_id), merge_id=merge_id)

    @classmethod
    def any_of(cls, scope: Scope, pairs: Iterable[tuple[str, str]]) -> bool:
        """Whether any of these pairs has been parted. One call per hundred."""
        return bool(cls.find_many((_pair_key(scope, *pair), None) for pair in pairs))


def _pair_key(scope: Scope, one_id: str, other_id: str) -> str:
    return scope.key(*sorted((one_id, other_id)))
