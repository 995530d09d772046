"""Points for stays: what a stay should have earned as it stands now, against what was booked for it.

Every word about a stay leads here, in whatever order and however often, and only the difference is booked. So the same
stay earns the same, whichever of its versions came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from chalicelib.directory import service as directory
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import local_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import kinds
from chalicelib.loyalty.models import ExchangeRates, Member, MemberPointer, Programme, StayPoints
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.claims import claims_in
from chalicelib.loyalty.rules.earning import SpentLine, StayFacts, Verdict, earned
from chalicelib.loyalty.rules.lots import Terms
from chalicelib.loyalty.rules.programmes import Version, valid_on
from chalicelib.loyalty.rules.rates import minor_rate
from chalicelib.loyalty.service.booking import About, Book, find_book, find_living
from chalicelib.loyalty.service.explaining import say_verdicts
from chalicelib.loyalty.service.programmes import check_property, programme_of, programmes
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

STAYS_PER_STEP = 5  # of one guest in one piece of work: each is a transaction of its own
NO_RATE = "no_rate"


@dataclass(frozen=True)
class Price:
    """What a stay earns, by which version and rate; or the reason why it earns nothing."""

    points: int
    version: Version | None = None
    rate: Fraction | None = None
    verdicts: tuple[Verdict, ...] = ()
    why_not: str | None = None

    def detail(self) -> dict[str, Any]:
        """The form that an entry keeps, from which it is explained."""
        verdicts = [
            {
                "rule": one.rule_id,
                "points": one.points,
                "why_not": one.why_not,
                "amount": one.amount,
                "is_capped": one.is_capped,
            }
            for one in self.verdicts
        ]
        return {"total": self.points, "verdicts": verdicts, "why_not": self.why_not}


# -- what follows from a word about a stay -------------------------------------------------------------------------


def price_stay(scope: Scope, unit: Unit, stay_id: str, guest_ids: Iterable[str]) -> None:
    """Book what a stay earns its guest, and take back what it earned others of `guest_ids` whose it no longer is."""
    running = {str(one.id): one for one in programmes(scope)}
    if not running:
        return
    stay = stays.find(scope, stay_id)
    owners = {guest_id for guest_id in guest_ids if guest_id} | ({stay.guest_id} if stay else set())
    books: dict[str, Book] = {}
    for member_id in sorted({one for guest_id in owners for one in MemberPointer.of_guest(scope, guest_id)}):
        found = earner_of(scope, member_id, books, lambda _, programme_id: running[programme_id])
        if found is not None:
            settle(unit, found, stay_id, stay)
    for book in books.values():
        book.stage(unit)


def price_guests(scope: Scope, unit: Unit, guest_ids: Iterable[str]) -> None:
    """Have the stays of those guests priced who are members: after an import, which may have told of many."""
    running = programmes(scope)
    if not running:
        return
    wanted = [(guest_id, f"guest#{programme.id}") for guest_id in guest_ids for programme in running]
    for pointer in MemberPointer.find_many([(scope.key(guest_id), kind) for guest_id, kind in wanted]):
        if not pointer.is_somebodys:
            continue
        agenda.arm(
            unit,
            subject_id=str(pointer.member_id),
            kind=kinds.PRICE_GUEST,
            is_recurring=True,
            due_at=scope.now,
            is_nudged=True,
        )


def price_guest(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Price a member's stays, some at a time, from the oldest to the newest."""
    member = Member.one(scope, work.subject_id)
    if member is None:
        return Done()
    # Guests who had this membership and have it no more: what their stays have earned here is taken back.
    guest_ids = [*member.guest_ids, *work.detail.get("gone", ())]
    told = {str(stay.id): stay for guest_id in guest_ids for stay in stays.of_guest(scope, guest_id)}
    known = sorted(told.values(), key=lambda stay: (stay.departure, stay.id))
    place = int(work.detail.get("place", 0))
    for stay in known[place : place + STAYS_PER_STEP]:
        step = Unit(scope)
        fresh = earner_of(scope, work.subject_id, {})
        if fresh is not None:
            settle(step, fresh, str(stay.id), stay)
            fresh.book.stage(step)
            step.commit()
    place += STAYS_PER_STEP
    if place >= len(known):
        return Done()
    return Again(scope.now, detail={**work.detail, "place": place}, is_nudged=True)


class Earner(NamedTuple):
    """A member for whom stays are priced, and the book that is written: another's, once the two have been joined."""

    member: Member
    book: Book


def earner_of(
    scope: Scope,
    member_id: str,
    books: dict[str, Book],
    programme: Callable[[Scope, str], Programme] = programme_of,
) -> Earner | None:
    """A member and the book to write to. `books` holds those that are open already: two members may share one."""
    book = find_book(scope, member_id, programme)
    if book is None:
        return None
    living = book if not book.member.merged_into else find_living(scope, member_id)
    return Earner(book.member, books.setdefault(living.member.id, living)) if living is not None else None


def settle(unit: Unit, earner: Earner, stay_id: str, stay: Stay | None) -> None:
    """Book the difference between what a stay should have earned a member and what was booked for it. The caller stages
    the book. A stay of somebody who is not this member earns nothing here."""
    scope, book = unit.scope, earner.book
    if stay is not None and stay.guest_id not in earner.member.guest_ids:
        stay = None
    known = StayPoints.find(scope.key(stay_id), earner.member.id)
    if stay is None and known is None:
        return
    price = price_of(scope, earner, stay, known) if stay is not None else Price(0, why_not="not_first_guest")
    if known is None and not price.points and price.why_not != NO_RATE:
        return
    record = known or StayPoints(
        stay_key=scope.key(stay_id), member_id=earner.member.id, property_id=stay.property_id if stay else ""
    )
    _note_exception(scope, record, price, stay)
    if price.why_not != NO_RATE:
        _book_difference(unit, book, record, price, stay)
    if known is None:
        unit.create(record, refusal=Stale())
    else:
        unit.update(record)


def price_of(scope: Scope, earner: Earner, stay: Stay, known: StayPoints | None) -> Price:
    """What a stay earns as it stands: by the version and the rate of its business date, the day of departure."""
    book = earner.book
    business_date = date.fromisoformat(str(stay.departure))
    if stay.status != "checked_out":
        return Price(0, why_not="not_checked_out")
    if str(stay.departure) < str(earner.member.enrolled_on):
        return Price(0, why_not="before_enrolment")
    if book.member.status != "active" and known is None:
        return Price(0, why_not="suspended")
    if _was_claimed(earner, stay, business_date):
        return Price(0, why_not="claimed")
    version = valid_on(book.programme.all_versions, business_date)
    if version is None:
        return Price(0, why_not="no_version")
    rate = _rate(scope, book.programme, stay, known)
    if rate is None:
        return Price(0, version, why_not=NO_RATE)
    earning = earned(facts_of(stay), version.rules, rate)
    return Price(earning.points, version, rate, earning.verdicts)


def _was_claimed(earner: Earner, stay: Stay, departure: date) -> bool:
    """Whether the stay's points were given for a claim, before it was told or while it earned nothing."""
    if not earner.member.claims and not earner.book.member.claims:
        return False
    arrival = date.fromisoformat(str(stay.arrival))
    known = [*claims_in(earner.member.claims), *claims_in(earner.book.member.claims)]
    return any(one.status == "approved" and one.covers(stay.property_id, arrival, departure) for one in known)


def facts_of(stay: Stay) -> StayFacts:
    """A stay as the rules of earning see it."""
    lines = tuple(
        SpentLine(str(line["id"]), str(line["category"]), int(line["amount"]), bool(line["eligible"]))
        for line in stay.revenue_lines or ()
    )
    return StayFacts(
        property_id=stay.property_id,
        arrival=date.fromisoformat(str(stay.arrival)),
        departure=date.fromisoformat(str(stay.departure)),
        nights=int(stay.nights),
        channel=stay.channel,
        segment=stay.segment,
        rate_plan=stay.rate_plan,
        lines=lines,
    )


@dataclass(frozen=True)
class Priced:
    """What a stay would earn: points, what each rule said and how that is put, or why it cannot be priced."""

    points: int
    verdicts: tuple[Verdict, ...] = ()
    words: tuple[str, ...] = ()
    why_not: str | None = None


def calculate(scope: Scope, programme_id: str, facts: StayFacts, currency: str) -> Priced:
    """What a stay would earn, without writing anything. Raises NotFound, Invalid for days that no stay has."""
    if facts.nights < 0:
        raise Invalid.field("/departure", N_("The departure lies before the arrival."))
    check_property(scope, facts.property_id, "/property_id")
    programme = programme_of(scope, programme_id)
    version = valid_on(programme.all_versions, facts.departure)
    if version is None:
        return Priced(0, why_not="no_version")
    rates = ExchangeRates.on(scope, facts.departure, str(programme.currency))
    rate = minor_rate(currency, str(programme.currency), rates)
    if rate is None:
        return Priced(0, why_not=NO_RATE)
    earning = earned(facts, version.rules, rate)
    words = say_verdicts(programme, version.rules, earning.verdicts, scope.language)
    return Priced(earning.points, earning.verdicts, tuple(words))


def _rate(scope: Scope, programme: Programme, stay: Stay, known: StayPoints | None) -> Fraction | None:
    """The rate that the stay was booked by, as long as its business date stands; else the day's."""
    if known is not None and known.rate and known.business_date == stay.departure:
        return Fraction(str(known.rate))
    base, currency = str(programme.currency), str(stay.currency)
    if base == currency:
        return Fraction(1)
    return minor_rate(currency, base, ExchangeRates.on(scope, date.fromisoformat(str(stay.departure)), base))


def _note_exception(scope: Scope, record: StayPoints, price: Price, stay: Stay | None) -> None:
    """A stay without a rate waits in a list that people see; it is priced when the rate is there."""
    is_open = price.why_not == NO_RATE and stay is not None
    record.exception = NO_RATE if is_open else None
    record.exception_key = scope.key("exceptions") if is_open else None
    stay_id = str(record.stay_key).split("#", 1)[1]
    record.exception_order = f"{stay.departure}#{stay_id}#{record.member_id}" if is_open and stay else None


# -- the difference ------------------------------------------------------------------------------------------------


def _book_difference(unit: Unit, book: Book, record: StayPoints, price: Price, stay: Stay | None) -> None:
    difference = price.points - int(record.waiting) - int(record.confirmed)
    waited, day = int(record.waiting), record.business_date
    if price.version is not None and stay is not None:
        record.programme_version, record.rate = price.version.number, str(price.rate)
        record.business_date, record.property_id = str(stay.departure), stay.property_id
        record.stay_version = int(stay.version)
    if difference > 0 and price.version is not None and stay is not None:
        _give(book, record, price, stay, difference)
    elif difference < 0:
        _take_back(book, record, price, -difference)
    is_moved = int(record.waiting) > waited or (int(record.waiting) > 0 and record.business_date != day)
    if is_moved and price.version is not None and stay is not None:
        agenda.arm(
            unit,
            subject_id=stay_id_of(record),
            kind=kinds.CONFIRM,
            occurrence=str(record.member_id),
            due_at=confirmed_at(unit.scope, stay, price.version.confirm_days),
        )


def _give(book: Book, record: StayPoints, price: Price, stay: Stay, points: int) -> None:
    """Book more points: what was written off before is only made good, because the guest has kept it."""
    made_good = min(points, int(record.written_off))
    record.written_off = int(record.written_off) - made_good
    record.confirmed = int(record.confirmed) + made_good
    points -= made_good
    if not points:
        return
    about = about_of(book, record, price)
    version = price.version
    assert version is not None
    if record.is_confirmed or not version.confirm_days:
        terms = _new_terms(record, version, date.fromisoformat(str(stay.departure)))
        book.book(ledger.open_lot(book.account, "accrual", points, terms), about)
        record.confirmed, record.is_confirmed = int(record.confirmed) + points, True
        return
    book.book(ledger.accrue(book.account, points), about)
    record.waiting = int(record.waiting) + points


def _take_back(book: Book, record: StayPoints, price: Price, points: int) -> None:
    waiting = min(points, int(record.waiting))
    confirmed = points - waiting
    booked = ledger.reverse(
        book.account,
        waiting=waiting,
        confirmed=confirmed,
        source=stay_id_of(record),
        policy=original_of(book, record).returns,
        today=book.today,
    )
    book.book(booked, about_of(book, record, price), is_activity=False)
    record.waiting = int(record.waiting) - waiting
    record.confirmed = int(record.confirmed) - confirmed
    record.written_off = int(record.written_off) + booked.entry.written_off


def confirm(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Turn what waits of a stay into a lot, now that nothing more is expected of it."""
    record = StayPoints.find(scope.key(work.subject_id), str(work.occurrence))
    book = find_living(scope, str(work.occurrence))
    if record is None or book is None or not int(record.waiting):
        return Done()
    version = original_of(book, record)
    points = int(record.waiting)
    terms = _new_terms(record, version, date.fromisoformat(str(record.business_date)))
    about = about_of(book, record, Price(points, version))
    book.book(ledger.confirm(book.account, points, terms), about, is_activity=False)
    record.waiting, record.confirmed, record.is_confirmed = 0, int(record.confirmed) + points, True
    unit.update(record)
    book.stage(unit)
    return Done()


def confirmed_at(scope: Scope, stay: Stay, days: int) -> datetime:
    """When points of a stay are confirmed: so many days after its business day of departure has closed."""
    house = directory.find_property(scope, stay.property_id)
    close = time.fromisoformat(str(house.business_day_close)) if house else time(3)
    zone = str(house.time_zone) if house else str(directory.chain_of(scope).time_zone)
    return local_instant(date.fromisoformat(str(stay.departure)) + timedelta(days=1 + days), close, zone)


def original_of(book: Book, record: StayPoints) -> Version:
    """The version that the stay was priced by."""
    versions = book.programme.all_versions
    return next((one for one in versions if one.number == int(record.programme_version or 0)), versions[0])


def _new_terms(record: StayPoints, version: Version, business_date: date) -> Terms:
    record.lots_opened = int(record.lots_opened) + 1
    stay_id = stay_id_of(record)
    return Terms(
        id=f"{stay_id}.{record.member_id}.{int(record.lots_opened)}",
        earned_on=business_date,
        expires_on=version.expiry.expires_on(business_date),
        property_id=str(record.property_id),
        funding_owner=str(record.property_id),
        source=stay_id,
    )


def about_of(book: Book, record: StayPoints, price: Price) -> About:
    """What the ledger's entry says of the stay."""
    business_date = str(record.business_date or book.today.isoformat())
    return About(
        source=stay_id_of(record),
        business_date=date.fromisoformat(business_date),
        funding_owner=str(record.property_id),
        property_id=str(record.property_id),
        cost_owner=str(record.property_id),
        version=int(record.programme_version) if record.programme_version is not None else None,
        rate=record.rate,
        currency=str(book.programme.currency),
        detail=price.detail(),
    )


def stay_id_of(record: StayPoints) -> str:
    """Whose stay's points they are."""
    return str(record.stay_key).split("#", 1)[1]
