"""The whole demo, written once for all tests that look at it: 119,390 bookings take some seconds."""

from __future__ import annotations

import csv
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.demo.bookings import Booking, Hotel, parse_booking, raw_rows
from infra.demo.files import GUESTS, STAYS, Demo, ImportFile
from infra.demo.guestbook import Guestbook
from infra.demo.source import Source
from infra.demo.truths import Truth, from_bookings

People = dict[str, dict[str, str]]
Stays = dict[Hotel, People]


@dataclass(frozen=True)
class Written:
    """The history as files, for the tests to read."""

    files: tuple[ImportFile, ...]

    def one(self, kind: str, hotel: Hotel) -> ImportFile:
        return next(file for file in self.files if (file.kind, file.hotel) == (kind, hotel))

    def rows(self, kind: str, hotel: Hotel) -> list[dict[str, str]]:
        return rows_of(self.one(kind, hotel).path)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        header = next(lines)
        return [dict(zip(header, line, strict=True)) for line in lines]


@dataclass(frozen=True)
class Reading:
    """What one reading of the shipped file gives: the parsed bookings, and the figures of the raw rows."""

    bookings: list[Booking]
    figures: dict[Hotel, Truth]


@pytest.fixture(scope="session")
def reading() -> Reading:
    bookings = []

    def rows() -> Iterator[dict[str, str]]:
        for number, row in enumerate(raw_rows(), start=1):
            bookings.append(parse_booking(number, row))
            yield row

    figures = from_bookings(rows())
    # A million objects that stay: the collector need not look at them again and again.
    gc.freeze()
    return Reading(bookings, figures)


@pytest.fixture(scope="session")
def bookings(reading: Reading) -> list[Booking]:
    return reading.bookings


@pytest.fixture(scope="session")
def source(bookings: list[Booking]) -> Source:
    """The shipped data, read once."""
    return Source(lambda day: [booking for booking in bookings if booking.settled_on > day])


@pytest.fixture(scope="session")
def guestbook(source: Source) -> Guestbook:
    return source.guestbook()


@pytest.fixture(scope="session")
def demo(source: Source) -> Demo:
    return Demo(source=source)


@pytest.fixture(scope="session")
def written(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(demo.write_history(tmp_path_factory.mktemp("history")))


@pytest.fixture(scope="session")
def guests(written: Written) -> dict[Hotel, list[dict[str, str]]]:
    return {hotel: written.rows(GUESTS, hotel) for hotel in Hotel}


@pytest.fixture(scope="session")
def people(guests: dict[Hotel, list[dict[str, str]]]) -> People:
    """Every guest once, by external id."""
    return {row["external_id"]: row for hotel in Hotel for row in guests[hotel]}


@pytest.fixture(scope="session")
def stays(written: Written) -> Stays:
    """The history's stays, by external id."""
    return {hotel: {row["external_id"]: row for row in written.rows(STAYS, hotel)} for hotel in Hotel}
