"""Pools: a household gathers points in its owner's account. Members join, put in, and leave; what they put in stays."""

from __future__ import annotations

from chalicelib.kernel.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.loyalty.models import EntryRecord, Member, Pool
from chalicelib.loyalty.rules.ledger import check_points
from chalicelib.loyalty.rules.pools import Pooling
from chalicelib.loyalty.service.booking import Book, find_book, may_see, open_book
from chalicelib.loyalty.service.correcting import handed_over


class PoolClosed(Conflict):
    """The pool is closed."""

    type, title = "pool_closed", N_("This pool is closed")


def open_pool(scope: Scope, owner_id: str, *, id: str | None = None) -> tuple[Pool, bool]:
    """A pool in a member's account, and whether it is new: whoever owns one is answered that one.

    Raises NotFound beyond the wall, MemberInactive, PoolRefused.
    """
    pool_id = id or new_id("pol")

    def attempt() -> tuple[Pool, bool]:
        book = open_book(scope, owner_id)
        known = Pooling.of(book.member.pool)
        found = Pool.one(scope, known.pool_id) if known.pool_id else None
        if found is not None and found.owner_id == owner_id:
            return found, False
        book.require_active()
        book.member.pool = known.joined(pool_id, book.version.pools, present=0, today=book.today).kept()
        record = Pool(
            pool_key=scope.key(pool_id),
            programme_id=str(book.member.programme_id),
            owner_id=owner_id,
            members={owner_id: book.today.isoformat()},
            created_at=scope.now,
            updated_at=scope.now,
        )
        unit = Unit(scope)
        unit.create(record)
        unit.update(book.member)
        unit.audit("pool.opened", pool_id, owner_id=owner_id)
        unit.commit()
        return record, True

    return retried(attempt)


def pool(scope: Scope, pool_id: str) -> Pool:
    """A pool. Raises NotFound, also where its owner is beyond the caller's wall."""
    record = Pool.one(scope, pool_id) if is_id(pool_id, "pol") else None
    owner = Member.one(scope, str(record.owner_id)) if record is not None else None
    if record is None or owner is None or not may_see(scope, owner):
        raise NotFound()
    return record


def join_pool(scope: Scope, pool_id: str, member_id: str) -> Pool:
    """Let a member of the programme into a pool. Who is in it stays in it. Raises PoolClosed, PoolRefused."""

    def attempt() -> Pool:
        record, book = _open(scope, pool_id), _member(scope, member_id)
        known = Pooling.of(book.member.pool)
        if known.pool_id == pool_id:
            return record
        book.require_active()
        if book.member.programme_id != record.programme_id:
            raise Invalid.field("/member_id", N_("This member belongs to another programme."))
        joined = known.joined(pool_id, book.version.pools, present=len(record.members), today=book.today)
        book.member.pool = joined.kept()
        record.members = {**record.members, member_id: book.today.isoformat()}
        return _written(scope, record, [book.member], "pool.joined", member_id)

    return retried(attempt)


def contribute(scope: Scope, pool_id: str, member_id: str, points: int) -> EntryRecord:
    """Put a member's points into the pool: lots and all, into the owner's account. Answers the member's entry.

    Raises PoolRefused beyond the programme's rules, InsufficientPoints, TooManyLots, MemberInactive.
    """
    check_points(points)

    def attempt() -> EntryRecord:
        record, giver = _open(scope, pool_id), _member(scope, member_id)
        owner = find_book(scope, str(record.owner_id))
        known = Pooling.of(giver.member.pool)
        if owner is None or known.pool_id != pool_id:
            raise Invalid.field("/member_id", N_("This member is not in the pool."))
        if member_id == record.owner_id:
            raise Invalid.field("/member_id", N_("The owner's points are in the pool already."))
        giver.require_active()
        owner.require_active()
        giver.member.pool = known.gave(points, giver.version.pools, today=giver.today).kept()
        unit = Unit(scope)
        out, _ = handed_over(unit, giver, owner, points, reason="pool")
        unit.audit("pool.contributed", pool_id, member_id=member_id, points=points)
        unit.commit()
        return out

    return retried(attempt)


def leave_pool(scope: Scope, pool_id: str, member_id: str) -> Pool:
    """Let a member out of a pool; what was put in stays with the owner. When the owner leaves, the pool is closed and
    everybody is out of it. A repetition changes nothing."""

    def attempt() -> Pool:
        record, book = pool(scope, pool_id), _member(scope, member_id)
        if member_id not in record.members:
            return record
        if member_id == record.owner_id:
            members = list(Member.many(scope, record.members).values())
            record.status, record.members = "closed", {}
        else:
            members = [book.member]
            record.members = {id: day for id, day in record.members.items() if id != member_id}
        for member in members:
            member.pool = Pooling.of(member.pool).left(book.today).kept()
        return _written(scope, record, members, "pool.left", member_id)

    return retried(attempt)


def _open(scope: Scope, pool_id: str) -> Pool:
    record = pool(scope, pool_id)
    if record.status != "open":
        raise PoolClosed(N_("Its owner has left it."))
    return record


def _member(scope: Scope, member_id: str) -> Book:
    try:
        return open_book(scope, member_id)
    except NotFound:
        raise Invalid.field("/member_id", N_("There is no such member."), "unknown") from None


def _written(scope: Scope, record: Pool, members: list[Member], action: str, member_id: str) -> Pool:
    record.updated_at = scope.now
    unit = Unit(scope)
    unit.update(record, refusal=Stale())
    for member in members:
        unit.update(member)
    unit.audit(action, record.id, member_id=member_id)
    unit.commit()
    return record
