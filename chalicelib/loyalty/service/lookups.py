"""Lets a desk's lookup find a member by the number on the card."""

from __future__ import annotations

from chalicelib.guests.ports import Asked, Hit, Read
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty.models import Member, MemberPointer
from chalicelib.loyalty.rules.numbers import parse_number


def reads(scope: Scope, asked: Asked) -> list[Read]:
    """Who holds the card of that number."""
    try:
        number = parse_number(asked.number)
    except InvalidValue:
        return []
    return [lambda: _holder(scope, number)]


def _holder(scope: Scope, number: str) -> list[Hit]:
    """The pointer tells whose it is; of one from before it did, the member does."""
    pointer = MemberPointer.find(scope.key("number", number), "number")
    if pointer is None:
        return []
    guest_id: str | None = pointer.guest_id
    if guest_id is None:
        member = Member.one(scope, str(pointer.member_id))
        guest_id = member.guest_id if member is not None else None
    return [Hit("membership", str(guest_id), is_exact=True)] if guest_id else []
