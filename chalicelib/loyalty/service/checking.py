"""The nightly check on live data: each member's entries, header and lots are added up apart and compared."""

from __future__ import annotations

from dataclasses import asdict

from chalicelib.kernel import agenda, cursor, logs, metrics
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import kinds
from chalicelib.loyalty.models import LIST_SHARDS, EntryRecord, LedgerCheck, Member
from chalicelib.loyalty.service.booking import find_book
from chalicelib.loyalty.service.programmes import next_night, programme_of

log = logs.Log("loyalty")

MEMBERS_AT_ONCE = 50
ENTRY_PAGES_MAX = 1_000
PAGES_MAX = 20_000  # of one shard: a million members


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
        log.error("books_differ", subject=member_id)
        metrics.count(metrics.BOOKS_DIFFERING, chain=scope.chain_id)
    return is_right


# -- every night ---------------------------------------------------------------------------------------------------


def request(scope: Scope, programme_id: str) -> None:
    """Have a programme's books checked now. Raises NotFound."""
    programme = programme_of(scope, programme_id)
    unit = Unit(scope)
    agenda.arm(
        unit, subject_id=str(programme.id), kind=kinds.CHECK, is_recurring=True, due_at=real_now(), is_nudged=True,
        in_real_time=True,
    )  # fmt: skip
    unit.audit("programme.check_requested", str(programme.id))
    unit.commit()


def check_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Check some members; note the result after the last one, and come again the next night."""
    place = dict(work.detail)
    check = Check(**place.get("sums", {}))
    shard, after = int(place.get("shard", 0)), place.get("after")
    page = Member.in_shard(scope, work.subject_id, shard, limit=MEMBERS_AT_ONCE, after=after)
    for key in page.items:
        check_member(scope, key.id, check)
    shard, after = (shard, page.next_key) if page.next_key else (shard + 1, None)
    if shard < LIST_SHARDS:
        detail = {"shard": shard, "after": after, "sums": asdict(check)}
        return Again(real_now(), detail=detail, is_nudged=True)
    unit.put(LedgerCheck(programme_key=scope.key(work.subject_id), finished_at=sortable(real_now()), **asdict(check)))
    log.info("books_checked", subject=work.subject_id, count=check.members, failed=check.differing)
    return Done() if scope.is_test else Again(next_night(scope))


def checks(
    scope: Scope, programme_id: str, *, limit: int, after: str | None = None
) -> tuple[list[LedgerCheck], str | None]:
    """The latest checks of a programme, newest first, and the cursor of earlier ones. Raises NotFound."""
    key = scope.key(str(programme_of(scope, programme_id).id))
    purpose = f"checks|{programme_id}"
    found = LedgerCheck.page(key, limit=limit, after=cursor.decode(scope, purpose, after), is_forward=False)
    return found.items, cursor.encode(scope, purpose, found.next_key)


def check_all(scope: Scope, programme_id: str) -> Check:
    """Check every member of a programme at once: for tests, the demo and drills."""
    check = Check()
    for shard in range(LIST_SHARDS):
        after: Key | None = None
        for _ in range(PAGES_MAX):
            page = Member.in_shard(scope, programme_id, shard, limit=MEMBERS_AT_ONCE, after=after)
            for key in page.items:
                check_member(scope, key.id, check)
            after = page.next_key
            if after is None:
                break
    return check
