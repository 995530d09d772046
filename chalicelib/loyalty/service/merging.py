"""Memberships of one guest are joined, and parted again when that was a mistake.

Joining closes the absorbed membership at once and moves its points in steps, so that it may have any number of lots;
its number goes on finding the survivor, its redemptions and stays go on in the survivor's account. Parting gives back
what was brought along and what the absorbed guest's stays have earned since, and opens the membership again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import kinds
from chalicelib.loyalty.models import NOBODY, EntryRecord, Member, MemberPointer, Redemption, StayPoints
from chalicelib.loyalty.rules import merging
from chalicelib.loyalty.rules.lots import Slice
from chalicelib.loyalty.rules.merging import Moved, Settling
from chalicelib.loyalty.service.booking import About, Book, find_book, find_living
from chalicelib.loyalty.service.members import claim_guest
from chalicelib.stays import service as stays

ENTRIES_AT_ONCE = 500
PAGES_MAX = 100  # of the entries since a merge: 50,000
REDEMPTIONS_LOOKED_AT_MAX = 500


# -- guests ------------------------------------------------------------------------------------------------------------


def follow_merge(scope: Scope, unit: Unit, survivor_guest_id: str, absorbed_guest_id: str, merge_id: str) -> None:
    """Join what two guests have, if they are one by now: facts come in any order, and a merge may have been undone."""
    found = guests.find(scope, absorbed_guest_id)
    if found is not None and found.id != absorbed_guest_id:
        merge_guests(scope, unit, survivor_guest_id, absorbed_guest_id, merge_id)


def merge_guests(scope: Scope, unit: Unit, survivor_guest_id: str, absorbed_guest_id: str, merge_id: str) -> None:
    """Join what two guests have, programme by programme: one who is no member takes the other's membership over."""
    own = {str(one.programme_id): one for one in _members_of(scope, survivor_guest_id)}
    for member in _members_of(scope, absorbed_guest_id):
        survivor = own.get(str(member.programme_id))
        is_open = survivor is not None and (survivor.status != "closed" or survivor.merged_into)
        if survivor is not None and is_open:
            join_members(scope, unit, survivor.id, member.id, merge_id)
        elif not member.merged_into:
            _adopt(scope, unit, member, survivor_guest_id, merge_id, survivor.id if survivor is not None else NOBODY)


def part_guests(scope: Scope, unit: Unit, absorbed_guest_id: str, merge_id: str) -> None:
    """Undo what a merge of two guests has joined."""
    for member in _members_of(scope, absorbed_guest_id):
        if member.merge and member.merge["id"] == merge_id:
            part_members(scope, unit, str(member.merged_into), member.id)
        else:
            _give_back(scope, unit, member, merge_id)


def _members_of(scope: Scope, guest_id: str) -> list[Member]:
    return list(Member.many(scope, MemberPointer.of_guest(scope, guest_id)).values())


def _adopt(scope: Scope, unit: Unit, member: Member, guest_id: str, merge_id: str, instead_of: str) -> None:
    """Make a membership the survivor's, who has none or a closed one, `instead_of` it."""
    if any(one["merge_id"] == merge_id for one in member.adoptions or ()) or member.status == "closed":
        return
    member.taken_over(merge_id, guest_id, instead_of)
    member.updated_at = scope.now
    unit.update(member)
    claim_guest(unit, guest_id, str(member.programme_id), member.id, instead_of=instead_of)
    _price(scope, unit, member.id, {})
    unit.audit("member.taken_over", member.id, guest_id=guest_id, merge_id=merge_id)


def _give_back(scope: Scope, unit: Unit, member: Member, merge_id: str) -> None:
    former = member.given_back(merge_id)
    if not former:
        return
    for guest_id, instead_of in former.items():
        pointer = MemberPointer.find(scope.key(guest_id), f"guest#{member.programme_id}")
        if pointer is not None and pointer.member_id == member.id:
            pointer.member_id = instead_of
            unit.put(pointer)
    member.updated_at = scope.now
    unit.update(member)
    _price(scope, unit, member.id, {"gone": sorted(former)})
    unit.audit("member.given_back", member.id, guest_id=str(member.guest_id), merge_id=merge_id)


def _price(scope: Scope, unit: Unit, member_id: str, detail: dict[str, Any]) -> None:
    agenda.arm(
        unit, subject_id=member_id, kind=kinds.PRICE_GUEST, is_recurring=True, due_at=scope.now, is_nudged=True,
        detail=detail,
    )  # fmt: skip


# -- joining -----------------------------------------------------------------------------------------------------------


def join_members(scope: Scope, unit: Unit, survivor_id: str, absorbed_id: str, merge_id: str) -> bool:
    """Stage the end of a membership whose points are to go to another one of the programme; they follow in steps.

    Whether there was anything to do: the same again changes nothing, and nobody is joined with themselves.
    """
    absorbed, living = Member.one(scope, absorbed_id), find_living(scope, survivor_id)
    if absorbed is None or living is None or absorbed.merged_into or living.member.id == absorbed_id:
        return False
    # A closed membership stays closed, with what lies in it; only an open one goes on in another.
    if absorbed.programme_id != living.member.programme_id or absorbed.status == "closed":
        return False
    is_suspending = absorbed.status == "suspended" and living.member.status == "active"
    if is_suspending:  # else a merge would set free what somebody has stopped
        living.member.status, living.member.updated_at = "suspended", scope.now
        unit.update(living.member)
    absorbed.merge = {
        "id": merge_id,
        "status": str(absorbed.status),
        "from": int(absorbed.sequence),
        "since": int(living.member.sequence),
        "debt": int(absorbed.debt),
        "is_suspending": is_suspending,
    }
    absorbed.merged_into, absorbed.status, absorbed.updated_at = living.member.id, "closed", scope.now
    unit.update(absorbed)
    agenda.arm(unit, subject_id=absorbed_id, kind=kinds.JOIN, is_recurring=True, due_at=scope.now, is_nudged=True)
    unit.audit("member.joined", absorbed_id, into=living.member.id, merge_id=merge_id)
    return True


def join_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Move some lots to the survivor; come again until nothing is left."""
    absorbed, survivor = find_book(scope, work.subject_id), find_living(scope, work.subject_id)
    if absorbed is None or survivor is None or not absorbed.member.merged_into or _is_parting(absorbed):
        return Done()
    merge_id = str(absorbed.member.merge["id"])
    moved = merging.join(absorbed.account, survivor.account, today=survivor.today, suffix=merge_id)
    if moved is None:
        return Done()
    survivor.member.active_on = max(str(survivor.member.active_on), str(absorbed.member.active_on))
    _book(unit, absorbed, survivor, moved, "joined")
    return Again(scope.now, is_nudged=True)


def _book(unit: Unit, giver: Book, taker: Book, moved: Moved, reason: str) -> None:
    """Book both sides of a step and stage them. It is no activity of the member's."""
    merge = giver.member.merge if reason == "joined" else taker.member.merge
    for book, booked, other in ((giver, moved.giver, taker), (taker, moved.taker, giver)):
        about = About(
            source=str(merge["id"]),
            business_date=book.today,
            funding_owner="chain",
            version=book.version.number,
            reason=reason,
            detail={"other": other.member.id},
        )
        book.book(booked, about, is_activity=False)
        book.stage(unit)


# -- parting -----------------------------------------------------------------------------------------------------------


def part_members(scope: Scope, unit: Unit, survivor_id: str, absorbed_id: str) -> bool:
    """Stage that a membership is taken apart from the one it was joined with. Whether there was anything to do.

    What the survivor has spent of its points meanwhile is made good from the survivor's lots that came last; what is
    not there is written off.
    """
    absorbed = Member.one(scope, absorbed_id)
    if absorbed is None or absorbed.merged_into != survivor_id or absorbed.merge.get("is_parting"):
        return False
    absorbed.merge = {**absorbed.merge, "is_parting": True}
    absorbed.updated_at = scope.now
    unit.update(absorbed)
    agenda.arm(unit, subject_id=absorbed_id, kind=kinds.PART, is_recurring=True, due_at=scope.now, is_nudged=True)
    unit.audit("member.parted", absorbed_id, survivor_id=survivor_id)
    return True


def part_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Find out what is owed, then give back some lots at a time, then make good what was spent, then open again."""
    absorbed, survivor = find_book(scope, work.subject_id), find_living(scope, work.subject_id)
    if absorbed is None or survivor is None or not absorbed.member.merged_into or not _is_parting(absorbed):
        return Done()
    merge_id = str(absorbed.member.merge["id"])
    if "owed" not in work.detail:
        return Again(scope.now, detail={"owed": _owed(scope, absorbed), "spent": 0}, is_nudged=True)
    owed, spent = dict(work.detail["owed"]), int(work.detail["spent"])
    held = _held_by(scope, absorbed.member.id)
    given = merging.part(survivor.account, absorbed.account, owed, held, suffix=merge_id) if owed else None
    if given is not None:
        moved, rest = given
        _book(unit, survivor, absorbed, moved, "parted")
        return Again(scope.now, detail={"owed": rest, "spent": spent}, is_nudged=True)
    spent += sum(owed.values())
    good = merging.make_good(survivor.account, absorbed.account, spent, today=survivor.today, suffix=merge_id)
    if spent and good is not None:
        _book(unit, survivor, absorbed, good, "parted")
        left = spent - good.taker.entry.points
        return Again(scope.now, detail={"owed": {}, "spent": left}, is_nudged=True)
    _settle(unit, absorbed, survivor, spent)
    return Done()


def _settle(unit: Unit, absorbed: Book, survivor: Book, missing: int) -> None:
    """Give back what waits and what is owed, and open the membership as it was."""
    scope, merge = unit.scope, absorbed.member.merge
    debt = int(merge["debt"])
    paid = _paid_into(scope, absorbed) if debt else []
    settling = Settling(_waiting(scope, absorbed.member), debt, paid, missing)
    moved = merging.settle_parting(survivor.account, absorbed.account, settling, today=absorbed.today)
    absorbed.member.status, absorbed.member.merged_into = str(merge["status"]), None
    if merge.get("is_suspending") and survivor.member.status == "suspended":
        survivor.member.status = "active"
        unit.update(survivor.member)
    if moved is not None:
        _book(unit, survivor, absorbed, moved, "parted")
    else:
        absorbed.stage_header(unit)
    absorbed.member.merge = None
    unit.update(absorbed.member)


def _is_parting(book: Book) -> bool:
    return bool(book.member.merge and book.member.merge.get("is_parting"))


def _owed(scope: Scope, absorbed: Book) -> dict[str, int]:
    """Points by lot that are the absorbed member's: brought along, or earned by its stays since; less what has ended or
    was taken back since. What is missing of them at the survivor has been spent."""
    merge, own = absorbed.member.merge, absorbed.member.id
    owed: dict[str, int] = {}
    for entry in _entries(scope, own, int(merge["from"])):
        if entry.type == "merge_out" and entry.source == merge["id"]:
            _add(owed, entry.taken_slices)
    member_id, since = str(absorbed.member.merged_into), int(merge["since"])
    for _ in range(merging.MEMBERS_JOINED_MAX):
        for entry in _entries(scope, member_id, since):
            if entry.type in ("accrual", "confirmation"):
                _add(owed, [one for one in entry.given_slices if f".{own}." in one.terms.id])
            elif entry.type == "expiry":
                _add(owed, [one for one in entry.taken_slices if one.terms.id in owed], sign=-1)
            elif entry.type == "reversal":
                taken = [one for one in entry.taken_slices if one.terms.id in owed]
                _add(owed, [one for one in taken if one.terms.source == entry.source], sign=-1)
        member = Member.one(scope, member_id)
        if member is None or not member.merged_into:
            break
        member_id, since = str(member.merged_into), 0
    return {lot_id: points for lot_id, points in owed.items() if points > 0}


def _add(sums: dict[str, int], slices: Iterable[Slice], sign: int = 1) -> None:
    for one in slices:
        sums[one.terms.id] = sums.get(one.terms.id, 0) + sign * one.points


def _paid_into(scope: Scope, absorbed: Book) -> list[Slice]:
    """The survivor's own points that went into the debt that came along."""
    merge = absorbed.member.merge
    for entry in _entries(scope, str(absorbed.member.merged_into), int(merge["since"])):
        if entry.type == "merge_in" and entry.source == merge["id"] and entry.taken:
            return entry.taken_slices
    return []


def _entries(scope: Scope, member_id: str, after_sequence: int) -> Iterable[EntryRecord]:
    """A member's entries after a place, oldest first."""
    after: Key | None = EntryRecord.place_of(scope, member_id, after_sequence)
    for _ in range(PAGES_MAX):
        page = EntryRecord.of_member(scope, member_id, limit=ENTRIES_AT_ONCE, after=after, is_forward=True)
        yield from page.items
        after = page.next_key
        if after is None:
            return
    raise OverflowError("more entries since a merge than can be read")


def _held_by(scope: Scope, member_id: str) -> dict[str, int]:
    """Points that the member's own redemptions have locked, by lot."""
    held: dict[str, int] = {}
    for record in Redemption.of_member(scope, member_id, limit=REDEMPTIONS_LOOKED_AT_MAX, after=None).items:
        if record.status == "held":
            _add(held, record.points_slices)
    return held


def _waiting(scope: Scope, member: Member) -> int:
    """Points of the member's stays that are not confirmed yet."""
    keys = [
        (scope.key(str(stay.id)), member.id)
        for guest_id in member.guest_ids
        for stay in stays.of_guest(scope, guest_id)
    ]
    return sum(int(one.waiting) for one in StayPoints.find_many(keys)) if keys else 0
