"""Records of redemptions."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.loyalty.models.slices import slice_of
from chalicelib.loyalty.rules.lots import Slice


class Redemption(Record):
    """Points that were locked or spent for something, and what became of it."""

    class Meta(Record.Meta):
        table_name = Record.table("redemptions")

    member_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    status = UnicodeAttribute()  # held | captured | released | cancelled
    points = NumberAttribute()
    slices = JSONAttribute(default=list)
    reward = UnicodeAttribute()
    property_id = UnicodeAttribute(null=True)
    use_on = UnicodeAttribute(null=True)
    penalty = NumberAttribute(default=0)
    ends_at = UTCDateTimeAttribute(null=True)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    @property
    def member_id(self) -> str:
        """Who redeemed."""
        return str(self.member_key).split("#", 1)[1]

    @property
    def points_slices(self) -> list[Slice]:
        """The slices it holds or has spent."""
        return [slice_of(one) for one in self.slices or ()]

    @classmethod
    def one(cls, scope: Scope, member_id: str, redemption_id: str) -> Redemption | None:
        """A redemption of a member, or None."""
        return cls.find(scope.key(member_id), redemption_id)

    @classmethod
    def of_member(cls, scope: Scope, member_id: str, *, limit: int, after: Key | None) -> Page[Redemption]:
        """Redemptions of a member, newest first."""
        return cls.page(scope.key(member_id), limit=limit, after=after, is_forward=False)
