"""Corrections by hand: adjustments, goodwill, transfers, opening balances. Each with a reason and somebody who pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.loyalty.models import EntryRecord
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.ledger import NothingToDo, check_points
from chalicelib.loyalty.rules.lots import Terms, TooManyLots
from chalicelib.loyalty.service.booking import About, Book, open_book
from chalicelib.loyalty.service.programmes import check_property

LOTS_MOVED_MAX = 38  # each leaves one account and comes into another: 76 writes, and ten for the two members
REASONS = ("goodwill", "missing_stay", "service_failure", "correction", "fraud", "migration")


def adjust(scope: Scope, member_id: str, *, points: int, reason: str, cost_owner: str) -> EntryRecord:
    """Give or take points by hand, within the role's limit. `cost_owner` is a property, or `chain`."""
    check_owner(scope, cost_owner)

    def attempt() -> EntryRecord:
        book = open_book(scope, member_id)
        book.require_active()
        check_points(abs(points))
        book.version.check_adjustment(points, scope.permissions)
        adjustment_id = new_id("adj")
        if points > 0:
            terms = _terms(book, adjustment_id, cost_owner)
            booked = ledger.open_lot(book.account, "adjustment", points, terms)
        else:
            booked = ledger.deduct(book.account, -points, today=book.today)
        entry = book.book(booked, _about(book, adjustment_id, cost_owner, reason))[-1]
        return _committed(book, entry, "points.adjusted", points=points, reason=reason)

    return retried(attempt)


def extend(scope: Scope, member_id: str, *, until: date, reason: str) -> EntryRecord:
    """Let all lots that end before a day live until it, as goodwill."""

    def attempt() -> EntryRecord:
        book = open_book(scope, member_id)
        book.require_active()
        _check_future(book, until)
        try:
            booked = ledger.extend(book.account, today=book.today, until=until)
        except NothingToDo:
            return _repeated(book, "extension", {"until": until.isoformat()})
        about = _about(book, new_id("adj"), "chain", reason, detail={"until": until.isoformat()})
        entry = book.book(booked, about)[-1]
        return _committed(book, entry, "points.extended", until=until.isoformat(), reason=reason)

    return retried(attempt)


def reinstate(scope: Scope, member_id: str, *, sequence: int, until: date, reason: str) -> EntryRecord:
    """Bring back what an entry of expiry has ended, until a day, as goodwill. Once for each entry."""

    def attempt() -> EntryRecord:
        book = open_book(scope, member_id)
        book.require_active()
        _check_future(book, until)
        ended = EntryRecord.one(scope, member_id, sequence)
        if ended is None or ended.type != "expiry":
            raise NotFound()
        book.version.check_adjustment(int(ended.points), scope.permissions)
        lot_id = f"back.{member_id}.{ended.sequence_key}"
        if _was_reinstated(book, ended):
            return _repeated(book, "reinstatement", {"until": until.isoformat()})
        booked = ledger.reinstate(book.account, ended.taken_slices, until=until, lot_id=lot_id)
        detail = {"until": until.isoformat()}
        about = _about(book, new_id("adj"), "chain", reason, reverses=ended.id, detail=detail)
        entry = book.book(booked, about)[-1]
        return _committed(book, entry, "points.reinstated", ended=ended.id, reason=reason)

    return retried(attempt)


def transfer(scope: Scope, giver_id: str, taker_id: str, points: int) -> tuple[EntryRecord, EntryRecord]:
    """Move points to another member of the programme, lots and all, within the yearly limit. One transaction."""
    if giver_id == taker_id:
        raise Invalid.field("/to_member_id", N_("Points cannot be moved to the same member."))

    def attempt() -> tuple[EntryRecord, EntryRecord]:
        giver, taker = open_book(scope, giver_id), _taker(scope, taker_id)
        giver.require_active()
        taker.require_active()
        if giver.member.programme_id != taker.member.programme_id:
            raise Invalid.field("/to_member_id", N_("This member belongs to another programme."))
        _check_yearly(giver, check_points(points))
        unit = Unit(scope)
        out, into = handed_over(unit, giver, taker, points, reason="transfer")
        unit.audit("points.transferred", giver_id, points=points, to_member_id=taker_id)
        unit.commit()
        return out, into

    return retried(attempt)


def handed_over(unit: Unit, giver: Book, taker: Book, points: int, *, reason: str) -> tuple[EntryRecord, EntryRecord]:
    """Stage points moving from one member to another, lots and all: what left, and what came.

    Raises InsufficientPoints; TooManyLots for points that lie in more lots than one transaction moves.
    """
    transfer_id = new_id("trf")
    given = ledger.hand_over(giver.account, points, today=giver.today)
    if len(given.entry.taken) > LOTS_MOVED_MAX:
        raise TooManyLots(
            N_("%(needed)d points lie in more than %(most)d lots: redeem fewer at once."),
            values={"needed": points, "most": LOTS_MOVED_MAX},
        )
    taken = ledger.take_over(taker.account, given.entry.taken, lot_id=transfer_id)
    out = giver.book(given, _about(giver, transfer_id, "chain", reason))[-1]
    into = taker.book(taken, _about(taker, transfer_id, "chain", reason))[-1]
    giver.stage(unit)
    taker.stage(unit)
    return out, into


def open_balance(
    scope: Scope, member_id: str, *, points: int, earned_on: date, expires_on: date | None, reference: str
) -> EntryRecord:
    """Bring a balance in from a former programme, as a lot with its own dates.

    Once for each reference: the same again answers the entry of the first time. A lot whose last day is past is brought
    in and ended.
    """

    def attempt() -> EntryRecord:
        book = open_book(scope, member_id)
        check_points(points)
        source = f"opening.{reference}"
        terms = Terms(f"{source}.{member_id}", earned_on, expires_on, None, "chain", source)
        known = next((entry for entry in _entries(book) if entry.source == source and entry.type == "opening"), None)
        if known is not None and int(known.points) != points:
            raise Conflict(N_("Another balance has been brought in under this reference."))
        if known is not None:
            return known
        about = About(source, earned_on, "chain", version=book.version.number, reason="migration")
        entry = book.book(ledger.open_lot(book.account, "opening", points, terms), about)[-1]
        if terms.is_over(book.today):
            ended = replace(about, reason="ended", business_date=book.today)
            book.book(ledger.expire(book.account, today=book.today), ended)
        return _committed(book, entry, "points.opened", points=points)

    return retried(attempt)


ENTRIES_LOOKED_AT_MAX = 500  # of one member, when asking whether something has been done before


def _entries(book: Book) -> list[EntryRecord]:
    return EntryRecord.of_member(book.scope, book.member.id, limit=ENTRIES_LOOKED_AT_MAX).items


def _repeated(book: Book, kind: str, detail: dict[str, str]) -> EntryRecord:
    """The entry of the same step done before. Raises NothingToDo if there is none."""
    for entry in _entries(book):
        if entry.type == kind and entry.detail == detail:
            return entry
    raise NothingToDo(N_("There are no points left to do this with."))


def _was_reinstated(book: Book, ended: EntryRecord) -> bool:
    return any(entry.type == "reinstatement" and entry.reverses == ended.id for entry in _entries(book))


def _check_yearly(giver: Book, points: int) -> None:
    most, year = giver.version.transfer_max_year, f"{giver.today.year}"
    given = sum(
        -int(entry.points)
        for entry in _entries(giver)
        if entry.type == "transfer_out" and str(entry.business_date).startswith(year)
    )
    if given + points > most:
        raise Conflict(
            N_("A member gives away at most %(most)d points a year; %(given)d have been given."),
            values={"most": most, "given": given},
        )


def _check_future(book: Book, until: date) -> None:
    if until < book.today:
        raise Invalid.field("/until", N_("This day is past."))


def check_owner(scope: Scope, cost_owner: str) -> None:
    """Raises Invalid for a cost owner that is no property of the caller's, nor `chain` for head office."""
    if cost_owner == "chain":
        if scope.property_ids is not None:
            raise Invalid.field("/cost_owner", N_("A property's staff let their own property bear the cost."))
    else:
        check_property(scope, cost_owner, "/cost_owner")


def _taker(scope: Scope, taker_id: str) -> Book:
    try:
        return open_book(scope, taker_id)
    except NotFound:
        raise Invalid.field("/to_member_id", N_("There is no such member."), "unknown") from None


def _terms(book: Book, adjustment_id: str, cost_owner: str) -> Terms:
    return Terms(
        adjustment_id,
        book.today,
        book.version.expiry.expires_on(book.today),
        None if cost_owner == "chain" else cost_owner,
        cost_owner,
        adjustment_id,
    )


def _about(
    book: Book,
    source: str,
    cost_owner: str,
    reason: str,
    *,
    reverses: str | None = None,
    detail: dict[str, str] | None = None,
) -> About:
    return About(
        source=source,
        business_date=book.today,
        funding_owner=cost_owner,
        property_id=None if cost_owner == "chain" else cost_owner,
        cost_owner=cost_owner,
        version=book.version.number,
        reason=reason,
        reverses=reverses,
        detail=dict(detail) if detail else None,
    )


def _committed(book: Book, entry: EntryRecord, action: str, **detail: str | int) -> EntryRecord:
    unit = Unit(book.scope)
    book.stage(unit)
    unit.audit(action, book.member.id, **detail)
    unit.commit()
    return entry
