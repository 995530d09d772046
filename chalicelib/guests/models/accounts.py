"""Corporate accounts, who belongs to them, and what their owners look after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, ListAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record


class AccountsByName(GlobalSecondaryIndex[Any]):
    """A chain's accounts by a name, folded as guests' names are. Companies are thousands, not millions: no shards."""

    class Meta:
        index_name = "names"
        projection = KeysOnlyProjection()

    chain_key = UnicodeAttribute(hash_key=True)
    name_key = UnicodeAttribute(range_key=True)


class AccountsByOtherName(GlobalSecondaryIndex[Any]):
    """The same by the name in the other language, of those that have two."""

    class Meta:
        index_name = "other-names"
        projection = KeysOnlyProjection()

    chain_key = UnicodeAttribute(hash_key=True)
    other_name_key = UnicodeAttribute(range_key=True)


class Account(Record):
    """A company. `names` are by language; the first of them, folded, is what the list is ordered by."""

    class Meta(Record.Meta):
        table_name = Record.table("accounts")

    private_keys = frozenset({"name_key", "other_name_key"})  # some companies are called after a person

    account_key = UnicodeAttribute(hash_key=True)
    chain_key = UnicodeAttribute()
    name_key = UnicodeAttribute()
    other_name_key = UnicodeAttribute(null=True)
    names = JSONAttribute()  # {"en": …, "zh": …}
    external_ids = JSONAttribute(default=list)  # [{"system", "property_id", "id"}]
    country = UnicodeAttribute(null=True)
    contact_ids: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    owner_id = UnicodeAttribute(null=True)
    is_key = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    names_index = AccountsByName()
    other_names_index = AccountsByOtherName()

    @property
    def id(self) -> str:
        """The account's id."""
        return str(self.account_key).split("#", 1)[1]

    @classmethod
    def one(cls, scope: Scope, account_id: str) -> Account | None:
        """The account with an id."""
        return cls.find(scope.key(account_id)) if is_id(account_id, "acc") else None

    @classmethod
    def many(cls, scope: Scope, account_ids: Iterable[str]) -> dict[str, Account]:
        """Accounts by id, those that there are."""
        return {one.id: one for one in cls.find_many((scope.key(account_id), None) for account_id in account_ids)}

    @classmethod
    def by_name(cls, scope: Scope, prefix: str, *, is_other: bool, limit: int, after: Key | None) -> Page[Account]:
        """Keys of the accounts whose names, or whose other names, begin with a folded prefix."""
        attribute = cls.other_name_key if is_other else cls.name_key
        where = attribute.startswith(prefix) if prefix else None
        index = "other-names" if is_other else "names"
        return cls.page(scope.chain_id, index=index, where=where, limit=limit, after=after)


class AccountGuest(Record):
    """That a guest belongs to an account. Under the account as `guest`, under the guest as its account."""

    class Meta(Record.Meta):
        table_name = Record.table("account-guests")

    owner_key = UnicodeAttribute(hash_key=True)  # chain#account, or chain#guest
    other_id = UnicodeAttribute(range_key=True)  # the guest's id, or the account's
    role = UnicodeAttribute(null=True)
    since = UnicodeAttribute(null=True)
    until = UnicodeAttribute(null=True)
    created_at = UTCDateTimeAttribute()

    @classmethod
    def one(cls, scope: Scope, owner_id: str, other_id: str) -> AccountGuest | None:
        """One side of a membership."""
        return cls.find(scope.key(owner_id), other_id)

    @classmethod
    def of(cls, scope: Scope, owner_id: str, *, limit: int, after: Key | None = None) -> Page[AccountGuest]:
        """Guests of an account by id, or accounts of a guest."""
        return cls.page(scope.key(owner_id), limit=limit, after=after)


class Care(Record):
    """Whom and what a member of staff looks after in person: key guests and accounts."""

    class Meta(Record.Meta):
        table_name = Record.table("cares")

    staff_key = UnicodeAttribute(hash_key=True)
    subject_id = UnicodeAttribute(range_key=True)  # a guest's or an account's id
    since = UTCDateTimeAttribute()

    @classmethod
    def of(cls, scope: Scope, staff_id: str, *, limit: int, after: Key | None) -> Page[Care]:
        """What somebody looks after: accounts, then guests."""
        return cls.page(scope.key(staff_id), limit=limit, after=after)
