"""Members: guests who have joined a programme."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda, cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import AlreadyExists, Conflict, Invalid, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id, shard_of
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import kinds
from chalicelib.loyalty.events import MEMBER_ENROLLED
from chalicelib.loyalty.models import LIST_SHARDS, NOBODY, EntryRecord, Member, MemberPointer, Programme, list_order_of
from chalicelib.loyalty.rules.lots import Lot
from chalicelib.loyalty.rules.merging import MEMBERS_JOINED_MAX
from chalicelib.loyalty.rules.numbers import BODY_MAX, number_of, parse_number
from chalicelib.loyalty.service.booking import may_see, open_book
from chalicelib.loyalty.service.programmes import check_property, programme_of, today_of

NUMBER_TRIES_MAX = 5  # a drawn number that is taken is drawn again; with ten million members one in a hundred is

STEPS = {"active": {"suspended", "closed"}, "suspended": {"active", "closed"}, "closed": set[str]()}


@dataclass(frozen=True)
class MemberPage:
    """Some members in order of enrolment, and the cursor of the next page or None."""

    items: list[Member]
    next: str | None


def enrol(
    scope: Scope,
    *,
    programme_id: str,
    guest_id: str,
    consent_source: str,
    property_id: str | None = None,
    id: str | None = None,
) -> Member:
    """Make a guest a member, with a consent of its own. Raises AlreadyExists for one who is a member already."""
    programme = _programme(scope, programme_id)
    guest = guests.find(scope, guest_id)
    if guest is None:
        raise Invalid.field("/guest_id", N_("There is no such guest."), "unknown")
    check_property(scope, property_id, "/property_id")
    member_id = id or new_id("mem")

    def attempt(number: str) -> Member:
        today = today_of(scope).isoformat()
        member = Member(
            member_key=scope.key(member_id),
            guest_id=guest_id,
            programme_id=str(programme.id),
            number=number,
            enrolled_on=today,
            enrolled_at_property=property_id,
            consent_source=consent_source,
            active_on=today,
            created_at=scope.now,
            updated_at=scope.now,
            list_key=Member.list_key_of(scope, str(programme.id), member_id),
            list_order=list_order_of(scope.now, member_id),
        )
        unit = Unit(scope)
        unit.create(member)
        unit.create(_pointer(scope.key("number", number), "number", member_id, guest_id), refusal=_NumberTaken())
        claim_guest(unit, guest_id, str(programme.id), member_id)
        guests.check_unchanged(unit, guest, refusal=Stale())
        agenda.arm(
            unit, subject_id=member_id, kind=kinds.PRICE_GUEST, is_recurring=True, due_at=scope.now, is_nudged=True
        )
        agenda.announce(
            unit, Event(MEMBER_ENROLLED, member_id, 1, {"programme_id": str(programme.id), "guest_id": guest_id})
        )
        unit.audit("member.enrolled", member_id, guest_id=guest_id, programme_id=str(programme.id))
        unit.commit()
        return member

    for place in range(NUMBER_TRIES_MAX):
        try:
            return attempt(number_of(shard_of(f"{scope.chain_id}{member_id}{place}", BODY_MAX)))
        except _NumberTaken:
            continue
    raise Conflict(N_("No membership number could be found: try again."))


def enrolled(
    scope: Scope, *, programme_id: str, guest_id: str, consent_source: str, property_id: str | None
) -> tuple[Member, bool]:
    """The member that a guest is, and whether it is new: nobody at a desk is refused for joining twice."""
    try:
        member = enrol(
            scope,
            programme_id=programme_id,
            guest_id=guest_id,
            consent_source=consent_source,
            property_id=property_id,
        )
    except AlreadyExists:
        known = [one for one in of_guest(scope, guest_id) if one.programme_id == programme_id]
        if not known:
            raise
        return known[0], False
    return member, True


def change_status(scope: Scope, member_id: str, status: str, expected_version: int) -> Member:
    """Suspend, reactivate or close a membership. A closed one stays closed; its points stay as they are."""
    member = get(scope, member_id)
    if int(member.version) != expected_version:
        raise Stale()
    if status == member.status:
        return member
    if status not in STEPS[str(member.status)]:
        raise Conflict(N_("A closed membership stays closed."))
    member.status = status
    member.updated_at = scope.now
    unit = Unit(scope)
    unit.update(member)
    if status == "active":  # what fell due meanwhile is told now
        agenda.arm(unit, subject_id=member_id, kind=kinds.END, is_recurring=True, due_at=scope.now, is_nudged=True)
    unit.audit(f"member.{status}", member_id)
    unit.commit()
    return member


def get(scope: Scope, member_id: str) -> Member:
    """A member. Raises NotFound, also beyond the caller's wall."""
    member = Member.one(scope, member_id) if is_id(member_id, "mem") else None
    if member is None or not may_see(scope, member):
        raise NotFound()
    return member


def get_many(scope: Scope, member_ids: Iterable[str]) -> dict[str, Member]:
    """Members by id, of those whom the caller sees."""
    return {id: one for id, one in Member.many(scope, member_ids).items() if may_see(scope, one)}


def of_guest(scope: Scope, guest_id: str, after: str | None = None) -> list[Member]:
    """The memberships of a guest whom the caller sees; one in each programme. Raises NotFound beyond the wall.

    They are few, so that there is one page and no cursor is ever given out: any `after` is refused as Malformed.
    """
    cursor.decode(scope, f"memberships|{guest_id}", after)
    guests.get(scope, guest_id)
    return sorted(Member.many(scope, MemberPointer.of_guest(scope, guest_id)).values(), key=lambda one: one.id)


def by_number(scope: Scope, typed: str) -> list[Member]:
    """The member of a number as it is typed, if the caller sees one. Raises InvalidValue for a mistyped number.

    The number of a membership that was joined with another finds that one: cards live longer than their accounts.
    """
    member_id = MemberPointer.of_number(scope, parse_number(typed))
    member = Member.one(scope, member_id) if member_id is not None else None
    for _ in range(MEMBERS_JOINED_MAX):
        if member is None or not member.merged_into:
            break
        member = Member.one(scope, str(member.merged_into))
    return [member] if member is not None and may_see(scope, member) else []


def entries(scope: Scope, member_id: str, *, limit: int, after: str | None) -> tuple[list[EntryRecord], str | None]:
    """A member's entries, newest first, and the cursor of the next page. Raises NotFound beyond the wall."""
    get(scope, member_id)
    purpose = f"entries|{member_id}"
    found = EntryRecord.of_member(scope, member_id, limit=limit, after=cursor.decode(scope, purpose, after))
    return found.items, cursor.encode(scope, purpose, found.next_key)


def lots(scope: Scope, member_id: str) -> list[Lot]:
    """A member's open lots in consumption order. Raises NotFound beyond the wall."""
    return list(open_book(scope, member_id).account.lots)


def lots_page(scope: Scope, member_id: str, *, limit: int, after: str | None) -> tuple[list[Lot], str | None]:
    """Some of a member's open lots in consumption order, and the cursor of the next ones."""
    purpose = f"lots|{member_id}"
    place = cursor.decode(scope, purpose, after)
    known = lots(scope, member_id)
    if place is not None:
        known = known[int(place["from"]["N"]) :]
    start = int(place["from"]["N"]) if place is not None else 0
    following = {"from": {"N": str(start + limit)}} if len(known) > limit else None
    return known[:limit], cursor.encode(scope, purpose, following)


def page(scope: Scope, programme_id: str, *, limit: int, after: str | None) -> MemberPage:
    """Members of a programme whom the caller sees, by enrolment. A page may be short while there is more."""
    programme = programme_of(scope, programme_id)
    purpose = f"members|{programme.id}"
    place = cursor.decode(scope, purpose, after)
    since = place["at"]["S"] if place else ""
    shards = [_shard(scope, str(programme.id), shard, since, limit + 1) for shard in range(LIST_SHARDS)]
    rows = list(heapq.merge(*shards, key=lambda key: str(key.list_order)))[: limit + 1]
    found = Member.many(scope, [key.id for key in rows[:limit]])
    shown = [found[key.id] for key in rows[:limit] if key.id in found and may_see(scope, found[key.id])]
    last = {"at": {"S": str(rows[limit - 1].list_order)}} if len(rows) > limit else None
    return MemberPage(shown, cursor.encode(scope, purpose, last))


def _shard(scope: Scope, programme_id: str, shard: int, since: str, limit: int) -> list[Member]:
    where = Member.list_order > since if since else None
    key = scope.key(programme_id, f"{shard:02}")
    return Member.page(key, where=where, index="members", limit=limit).items


def _programme(scope: Scope, programme_id: str) -> Programme:
    try:
        return programme_of(scope, programme_id)
    except NotFound:
        raise Invalid.field("/programme_id", N_("There is no such programme."), "unknown") from None


def claim_guest(unit: Unit, guest_id: str, programme_id: str, member_id: str, *, instead_of: str = NOBODY) -> None:
    """Stage that a guest is this member of a programme. Committing raises AlreadyExists for one who is another member
    than `instead_of`."""
    unit.replace(
        _pointer(unit.scope.key(guest_id), f"guest#{programme_id}", member_id),
        "attribute_not_exists(pointer_key) OR member_id = :former",
        {":former": {"S": instead_of}},
        refusal=AlreadyExists(N_("This guest is a member already.")),
    )


def _pointer(key: str, kind: str, member_id: str, guest_id: str | None = None) -> MemberPointer:
    return MemberPointer(pointer_key=key, kind=kind, member_id=member_id, guest_id=guest_id)


class _NumberTaken(Conflict):
    """The drawn number is somebody's."""
