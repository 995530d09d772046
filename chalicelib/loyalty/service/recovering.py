"""Takes back what refunded stays are short of, once their points come back from a redemption."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.guests import service as guests
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty.models import Member, MemberPointer, StayPoints
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.lots import Slice, taken, total
from chalicelib.loyalty.service.booking import Book
from chalicelib.loyalty.service.earning import Price, about_of, original_of, stay_id_of


def recover(unit: Unit, book: Book, returned: Iterable[Slice]) -> None:
    """Take back what stays are short of, from points of theirs that come back from a redemption.

    They had been written off only because they were spent: whatever came first, refund or cancellation, the end is one.
    """
    came: dict[str, int] = {}
    for one in returned:
        if is_id(one.terms.source, "sty"):
            came[one.terms.source] = came.get(one.terms.source, 0) + one.points
    for record in _earned(unit.scope, book.member, list(came)):
        stay_id = stay_id_of(record)
        short = min(came[stay_id], int(record.written_off))
        points = total(taken(book.account, short, today=book.today, first_from=stay_id))
        if not points or original_of(book, record).returns != "within_balance":
            continue
        booked = ledger.reverse(
            book.account, waiting=0, confirmed=points, source=stay_id, policy="within_balance", today=book.today
        )
        about = about_of(book, record, Price(int(record.waiting) + int(record.confirmed)))
        book.book(booked, about, is_activity=False)
        record.written_off = int(record.written_off) - points
        unit.update(record)


def _earned(scope: Scope, member: Member, stay_ids: list[str]) -> list[StayPoints]:
    """What stays have earned a member, or one whose membership was joined with theirs.

    Only for what is not the member's own, others are looked for: who has never been merged is asked once.
    """
    found = list(StayPoints.find_many([(scope.key(one), member.id) for one in stay_ids])) if stay_ids else []
    missing = set(stay_ids) - {stay_id_of(one) for one in found}
    if missing:
        keys = [(scope.key(stay_id), one) for stay_id in sorted(missing) for one in _joined_with(scope, member)]
        found += StayPoints.find_many(keys) if keys else []
    return found


def _joined_with(scope: Scope, member: Member) -> list[str]:
    """Ids of the memberships of the guests who have been merged into the member's own."""
    guest = guests.find(scope, str(member.guest_id))
    pointed = {one for guest_id in (guest.ids if guest else ()) for one in MemberPointer.of_guest(scope, guest_id)}
    return sorted(pointed - {member.id})
