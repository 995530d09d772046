"""The guest's record, and the row of each house that knows one. Which index serves what, and at what cost:
docs/access/guests.md."""

from __future__ import annotations

from collections.abc import Iterable
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
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.ids import shard_of
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record

LIST_SHARDS = 8  # of a chain's list: 8,000 changes a second
NAME_BUCKETS = 64  # of a chain's names, by first letter: no bucket is hotter than the commonest letter

UPDATED, NAMES, GIVEN, INITIALS = "updated", "names", "given", "initials"


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


class ChainByInitials(GlobalSecondaryIndex[Any]):
    """A chain's guests with Chinese names by the initials of their pinyin. Sparse: others cost nothing."""

    class Meta:
        index_name = INITIALS
        projection = KeysOnlyProjection()

    initials_bucket = UnicodeAttribute(hash_key=True)
    initials_key = UnicodeAttribute(range_key=True)


class Guest(Record):
    """A guest. `consents` is keyed `purpose:channel`; `property_ids` are the houses that know the guest."""

    class Meta(Record.Meta):
        table_name = Record.table("guests")

    private_keys = frozenset({"name_key", "given_key", "initials_key"})

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
    is_child_companion = BooleanAttribute(null=True)  # a relation says so: a child who comes along with others
    source = UnicodeAttribute(null=True)  # api | import | portal: what first brought the guest
    first_imported = BooleanAttribute(default=False)
    is_key = BooleanAttribute(null=True)  # a key guest, whom an owner looks after in person
    owner_id = UnicodeAttribute(null=True)  # the member of staff who does
    absorbed_ids: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True)  # whom a merge put into this one
    merged_into = UnicodeAttribute(null=True)  # set: a tombstone, which leads to this survivor
    created_at = UTCDateTimeAttribute(null=True)
    updated_at = UTCDateTimeAttribute(null=True)
    list_key = UnicodeAttribute(null=True)
    updated_key = UnicodeAttribute(null=True)
    name_bucket = UnicodeAttribute(null=True)
    name_key = UnicodeAttribute(null=True)
    given_bucket = UnicodeAttribute(null=True)
    given_key = UnicodeAttribute(null=True)
    initials_bucket = UnicodeAttribute(null=True)
    initials_key = UnicodeAttribute(null=True)

    updated = ChainByChange()
    names = ChainByName()
    given = ChainByGivenName()
    initials = ChainByInitials()

    family_record: Any = None  # in memory only: that of a guest who has absorbed others, once it was read

    @property
    def chain_id(self) -> str:
        """The chain the guest belongs to."""
        return str(self.attribute_values["guest_key"]).split("#", 1)[0]

    @property
    def id(self) -> str:
        """The guest's id. Asked for ten times a row by imports, so it does not go through PynamoDB's descriptors."""
        return str(self.attribute_values["guest_key"]).split("#", 1)[1]

    @property
    def ids(self) -> list[str]:
        """The ids under which this guest's records may lie: its own, then those of whom it absorbed."""
        return [self.id, *(self.absorbed_ids or [])]

    @classmethod
    def one(cls, scope: Scope, guest_id: str) -> Guest | None:
        """The guest of the scope's chain under an id."""
        return cls.find(scope.key(guest_id))

    @classmethod
    def many(cls, scope: Scope, guest_ids: Iterable[str], *, is_consistent: bool = True) -> dict[str, Guest]:
        """The guests of the scope's chain under many ids, those that there are."""
        keys = ((scope.key(guest_id), None) for guest_id in guest_ids)
        return {guest.id: guest for guest in cls.find_many(keys, is_consistent=is_consistent)}

    def index(self, now: datetime, name_key: str, given_key: str | None, initials: str | None = None) -> None:
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
            initials_key=initials,
            initials_bucket=name_bucket(chain_id, initials) if initials else None,
        )

    def unlist(self) -> None:
        """Leave every list and the indexes of names."""
        keys = "list_key", "updated_key", "name_bucket", "name_key", "given_bucket", "given_key"
        for name in (*keys, "initials_bucket", "initials_key"):
            setattr(self, name, None)


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


class HouseByInitials(GlobalSecondaryIndex[Any]):
    """A house's guests with Chinese names by the initials of their pinyin."""

    class Meta:
        index_name = INITIALS
        projection = KeysOnlyProjection()

    house_key = UnicodeAttribute(hash_key=True)
    initials_key = UnicodeAttribute(range_key=True)


class HouseGuest(Record):
    """That a house knows a guest, and what its lists are ordered by."""

    class Meta(Record.Meta):
        table_name = Record.table("house-guests")

    private_keys = frozenset({"name_key", "given_key", "initials_key"})

    house_key = UnicodeAttribute(hash_key=True)
    guest_id = UnicodeAttribute(range_key=True)
    updated_key = UnicodeAttribute(null=True)
    name_key = UnicodeAttribute(null=True)
    given_key = UnicodeAttribute(null=True)
    initials_key = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)

    updated = HouseByChange()
    names = HouseByName()
    given = HouseByGivenName()
    initials = HouseByInitials()

    @classmethod
    def present(cls, guest: Guest, property_ids: Iterable[str]) -> list[HouseGuest]:
        """The rows that there are of a guest at some houses."""
        return cls.find_many((f"{guest.chain_id}#{property_id}", guest.id) for property_id in property_ids)

    @classmethod
    def of(cls, guest: Guest, property_id: str) -> HouseGuest:
        """The row of a house for a guest as it is now."""
        chain_id, guest_id = str(guest.guest_key).split("#", 1)
        value_of = guest.attribute_values.get
        return cls(
            house_key=f"{chain_id}#{property_id}",
            guest_id=guest_id,
            **{name: value_of(name) for name in ("updated_key", "name_key", "given_key", "initials_key", "language")},
        )


# -- keys --------------------------------------------------------------------------------------------------


def list_shard(chain_id: str, shard: int) -> str:
    """One shard of a chain's list."""
    return f"{chain_id}#{shard:02}"


def name_bucket(chain_id: str, key: str) -> str:
    """Where the names that begin like `key` lie: a number, which tells nobody the letter."""
    return f"{chain_id}#b{shard_of(key[0], NAME_BUCKETS):02}"
