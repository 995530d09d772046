"""Redemptions: points locked or spent for something, settled, let go, or given back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from chalicelib.kernel import agenda, cursor
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.loyalty import kinds
from chalicelib.loyalty.models import Redemption, stored
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.blackouts import USE_DAYS_MAX
from chalicelib.loyalty.rules.ledger import check_points
from chalicelib.loyalty.rules.programmes import check_day_of_use
from chalicelib.loyalty.service.booking import About, Book, find_living, open_book
from chalicelib.loyalty.service.members import get
from chalicelib.loyalty.service.programmes import check_property
from chalicelib.loyalty.service.recovering import recover


class RedemptionSettled(Conflict):
    """The redemption is not in the state that the step needs."""

    type, title = "redemption_settled", N_("This redemption has been settled otherwise")


def redeem(
    scope: Scope,
    member_id: str,
    *,
    points: int,
    reward: str,
    property_id: str | None,
    is_hold: bool = False,
    use_on: date | None = None,
    id: str | None = None,
) -> Redemption:
    """Spend a member's points, or lock them until somebody settles. `use_on` is the day it is for, by default today.

    Raises NotFound beyond the wall, MemberInactive, InsufficientPoints, TooManyLots; Invalid outside the programme's
    least and most; BlackoutDate with the next free day. Of two that want the same points one is refused.
    """
    check_property(scope, property_id, "/property_id")
    wanted = _Wanted(id or new_id("rdm"), points, reward, property_id, is_hold, use_on)
    return retried(lambda: _redeemed(open_book(scope, member_id), wanted))


class _Wanted(NamedTuple):
    """What somebody wants points for."""

    id: str
    points: int
    reward: str
    property_id: str | None
    is_hold: bool
    use_on: date | None


def _redeemed(book: Book, wanted: _Wanted) -> Redemption:
    redemption_id, points, reward, property_id, is_hold, use_on = wanted
    book.require_active()
    version, scope = book.version, book.scope
    if use_on is not None and not 0 <= (use_on - book.today).days <= USE_DAYS_MAX:
        raise Invalid.field("/use_on", N_("This day is past, or too far ahead."))
    check_day_of_use(book.programme.all_versions, use_on or book.today, property_id)
    check_points(points)
    if points < version.redeem_min or (version.redeem_max is not None and points > version.redeem_max):
        raise Invalid.field("/points", N_("This is outside what the programme lets a member redeem at once."))
    act = ledger.hold if is_hold else ledger.redeem
    booked = act(book.account, points, today=book.today)
    unit = Unit(scope)
    book.book(booked, _about(book, redemption_id, property_id, reward))
    record = Redemption(
        member_key=book.member.member_key,
        id=redemption_id,
        status="held" if is_hold else "captured",
        points=points,
        slices=stored(booked.entry.taken),
        reward=reward,
        property_id=property_id,
        use_on=use_on.isoformat() if use_on else None,
        ends_at=scope.now + timedelta(hours=version.hold_hours) if is_hold else None,
        created_at=scope.now,
        updated_at=scope.now,
    )
    unit.create(record)
    book.stage(unit)
    if is_hold:
        agenda.arm(unit, subject_id=book.member.id, kind=kinds.RELEASE, occurrence=redemption_id, due_at=record.ends_at)
    unit.audit("points.held" if is_hold else "points.redeemed", book.member.id, points=points, reward=reward)
    unit.commit()
    return record


def capture(scope: Scope, member_id: str, redemption_id: str, points: int | None = None) -> Redemption:
    """Spend what a redemption has locked, or a part of it; the rest goes back. A repetition changes nothing."""

    def attempt() -> Redemption:
        book, record = _found(scope, member_id, redemption_id)
        spent = int(record.points) if points is None else points
        if record.status == "captured" and spent == int(record.points):
            return record
        _require_held(record)
        booked = ledger.capture(
            book.account, record.points_slices, spent, today=book.today, lapsed=book.lapse(new_id("lot"))
        )
        record.slices, record.points = stored(booked.entries[0].taken), spent
        return _written(book, record, "captured", booked)

    return retried(attempt)


def release(scope: Scope, member_id: str, redemption_id: str) -> Redemption:
    """Let go what a redemption has locked. A repetition changes nothing."""

    def attempt() -> Redemption:
        book, record = _found(scope, member_id, redemption_id)
        if record.status == "released":
            return record
        _require_held(record)
        booked = ledger.release(book.account, record.points_slices, today=book.today, lapsed=book.lapse(new_id("lot")))
        return _written(book, record, "released", booked)

    return retried(attempt)


def release_due(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Let go what nobody has settled in time."""
    book = find_living(scope, work.subject_id)
    record = Redemption.one(scope, work.subject_id, str(work.occurrence))
    if book is None or record is None or record.status != "held":
        return Done()
    booked = ledger.release(book.account, record.points_slices, today=book.today, lapsed=book.lapse(new_id("lot")))
    _stage(unit, book, record, "released", booked)
    return Done()


def cancel(scope: Scope, member_id: str, redemption_id: str, penalty: int = 0) -> Redemption:
    """Give spent points back to their own lots, less a penalty. A repetition changes nothing."""

    def attempt() -> Redemption:
        book, record = _found(scope, member_id, redemption_id)
        if record.status == "cancelled" and penalty == int(record.penalty):
            return record
        if record.status != "captured":
            raise RedemptionSettled(N_("Only a redemption that has been spent can be cancelled, and only once."))
        booked = ledger.cancel(
            book.account,
            record.points_slices,
            penalty=penalty,
            today=book.today,
            lapsed=book.lapse(new_id("lot")),
        )
        record.penalty = penalty
        return _written(book, record, "cancelled", booked)

    return retried(attempt)


def redemptions(scope: Scope, member_id: str, *, limit: int, after: str | None) -> tuple[list[Redemption], str | None]:
    """A member's redemptions, newest first, and the cursor of the next page. Raises NotFound beyond the wall."""
    get(scope, member_id)
    purpose = f"redemptions|{member_id}"
    page = Redemption.of_member(scope, member_id, limit=limit, after=cursor.decode(scope, purpose, after))
    return page.items, cursor.encode(scope, purpose, page.next_key)


def _found(scope: Scope, member_id: str, redemption_id: str) -> tuple[Book, Redemption]:
    book = open_book(scope, member_id)
    if book.member.merged_into:
        book = find_living(scope, member_id) or book
    record = Redemption.one(scope, member_id, redemption_id) if is_id(redemption_id, "rdm") else None
    if record is None:
        raise NotFound()
    return book, record


def _require_held(record: Redemption) -> None:
    if record.status != "held":
        raise RedemptionSettled(N_("This redemption has been settled already."))


def _written(book: Book, record: Redemption, status: str, booked: ledger.Booked) -> Redemption:
    unit = Unit(book.scope)
    _stage(unit, book, record, status, booked)
    if status != "cancelled":  # what was spent waits for nothing
        agenda.disarm(unit, subject_id=record.member_id, kind=kinds.RELEASE, occurrence=str(record.id))
    unit.audit(f"points.{status}", record.member_id, points=int(record.points), reward=str(record.reward))
    unit.commit()
    return record


def _stage(unit: Unit, book: Book, record: Redemption, status: str, booked: ledger.Booked) -> None:
    book.book(booked, _about(book, str(record.id), record.property_id, str(record.reward)))
    recover(unit, book, [one for entry in booked.entries for one in entry.given])
    record.status, record.ends_at, record.updated_at = status, None, book.scope.now
    unit.update(record, refusal=Stale())
    book.stage(unit)


def _about(book: Book, redemption_id: str, property_id: str | None, reward: str) -> About:
    return About(
        source=redemption_id,
        business_date=book.today,
        funding_owner="chain",
        property_id=property_id,
        cost_owner=property_id,
        version=book.version.number,
        reason=reward,
    )
