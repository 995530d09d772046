"""Relations between guests and their households. What belongs to a guest lies in the guest's partition."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.guests.rules.relations import RELATIONS_MAX
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record

HOUSEHOLD = "household"  # sorts after every guest's id
ROWS_MAX = RELATIONS_MAX + 1


class Relation(Record):
    """What another guest is to this one. There are two of them, one on either side, written together.

    The row `household` says to which household the guest belongs: there is one or none.
    """

    class Meta(Record.Meta):
        table_name = Record.table("relations")

    guest_key = UnicodeAttribute(hash_key=True)
    other = UnicodeAttribute(range_key=True)  # the other guest's id, or `household`
    kind = UnicodeAttribute(null=True)
    is_child = BooleanAttribute(null=True)  # the other is a child who comes along
    makes_child = BooleanAttribute(null=True)  # this guest is such a child to the other
    household_id = UnicodeAttribute(null=True)
    created_at = UTCDateTimeAttribute()

    @property
    def guest_id(self) -> str:
        """Whose row it is."""
        return str(self.guest_key).split("#", 1)[1]

    @classmethod
    def one(cls, scope: Scope, guest_id: str, other_id: str) -> Relation | None:
        """What another guest is to a guest."""
        return cls.find(scope.key(guest_id), other_id)

    @classmethod
    def of_guest(cls, scope: Scope, guest_id: str) -> list[Relation]:
        """All rows of a guest: the relations by the other's id, then the household."""
        return cls.page(scope.key(guest_id), limit=ROWS_MAX).items


class Household(Record):
    """People who live together: at most a dozen, with a name and an address if they are known."""

    class Meta(Record.Meta):
        table_name = Record.table("households")

    household_key = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    member_ids: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    @property
    def id(self) -> str:
        """The household's id."""
        return str(self.household_key).split("#", 1)[1]

    @classmethod
    def one(cls, scope: Scope, household_id: str) -> Household | None:
        """The household with an id."""
        return cls.find(scope.key(household_id))
