"""The part of the real bookings that the year is lived with, as it stands at the close of a day and as it changes.

Unlike the whole chain's, a booking is told on the day on which it was made: whoever falls silent has booked nothing.
A part is whole guests with all their bookings, so that first stays, rhythms and silences are those of the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from infra.demo.bookings import Booking, Hotel
from infra.demo.draws import Draw
from infra.demo.files import GUESTS, STAYS, ImportFile, Sheet
from infra.demo.guestbook import Guestbook
from infra.demo.identities import GuestSeed, Identity, identity_of, seed_of
from infra.demo.rows import GUEST_COLUMNS, STAY_COLUMNS, GuestRow, StayRow, guest_row, stay_row
from infra.demo.source import SHIPPED, Source
from infra.demo.timeline import changes_after, status_on

ONE_DAY = timedelta(days=1)
LUNAR_PERMILLE = 500  # of the guests who are written to in Chinese: whose birthday is that of the lunar calendar
CHINESE = "zh"
CHINESE_COUNTRIES = ("CN", "HK", "MO", "TW")
COMES_BACK = 2  # completed stays


class Share(NamedTuple):
    """Which guests the part has, by their number: every so many-th of all, of those who come back, and of those from
    where Chinese is spoken."""

    every: int
    returning: int
    chinese: int

    def takes(self, number: int, country: str | None, completed: int) -> bool:
        """Whether it has a guest of a country with so many completed stays."""
        return (
            number % self.every == 0
            or (number % self.returning == 0 and completed >= COMES_BACK)
            or (number % self.chinese == 0 and country in CHINESE_COUNTRIES)
        )

    def may_take(self, number: int) -> bool:
        """Whether it could have a guest of whom no more than the number is known."""
        return self.takes(number, CHINESE_COUNTRIES[0], COMES_BACK)


class Span(NamedTuple):
    """From the day at whose close the history ends to the last day that is lived."""

    history: date
    last: date

    def days_after(self, day: date) -> list[date]:
        """The days that are still to be lived after one."""
        first = max(day, self.history)
        return [first + timedelta(days=number) for number in range(1, (self.last - first).days + 1)]


# A year that begins after the summer in which the data are half a year old: there are guests who have been here, those
# who come back, and a whole year of arrivals after it.
YEAR = Span(date(2016, 8, 31), date(2017, 8, 31))
# So many that every figure has something in it, and so few that the year takes some six minutes of a processor. Only
# one guest in forty comes back, and silence, rhythm and regular guests are about them; one in seventy keeps the lunar
# calendar's festivals. Hence greater shares of those.
YEAR_PART = Share(every=240, returning=8, chinese=40)
QUICK_PART = Share(every=2400, returning=80, chinese=400)  # a tenth of it, for whoever wants a quick look


class Person(NamedTuple):
    """A guest of the part, the bookings in the order of the file, and the day on which the chain first hears of one."""

    number: int
    identity: Identity
    bookings: tuple[Booking, ...]
    told_on: date

    @property
    def is_lunar(self) -> bool:
        """Whether the birthday is kept by the lunar calendar."""
        speaks = self.identity.language.partition("-")[0] == CHINESE
        has_birthday = self.identity.birth_date is not None
        return speaks and has_birthday and Draw(f"lunar:{self.number}").is_hit(LUNAR_PERMILLE)

    @property
    def row(self) -> GuestRow:
        """The guest as the cells of an import file."""
        return guest_row(self.identity) | ({"birthday_calendar": "lunar"} if self.is_lunar else {})


class Change(NamedTuple):
    """What a day brings: stays as they stand at its close, and guests whom a hotel did not know before."""

    guests: dict[Hotel, list[Person]]
    stays: dict[Hotel, list[tuple[Person, Booking]]]


class Part:
    """The guests of a share and their bookings, in a span of days."""

    def __init__(self, share: Share = YEAR_PART, span: Span = YEAR, source: Source = SHIPPED) -> None:
        self.span = span
        self._share = share
        self._source = source

    @cached_property
    def people(self) -> dict[int, Person]:
        """The guests by number, in its order; who books after the last day is none of them."""
        held, seeds = self._held()
        found = []
        for first, bookings in held.items():
            completed = sum(one.is_completed and one.settled_on <= self.span.last for one in bookings)
            seed = seeds[self._book.guest(first)]
            if self._share.takes(seed.number, seed.country, completed):
                found.append(self._person(bookings, seeds))
        return {one.number: one for one in sorted(found, key=lambda one: one.number)}

    def told_on(self, booking: Booking) -> date:
        """The day on which the chain hears of a booking: what is older than the history comes with it."""
        return max(booking.booked_on, self.span.history)

    def changes(self, day: date) -> Change:
        """What a day after the history brings."""
        return self._calendar.get(day) or Change({}, {})

    def write_known(self, directory: Path, day: date) -> list[ImportFile]:
        """All guests and stays as they stand at the close of a day."""
        known = Change({hotel: [] for hotel in Hotel}, {hotel: [] for hotel in Hotel})
        for person in self.people.values():
            for hotel in self._houses(person, day):
                known.guests[hotel].append(person)
            for booking in person.bookings:
                if self.told_on(booking) <= day:
                    known.stays[booking.hotel].append((person, booking))
        return self._write(directory, day, known)

    def write_changes(self, directory: Path, day: date) -> list[ImportFile]:
        """What a day after the history brings, guests before their stays; no file without a row."""
        return self._write(directory, day, self.changes(day))

    # -- inside ------------------------------------------------------------------------------------------------

    @cached_property
    def _book(self) -> Guestbook:
        return self._source.guestbook()

    def _held(self) -> tuple[dict[int, list[Booking]], dict[int, GuestSeed]]:
        """In one reading: the bookings of whoever might be taken, by the guest's first one, and what identities grow
        from, by guest; also of those numbered just before, who may be the spouses."""
        held: dict[int, list[Booking]] = {}
        seeds: dict[int, GuestSeed] = {}
        for booking in self._source.bookings():
            first = self._book.first_booking(booking.number)
            number = self._book.guest(first)
            may_be = self._share.may_take(number)
            if booking.number == first and (may_be or self._share.may_take(number + 1)):
                seeds[number] = seed_of(booking, self._book)
            if may_be and booking.booked_on <= self.span.last:
                held.setdefault(first, []).append(booking)
        return held, seeds

    def _person(self, bookings: list[Booking], seeds: dict[int, GuestSeed]) -> Person:
        number = self._book.guest(bookings[0].number)
        told_on = min(self.told_on(one) for one in bookings)
        identity = identity_of(seeds[number], before=seeds.get(number - 1), known_on=told_on + ONE_DAY)
        return Person(number, identity, tuple(bookings), told_on)

    def _houses(self, person: Person, day: date) -> set[Hotel]:
        """The hotels that have heard of a guest by the close of a day."""
        return {one.hotel for one in person.bookings if self.told_on(one) <= day}

    @cached_property
    def _calendar(self) -> dict[date, Change]:
        found: dict[date, Change] = {}
        for person in self.people.values():
            known = self._houses(person, self.span.history)
            for day, booking in sorted(self._days_of(person), key=lambda one: one[0]):
                change = found.setdefault(day, Change({}, {}))
                if booking.hotel not in known:
                    known.add(booking.hotel)
                    change.guests.setdefault(booking.hotel, []).append(person)
                change.stays.setdefault(booking.hotel, []).append((person, booking))
        return found

    def _days_of(self, person: Person) -> Iterator[tuple[date, Booking]]:
        """The days after the history on which a guest's bookings are made, or change."""
        for booking in person.bookings:
            told_on = self.told_on(booking)
            if told_on > self.span.history:
                yield told_on, booking
            for day, _ in changes_after(booking, told_on):
                if day <= self.span.last:
                    yield day, booking

    def _write(self, directory: Path, day: date, change: Change) -> list[ImportFile]:
        directory.mkdir(parents=True, exist_ok=True)
        written: list[ImportFile] = []
        with ExitStack() as stack:
            for hotel, people in change.guests.items():
                if people:
                    sheet = stack.enter_context(Sheet(directory, GUESTS, hotel, GUEST_COLUMNS, suffix=f"-{day}"))
                    for person in people:
                        sheet.write(person.row)
                    written.append(sheet.file())
            for hotel, stays in change.stays.items():
                if stays:
                    sheet = stack.enter_context(Sheet(directory, STAYS, hotel, STAY_COLUMNS, suffix=f"-{day}"))
                    for person, booking in stays:
                        sheet.write(_stay_row(person, booking, day))
                    written.append(sheet.file())
        return written


def _stay_row(person: Person, booking: Booking, day: date) -> StayRow:
    return stay_row(booking, person.number, status_on(booking, day))
