"""Writes the demo's history, and what changes on each day after it, as files that the importer reads.

One guests file and one stays file for each hotel. A guest whom both hotels know stands in both guests
files, word for word the same. A stay brings revenue once it is checked out; otherwise the cell is empty.
"""

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import IO

from infra.demo.bookings import Booking, Hotel, shifted
from infra.demo.guestbook import Guestbook
from infra.demo.identities import GuestSeed, identity_of, seed_of
from infra.demo.rows import GUEST_COLUMNS, STAY_COLUMNS, StayRow, guest_row, stay_row
from infra.demo.selection import select_part
from infra.demo.source import SHIPPED, Source
from infra.demo.timeline import DEMO_AS_OF, changes_after, status_on

GUESTS = "guests"
STAYS = "stays"

# A process needs one demo, or two while it moves on to the next day; each holds about 10 MB of changes.
DEMOS_MAX = 2


@dataclass(frozen=True, slots=True)
class ImportFile:
    """One written file: its kind ("guests" or "stays"), its hotel, and how many rows follow its header."""

    kind: str
    hotel: Hotel
    path: Path
    rows: int


class Demo:
    """The hotels as known at the close of a day, and all that happens after it."""

    def __init__(
        self,
        as_of: date = DEMO_AS_OF,
        part: int | None = None,
        shift_days: int = 0,
        source: Source = SHIPPED,
    ) -> None:
        """as_of: a day of the data. part: about so many bookings around it instead of all.

        shift_days: moves every date that is written or asked for.
        """
        self._as_of = as_of
        self._part = part
        self._shift_days = shift_days
        self._source = source

    @property
    def known_on(self) -> date:
        """The day at whose close the history ends, in the calendar that is written."""
        return self._as_of + timedelta(days=self._shift_days)

    def write_history(self, directory: Path) -> tuple[ImportFile, ...]:
        """Write all guests and stays as known; return the files in the order in which to import them."""
        world = self._world()
        directory.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            guests = {h: stack.enter_context(Sheet(directory, GUESTS, h, GUEST_COLUMNS)) for h in Hotel}
            stays = {h: stack.enter_context(Sheet(directory, STAYS, h, STAY_COLUMNS)) for h in Hotel}
            before: GuestSeed | None = None
            for booking in world.bookings:
                seed = seed_of(booking, world.guestbook) if world.guestbook.is_first(booking.number) else None
                if world.has(booking):
                    if seed:
                        row = guest_row(
                            identity_of(seed, before=before, known_on=self.known_on, shift_days=self._shift_days)
                        )
                        for hotel in world.guestbook.hotels(booking):
                            guests[hotel].write(row)
                    status = status_on(booking, self._as_of)
                    moved = shifted(booking, self._shift_days)
                    stays[booking.hotel].write(stay_row(moved, world.guest(booking), status))
                before = seed or before
        return tuple(sheet.file() for sheet in (*guests.values(), *stays.values()))

    def day_changes(self, day: date) -> dict[Hotel, list[StayRow]]:
        """The stays that change on a day after the history, by hotel, each as it stands at the day's close.

        Raises ValueError for a day that the history covers.
        """
        if day <= self.known_on:
            raise ValueError(f"the history covers {day}: changes begin the day after")
        changes = self._calendar.get(day, {})
        return {hotel: list(changes.get(hotel, ())) for hotel in Hotel}

    def write_day_changes(self, directory: Path, day: date) -> tuple[ImportFile, ...]:
        """Write a day's changes as stays files named by the day; a hotel without changes gets none."""
        directory.mkdir(parents=True, exist_ok=True)
        written = []
        for hotel, rows in self.day_changes(day).items():
            if rows:
                with Sheet(directory, STAYS, hotel, STAY_COLUMNS, suffix=f"-{day}") as sheet:
                    for row in rows:
                        sheet.write(row)
                written.append(sheet.file())
        return tuple(written)

    @cached_property
    def _calendar(self) -> dict[date, dict[Hotel, list[StayRow]]]:
        """Every change after the history, by day and hotel, found in one reading."""
        world = self._world(settled_after=self._as_of)
        shift = timedelta(days=self._shift_days)
        calendar: dict[date, dict[Hotel, list[StayRow]]] = {}
        for booking in world.bookings:
            if world.has(booking):
                moved = shifted(booking, self._shift_days)
                for day, status in changes_after(booking, self._as_of):
                    row = stay_row(moved, world.guest(booking), status)
                    calendar.setdefault(day + shift, {}).setdefault(booking.hotel, []).append(row)
        return calendar

    def _world(self, settled_after: date = date.min) -> "_World":
        if self._part is None:
            return _World(self._source.bookings(settled_after), self._source.guestbook(), None)
        # A part is for a quick start: one reading, held for a moment, is three times as fast as three.
        bookings = tuple(self._source.bookings())
        guestbook = self._source.guestbook(bookings)
        return _World(bookings, guestbook, select_part(bookings, guestbook, self._as_of, self._part))


def write_history(
    directory: Path, as_of: date = DEMO_AS_OF, part: int | None = None, shift_days: int = 0
) -> tuple[ImportFile, ...]:
    """Write the shipped data as known at the close of as_of; see Demo."""
    return demo(as_of, part, shift_days).write_history(directory)


def day_changes(
    day: date, as_of: date = DEMO_AS_OF, part: int | None = None, shift_days: int = 0
) -> dict[Hotel, list[StayRow]]:
    """The stays of the shipped data that change on a day after as_of; see Demo."""
    return demo(as_of, part, shift_days).day_changes(day)


@lru_cache(maxsize=DEMOS_MAX)
def demo(as_of: date = DEMO_AS_OF, part: int | None = None, shift_days: int = 0) -> Demo:
    """The demo of the shipped data, the same object for the same question, so that its changes are found once."""
    return Demo(as_of, part, shift_days)


@dataclass(frozen=True, slots=True)
class _World:
    """The bookings to read through, whose they are, and which of them to write (None: all)."""

    bookings: Iterable[Booking]
    guestbook: Guestbook
    numbers: frozenset[int] | None

    def has(self, booking: Booking) -> bool:
        return self.numbers is None or booking.number in self.numbers

    def guest(self, booking: Booking) -> int:
        return self.guestbook.guest(booking.number)


class Sheet:
    """An import file that is being written: UTF-8, comma, one header."""

    def __init__(self, directory: Path, kind: str, hotel: Hotel, columns: tuple[str, ...], suffix: str = "") -> None:
        self._kind = kind
        self._hotel = hotel
        self._path = directory / f"{kind}-{hotel.slug}{suffix}.csv"
        self._columns = columns
        self._rows = 0
        self._file: IO[str] | None = None

    def __enter__(self) -> "Sheet":
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(self._columns)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def write(self, row: dict[str, str]) -> None:
        """Append one row."""
        # Rows are made in the order of the columns (rows.py).
        self._writer.writerow(row.values())
        self._rows += 1

    def file(self) -> ImportFile:
        """What has been written so far."""
        return ImportFile(self._kind, self._hotel, self._path, self._rows)
