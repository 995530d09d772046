"""The end of points: told before, booked when it comes. One item of the agenda for each member, at its next day."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty.events import POINTS_ENDING
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.lots import less
from chalicelib.loyalty.service.booking import About, Book, find_book, find_living


@dataclass(frozen=True)
class Ending:
    """Free points that end with a day. `is_idle`: because the member was not active; any activity keeps them."""

    points: int
    is_idle: bool


LOTS_PER_STEP = 20  # an entry and a deletion for each, in one transaction of ninety


def end_due(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """End what is due of a member's points and tell of what ends soon; come again on the next day that matters."""
    book = find_book(scope, work.subject_id)
    if book is None:
        return Done()
    if book.programme.is_expiry_suspended:
        return Again(scope.now + timedelta(days=1))
    _end(book)
    _tell(unit, book)
    next_day = book.next_day()
    book.member.armed_on = next_day
    if book.entries:
        book.stage(unit)
    else:
        unit.update(book.member)
    if next_day is None:
        return Done()
    # What is left of today's is done at once, in a step of its own; tomorrow's waits for tomorrow.
    is_today = next_day == book.today.isoformat() and _has_ended(book)
    day = book.today if is_today else max(date.fromisoformat(next_day), book.today + timedelta(days=1))
    book.member.armed_on = day.isoformat()
    return Again(book.starts_at(day), is_nudged=is_today)


def ending_on(scope: Scope, member_id: str, last_day: date) -> Ending | None:
    """What of a member's points ends with a day, as the account stands; None if nothing does. For work."""
    book = find_living(scope, member_id)
    if book is None or book.member.status != "active" or book.programme.is_expiry_suspended:
        return None
    points = dict(book.last_days()).get(last_day, 0)
    idle_on = book.version.expiry.idle_on(date.fromisoformat(str(book.member.active_on)))
    return Ending(points, idle_on == last_day) if points else None


def _end(book: Book) -> None:
    idle_since = book.version.expiry.idle_on(date.fromisoformat(str(book.member.active_on)))
    booked = ledger.expire(book.account, today=book.today, idle_since=idle_since)
    for entry in booked.entries[:LOTS_PER_STEP]:
        part = ledger.Booked(less(book.account, entry.taken), (entry,))
        lot = entry.taken[0].terms
        about = About(
            source=lot.source,
            business_date=book.today,
            funding_owner=lot.funding_owner,
            property_id=lot.property_id,
            version=book.version.number,
            reason="ended" if lot.is_over(book.today) else "idle",
        )
        book.book(part, about, is_activity=False)


def _tell(unit: Unit, book: Book) -> None:
    told: dict[str, int] = {}
    for last_day, points, notice in book.due_notices():
        told[last_day.isoformat()] = notice
        detail = {
            "programme_id": str(book.member.programme_id),
            "guest_id": str(book.member.guest_id),
            "points": points,
            "last_day": last_day.isoformat(),
            "notice": notice,
        }
        agenda.announce(unit, Event(POINTS_ENDING, book.member.id, int(book.member.version), detail))
    book.note_told(told)


def _has_ended(book: Book) -> bool:
    return any(last_day < book.today for last_day, _ in book.last_days())
