"""Members and their open lots, which share a partition: one query reads an account, one transaction writes it.

A lot without points is deleted, because the entries keep its terms.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kernel import aws, ids
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.loyalty.rules.lots import Account, Lot, Terms

LIST_SHARDS = 8  # of a programme's list of members: 8,000 enrolments a second
HEADER = "member"  # sorts after every lot, so that one query reads lots in order and the header last
NEVER = "9999-12-31"  # in place of a last day, so that unlimited lots sort last
NOBODY = "-"  # in place of a member, in a pointer that leads to none any more
LOTS_READ_MAX = 1_000  # of one member: a stay a day for three years


class MemberIndex(GlobalSecondaryIndex[Any]):
    """Members of a programme by enrolment, in shards that are read together."""

    class Meta:
        index_name = "members"
        projection = KeysOnlyProjection()

    list_key = UnicodeAttribute(hash_key=True)
    list_order = UnicodeAttribute(range_key=True)


class Member(Record):
    """A guest in a programme, and the header of the account: sums that every entry moves under the header's version."""

    class Meta(Record.Meta):
        table_name = Record.table("members")

    member_key = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True, default=HEADER)
    guest_id = UnicodeAttribute()
    programme_id = UnicodeAttribute()
    number = UnicodeAttribute()
    status = UnicodeAttribute(default="active")  # active | suspended | closed
    balance = NumberAttribute(default=0)
    pending = NumberAttribute(default=0)
    held = NumberAttribute(default=0)
    debt = NumberAttribute(default=0)
    sequence = NumberAttribute(default=0)
    enrolled_on = UnicodeAttribute()
    enrolled_at_property = UnicodeAttribute(null=True)
    consent_source = UnicodeAttribute()
    active_on = UnicodeAttribute()
    claims = JSONAttribute(null=True)  # rules.claims: which stays have been claimed, and how it went
    pool = JSONAttribute(null=True)  # rules.pools: the household's pool that the member is in
    merged_into = UnicodeAttribute(null=True)  # the member whose account this one's points are in now
    merge = JSONAttribute(null=True)  # how it was joined, so that it can be parted: see service.merging
    adoptions = JSONAttribute(null=True)  # [{"merge_id", "from", "to"}]: guests who took it over, one after another
    told = JSONAttribute(null=True)  # rules.notices: the nearest notice that was told, by last day
    armed_on = UnicodeAttribute(null=True)  # the day for which its next end or notice is on the agenda
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()
    list_key = UnicodeAttribute()
    list_order = UnicodeAttribute()

    members_index = MemberIndex()

    @property
    def id(self) -> str:
        """The member's id."""
        return str(self.member_key).split("#", 1)[1]

    @property
    def available(self) -> int:
        """Points that may be spent, as far as no lot has ended since the last entry."""
        return max(0, int(self.balance) - int(self.held))

    @property
    def guest_ids(self) -> list[str]:
        """The guests whose stays earn here: whose it is, and whose it was before they were merged."""
        return [str(self.guest_id), *dict.fromkeys(one["from"] for one in self.adoptions or ())]

    def taken_over(self, merge_id: str, guest_id: str, instead_of: str) -> None:
        """Make it another guest's, `instead_of` a member that this guest was."""
        told = {"merge_id": merge_id, "from": str(self.guest_id), "to": guest_id, "instead_of": instead_of}
        self.adoptions = [*(self.adoptions or []), told]
        self.guest_id = guest_id

    def given_back(self, merge_id: str) -> dict[str, str]:
        """Undo a taking over, and what followed from it; who has it no more, and which member they are instead."""
        known = list(self.adoptions or [])
        if not any(one["merge_id"] == merge_id for one in known):
            return {}
        owner, left = known[0]["from"], []
        for one in known:
            if one["from"] == owner and one["merge_id"] != merge_id:
                left.append(one)
                owner = one["to"]
        self.adoptions, self.guest_id = left or None, owner
        return {str(one["to"]): str(one["instead_of"]) for one in known if one not in left}

    @property
    def pool_id(self) -> str | None:
        """The pool that the member is in."""
        return self.pool["pool_id"] if self.pool else None

    @classmethod
    def one(cls, scope: Scope, member_id: str) -> Member | None:
        """A member's header, or None. One read."""
        return cls.find(scope.key(member_id), HEADER)

    @classmethod
    def many(cls, scope: Scope, member_ids: Iterable[str]) -> dict[str, Member]:
        """Headers by member id."""
        found = cls.find_many([(scope.key(member_id), HEADER) for member_id in member_ids])
        return {member.id: member for member in found}

    @classmethod
    def with_lots(cls, scope: Scope, member_id: str) -> tuple[Member, Account] | None:
        """A member's header and account in one query, or None."""
        member: Member | None = None
        lots: list[Lot] = []
        after: dict[str, Any] = {}
        for _ in range(LOTS_READ_MAX // 100):
            answer = aws.client("dynamodb").query(
                TableName=cls.Meta.table_name,
                KeyConditionExpression="member_key = :member",
                ExpressionAttributeValues={":member": {"S": scope.key(member_id)}},
                ConsistentRead=True,
                **after,
            )
            for item in answer["Items"]:
                if item["part"]["S"] == HEADER:
                    member = cls.from_raw_data(item)
                else:
                    lots.append(LotRecord.from_raw_data(item).lot())
            if "LastEvaluatedKey" not in answer:
                break
            after = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        else:
            raise OverflowError("a member has more lots than can be read at once")
        if member is None:
            return None
        return member, Account((), int(member.pending), int(member.debt)).with_lots(lots)

    @classmethod
    def in_shard(
        cls, scope: Scope, programme_id: str, shard: int, *, limit: int, after: Key | None = None
    ) -> Page[Member]:
        """Keys of one shard of a programme's members."""
        return cls.page(scope.key(programme_id, f"{shard:02}"), index="members", limit=limit, after=after)

    @classmethod
    def list_key_of(cls, scope: Scope, programme_id: str, member_id: str) -> str:
        """The shard of the list that a member belongs to."""
        return scope.key(programme_id, f"{ids.shard_of(member_id, LIST_SHARDS):02}")


class LotRecord(Record):
    """An open lot, beside its member's header in the same table."""

    class Meta(Record.Meta):
        table_name = Member.Meta.table_name

    lies_in: ClassVar[type[Record] | None] = Member

    member_key = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    left = NumberAttribute()
    held = NumberAttribute(default=0)
    earned_on = UnicodeAttribute()
    property_id = UnicodeAttribute(null=True)
    funding_owner = UnicodeAttribute()
    source = UnicodeAttribute()

    @classmethod
    def of(cls, scope: Scope, member_id: str, lot: Lot) -> LotRecord:
        """The record of a lot."""
        terms = lot.terms
        return cls(
            member_key=scope.key(member_id),
            part=part_of(terms),
            left=lot.left,
            held=lot.held,
            earned_on=terms.earned_on.isoformat(),
            property_id=terms.property_id,
            funding_owner=terms.funding_owner,
            source=terms.source,
        )

    def lot(self) -> Lot:
        """The lot as the rules see it."""
        _, last_day, lot_id = str(self.part).split("#", 2)
        terms = Terms(
            lot_id,
            date.fromisoformat(str(self.earned_on)),
            None if last_day == NEVER else date.fromisoformat(last_day),
            self.property_id,
            str(self.funding_owner),
            str(self.source),
        )
        return Lot(terms, int(self.left), int(self.held))


def part_of(terms: Terms) -> str:
    """Range key of a lot: `lot#2027-01-31#lot_…`."""
    return f"lot#{terms.expires_on or NEVER}#{terms.id}"


class MemberPointer(Record):
    """Which member a guest is (`guest`, by programme), whose a membership number is (`number`), and which rows of
    former balances have been brought in (`opening`, with what they said)."""

    class Meta(Record.Meta):
        table_name = Record.table("member-pointers")

    pointer_key = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(range_key=True)
    member_id = UnicodeAttribute()
    told = UnicodeAttribute(null=True)
    guest_id = UnicodeAttribute(null=True)  # of a number: whose card it is, so that a desk finds the guest at once

    @property
    def is_somebodys(self) -> bool:
        """Whether it leads to a member; a membership that was given back leaves one that does not."""
        return str(self.member_id) != NOBODY

    @classmethod
    def of_guest(cls, scope: Scope, guest_id: str) -> list[str]:
        """Ids of the members that a guest is, one for each programme."""
        return [str(one.member_id) for one in cls.page(scope.key(guest_id), limit=20).items if one.is_somebodys]

    @classmethod
    def of_number(cls, scope: Scope, number: str) -> str | None:
        """The member whose number it is."""
        found = cls.find(scope.key("number", number), "number")
        return str(found.member_id) if found else None


def list_order_of(enrolled_at: datetime, member_id: str) -> str:
    """Where a member stands in the list: by enrolment."""
    return f"{enrolled_at:%Y-%m-%dT%H:%M:%S}#{member_id}"
