"""The nightly check on live data: each member's entries, header and lots are added up apart and compared."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key
from chalicelib.loyalty.models import LIST_SHARDS, EntryRecord, Member
from chalicelib.loyalty.service.booking import find_book

log = logging.getLogger(__name__)

MEMBERS_AT_ONCE = 50
ENTRY_PAGES_MAX = 1_000


@dataclass
class Check:
    """How many members were looked at, and of whom the books do not agree."""

    members: int = 0
    entries: int = 0
    points: int = 0
    differing: int = 0


def check_member(scope: Scope, member_id: str, check: Check) -> bool:
    """Whether a member's entries, header and open lots say the same."""
    book = find_book(scope, member_id)
    if book is None:
        return True
    points = pending = held = debt = number = 0
    after: Key | None = None
    for _ in range(ENTRY_PAGES_MAX):
        page = EntryRecord.of_member(scope, member_id, limit=500, after=after, is_forward=True)
        for entry in page.items:
            if entry.sequence > int(book.member.sequence):
                continue  # booked since the header was read
            number += 1
            points += int(entry.points)
            pending += int(entry.pending)
            held += int(entry.held)
            debt += int(entry.debt)
            if int(entry.balance_after) != points:
                number = -1
                break
        after = page.next_key
        if after is None:
            break
    header, account = book.member, book.account
    told = (points, pending, held, debt, number)
    is_right = told == (
        int(header.balance),
        int(header.pending),
        int(header.held),
        int(header.debt),
        int(header.sequence),
    ) and (account.balance, account.held) == (points, held)
    check.members += 1
    check.entries += max(number, 0)
    check.points += points
    if not is_right:
        check.differing += 1
        log.error("books differ chain=%s member=%s", scope.chain_id, member_id)
    return is_right


def check_shard(scope: Scope, programme_id: str, shard: int, after: Key | None, check: Check) -> Key | None:
    """Check some members of one shard; the key to go on from, or None at its end."""
    page = Member.in_shard(scope, programme_id, shard, limit=MEMBERS_AT_ONCE, after=after)
    for key in page.items:
        check_member(scope, key.id, check)
    return page.next_key


def check_all(scope: Scope, programme_id: str) -> Check:
    """Check every member of a programme at once: for tests, the demo and drills."""
    check = Check()
    for shard in range(LIST_SHARDS):
        after: Key | None = None
        while True:
            after = check_shard(scope, programme_id, shard, after, check)
            if after is None:
                break
    return check
