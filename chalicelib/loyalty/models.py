"""Records of loyalty and every named way to read them. Costs: docs/access/loyalty.md.

A member's header and open lots share a partition, so that one query reads an account and one transaction writes it.
Entries are never changed; a lot without points is deleted, because the entries keep its terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kernel import aws, ids
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.loyalty.rules.lots import Account, Lot, Slice, Terms
from chalicelib.loyalty.rules.programmes import Version

LIST_SHARDS = 8  # of a programme's list of members: 8,000 enrolments a second
HEADER = "member"  # sorts after every lot, so that one query reads lots in order and the header last
NEVER = "9999-12-31"  # in place of a last day, so that unlimited lots sort last
LOTS_READ_MAX = 1_000  # of one member: a stay a day for three years


class Programme(Record):
    """A points programme of a chain. What it says is in its versions."""

    class Meta(Record.Meta):
        table_name = Record.table("programmes")

    chain_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    names = JSONAttribute(default=dict)
    currency = UnicodeAttribute()
    versions = JSONAttribute(default=list)  # Version.as_dict, in order of number
    is_expiry_suspended = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    @property
    def all_versions(self) -> list[Version]:
        """What it says, in order of number."""
        return [Version.of(stored) for stored in self.versions or ()]


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
    """Which member a guest is (`guest`, by programme), and whose a membership number is (`number`)."""

    class Meta(Record.Meta):
        table_name = Record.table("member-pointers")

    pointer_key = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(range_key=True)
    member_id = UnicodeAttribute()

    @classmethod
    def of_guest(cls, scope: Scope, guest_id: str) -> list[str]:
        """Ids of the members that a guest is, one for each programme."""
        return [str(one.member_id) for one in cls.page(scope.key(guest_id), limit=20).items]

    @classmethod
    def of_number(cls, scope: Scope, number: str) -> str | None:
        """The member whose number it is."""
        found = cls.find(scope.key("number", number), "number")
        return str(found.member_id) if found else None


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
    def of_stay(cls, scope: Scope, stay_id: str) -> list[StayPoints]:
        """What was given for a stay, to whichever members."""
        return cls.page(scope.key(stay_id), limit=20).items

    @classmethod
    def unpriced(cls, scope: Scope, *, limit: int, after: Key | None = None) -> Page[StayPoints]:
        """Keys of stays that could not be priced, by business date."""
        return cls.page(scope.key("exceptions"), index="exceptions", limit=limit, after=after)


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
    penalty = NumberAttribute(default=0)
    ends_at = UTCDateTimeAttribute(null=True)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

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


class ExchangeRates(Record):
    """One business date's rates towards one currency."""

    class Meta(Record.Meta):
        table_name = Record.table("exchange-rates")

    chain_id = UnicodeAttribute(hash_key=True)
    day_key = UnicodeAttribute(range_key=True)  # `2026-05-07#EUR`
    rates = JSONAttribute(default=dict)
    updated_at = UTCDateTimeAttribute()

    @classmethod
    def on(cls, scope: Scope, day: date, base: str) -> Mapping[str, str]:
        """The rates of a business date, empty where nobody has told them."""
        found = cls.find(scope.chain_id, f"{day}#{base}")
        return dict(found.rates) if found else {}


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


def stored(slices: Iterable[Slice]) -> list[dict[str, Any]] | None:
    """Slices as an entry keeps them."""
    kept = [
        {
            "lot": one.terms.id,
            "points": one.points,
            "earned_on": one.terms.earned_on.isoformat(),
            "expires_on": one.terms.expires_on.isoformat() if one.terms.expires_on else None,
            "property_id": one.terms.property_id,
            "funding_owner": one.terms.funding_owner,
            "source": one.terms.source,
        }
        for one in slices
    ]
    return kept or None


def slice_of(kept: Mapping[str, Any]) -> Slice:
    """A slice as it was before it was stored."""
    terms = Terms(
        str(kept["lot"]),
        date.fromisoformat(kept["earned_on"]),
        date.fromisoformat(kept["expires_on"]) if kept["expires_on"] else None,
        kept["property_id"],
        str(kept["funding_owner"]),
        str(kept["source"]),
    )
    return Slice(terms, int(kept["points"]))


def list_order_of(enrolled_at: datetime, member_id: str) -> str:
    """Where a member stands in the list: by enrolment."""
    return f"{enrolled_at:%Y-%m-%dT%H:%M:%S}#{member_id}"
