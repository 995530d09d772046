"""One member's book in the course of a use-case: read in one query, changed by the ledger's rules, written in one unit.

The header's version guards everything: lots and entries are only written together with the header as it was read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import date
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel import agenda
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import kinds
from chalicelib.loyalty.events import POINTS_BOOKED
from chalicelib.loyalty.models import EntryRecord, LotRecord, Member, Programme, sequence_key_of, stored
from chalicelib.loyalty.rules import expiry
from chalicelib.loyalty.rules.ledger import Booked, Entry, Lapse
from chalicelib.loyalty.rules.lots import Account
from chalicelib.loyalty.rules.merging import MEMBERS_JOINED_MAX
from chalicelib.loyalty.rules.notices import days_to_come, due_notice, kept, let_pass
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.loyalty.service.programmes import known_programme, programme_of, rules_of_today


class MemberInactive(Conflict):
    """The member is suspended or closed."""

    type, title = "member_inactive", N_("This membership is not active")


@dataclass(frozen=True)
class About:
    """What an entry is about and who bears it."""

    source: str
    business_date: date
    funding_owner: str
    property_id: str | None = None
    cost_owner: str | None = None
    version: int | None = None
    rate: str | None = None
    currency: str | None = None
    reason: str | None = None
    reverses: str | None = None
    detail: dict[str, Any] | None = None


@dataclass
class Book:
    """A member's header, account and programme, and what has been booked so far."""

    scope: Scope
    programme: Programme
    member: Member
    before: Account
    account: Account
    active_before: str = ""
    rules: Version | None = None
    entries: list[EntryRecord] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The chain's local day."""
        return local_day(self.scope.now, str(directory.chain_of(self.scope).time_zone))

    @property
    def version(self) -> Version:
        """The programme's version of today; its first one before that is valid."""
        if self.rules is None:  # read once: a programme may have two hundred versions
            self.rules = rules_of_today(self.scope, self.programme)
        return self.rules

    def lapse(self, lot_id: str) -> Lapse:
        """What becomes of returned points whose lot has ended, by today's version."""
        return Lapse(self.version.lapsed, self.version.lapsed_days, lot_id)

    def require_active(self) -> None:
        """Raises MemberInactive for a suspended or closed member."""
        if self.member.status != "active":
            raise MemberInactive(N_("Points of a suspended or closed membership do not move."))

    def book(self, booked: Booked, about: About, *, is_activity: bool = True) -> list[EntryRecord]:
        """Take over what the rules have booked, and note each entry."""
        self.account = booked.account
        new = [self._noted(entry, about) for entry in booked.entries]
        self.entries += new
        if is_activity and new:
            self.member.active_on = max(str(self.member.active_on), self.today.isoformat())
        return new

    def _noted(self, entry: Entry, about: About) -> EntryRecord:
        member, actor = self.member, self.scope.actor
        member.sequence = int(member.sequence) + 1
        member.balance = int(member.balance) + entry.points
        member.pending = int(member.pending) + entry.pending
        member.held = int(member.held) + entry.held
        member.debt = int(member.debt) + entry.debt
        return EntryRecord(
            member_key=member.member_key,
            sequence_key=sequence_key_of(int(member.sequence)),
            type=entry.type,
            points=entry.points,
            pending=entry.pending,
            held=entry.held,
            debt=entry.debt,
            written_off=entry.written_off,
            given=stored(entry.given),
            taken=stored(entry.taken),
            balance_after=int(member.balance),
            source=about.source,
            property_id=about.property_id,
            funding_owner=about.funding_owner,
            cost_owner=about.cost_owner,
            programme_version=about.version,
            rate=about.rate,
            currency=about.currency,
            business_date=about.business_date.isoformat(),
            at=sortable(self.scope.now),
            actor_kind=actor.kind,
            actor_id=actor.id,
            request_id=self.scope.request_id or None,
            reason=about.reason,
            reverses=about.reverses,
            detail=about.detail,
        )

    def stage(self, unit: Unit) -> None:
        """Add the writes to a unit: header, lots, entries, and the fact. Nothing where nothing was booked."""
        if not self.entries:
            return
        self._let_notices_pass()
        self._stage_lots(unit)
        for entry in self.entries:
            unit.create(entry, refusal=Stale())
        self.stage_header(unit)
        detail = {
            "programme_id": str(self.member.programme_id),
            "guest_id": str(self.member.guest_id),
            "first": self.entries[0].sequence,
            "last": self.entries[-1].sequence,
            "balance": int(self.member.balance),
        }
        agenda.announce(unit, Event(POINTS_BOOKED, self.member.id, int(self.member.version), detail))

    def stage_header(self, unit: Unit) -> None:
        """Write the header, and put the next end or notice of points on the agenda if it has moved."""
        next_day = self.next_day()
        if next_day != (self.member.armed_on or None):
            self.member.armed_on = next_day
            if next_day is None:
                agenda.disarm(unit, subject_id=self.member.id, kind=kinds.END)
            else:
                agenda.arm(
                    unit,
                    subject_id=self.member.id,
                    kind=kinds.END,
                    is_recurring=True,
                    due_at=self.starts_at(date.fromisoformat(next_day)),
                )
        self.member.updated_at = self.scope.now
        unit.update(self.member)

    def starts_at(self, day: date) -> Any:
        """The first instant of a day in the chain's zone."""
        return expiry.ends_at(date.fromordinal(day.toordinal() - 1), str(directory.chain_of(self.scope).time_zone))

    def last_days(self) -> list[tuple[date, int]]:
        """The days on which free points end and how many, idleness included, earliest first."""
        return self._last_days(self.account, str(self.member.active_on))

    def _last_days(self, account: Account, active_on: str) -> list[tuple[date, int]]:
        idle_on = self.version.expiry.idle_on(date.fromisoformat(active_on))
        ends: dict[date, int] = {}
        for lot in account.lots:
            last_day = min((day for day in (lot.terms.expires_on, idle_on) if day is not None), default=None)
            if lot.left and last_day is not None:
                ends[last_day] = ends.get(last_day, 0) + lot.left
        return sorted(ends.items())

    def due_notices(self) -> list[tuple[date, int, int]]:
        """Last days whose end is to be told today, the points, and how many days before it the notice stands."""
        if self.member.status != "active":
            return []
        notice_days, told, today = self.version.expiry.notice_days, self.member.told or {}, self.today
        found = [(day, points, due_notice(day, today, notice_days, told)) for day, points in self.last_days()]
        return [(day, points, notice) for day, points, notice in found if notice is not None]

    def note_told(self, told: dict[str, int]) -> None:
        """Keep what has been told, or need not be told any more."""
        known = kept({**(self.member.told or {}), **told}, [day for day, _ in self.last_days()])
        self.member.told = known or None

    def _let_notices_pass(self) -> None:
        before = {day for day, _ in self._last_days(self.before, self.active_before)}
        new = [day for day, _ in self.last_days() if day not in before]
        passed = let_pass(new, self.today, self.version.expiry.notice_days)
        if passed or self.member.told:
            self.note_told(passed)

    def next_day(self) -> str | None:
        """The day on which points are to be ended or their end is to be told: never before today."""
        days: list[date] = [self.today] if self.due_notices() else []
        for last_day, _ in self.last_days():
            days.append(date.fromordinal(last_day.toordinal() + 1))
            days += days_to_come(last_day, self.today, self.version.expiry.notice_days)
        return max(min(days), self.today).isoformat() if days else None

    def _stage_lots(self, unit: Unit) -> None:
        was = {lot.terms.id: lot for lot in self.before.lots}
        now = {lot.terms.id: lot for lot in self.account.lots}
        for lot_id, lot in now.items():
            if was.get(lot_id) != lot:
                unit.put(LotRecord.of(self.scope, self.member.id, lot))
        for lot_id, lot in was.items():
            known = now.get(lot_id)
            if known is None or known.terms.expires_on != lot.terms.expires_on:
                unit.delete(LotRecord.of(self.scope, self.member.id, lot))


def open_book(scope: Scope, member_id: str) -> Book:
    """A member's book for a use-case that changes it. Raises NotFound, also beyond the caller's wall."""
    book = find_book(scope, member_id, known_programme) if is_id(member_id, "mem") else None
    if book is None or not may_see(scope, book.member):
        raise NotFound()
    return book


def find_book(
    scope: Scope, member_id: str, programme: Callable[[Scope, str], Programme] = programme_of
) -> Book | None:
    """A member's book, or None. For work that a fact leads to. `programme` finds its programme."""
    found = Member.with_lots(scope, member_id)
    if found is None:
        return None
    member, account = found
    return Book(scope, programme(scope, str(member.programme_id)), member, account, account, str(member.active_on))


def find_living(scope: Scope, member_id: str) -> Book | None:
    """The book in which a member's points are: its own, or that of the member it was joined with. None: no member."""
    for _ in range(MEMBERS_JOINED_MAX):
        book = find_book(scope, member_id)
        if book is None or not book.member.merged_into:
            return book
        member_id = str(book.member.merged_into)
    raise LookupError("members have been joined in a circle")


def may_see(scope: Scope, member: Member) -> bool:
    """Whether the caller sees the guest whom the member is. No read for a caller who sees the whole chain."""
    return scope.property_ids is None or guests.find(scope, str(member.guest_id)) is not None
