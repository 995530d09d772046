"""The real rows are read as they are, with every quirk."""

from __future__ import annotations

import bz2
import hashlib
from collections import Counter
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import pytest

from infra.demo import bookings as module
from infra.demo.bookings import Booking, Hotel, Outcome, parse_booking, raw_rows, read_bookings, shifted
from infra.demo.truths import ALL, TRUTHS, Truth, from_bookings
from tests.demo.conftest import Reading

ORIGINAL_SHA256 = "7c2ae42a7353905ea136e5c2287f17c92c5435826598bfbb8491c6f0c7b1fc06"


def first_row(**changes: str) -> dict[str, str]:
    return next(raw_rows()) | changes


def test_the_shipped_file_is_the_original_recompressed() -> None:
    with bz2.open(module.DATA, "rb") as packed:
        assert hashlib.file_digest(packed, "sha256").hexdigest() == ORIGINAL_SHA256


def test_the_licence_is_shipped_and_says_that_identities_are_generated() -> None:
    text = (module.DATA.parent / "LICENSE.md").read_text(encoding="utf-8")
    for words in ("CC BY 4.0", "10.1016/j.dib.2018.11.126", ORIGINAL_SHA256, "generated, not real"):
        assert words in text


def test_truths_follow_from_the_raw_rows(reading: Reading) -> None:
    assert reading.figures == TRUTHS


def test_truths_can_be_computed_from_any_rows() -> None:
    rows = [first_row(adr="-6.38", stays_in_week_nights="2"), first_row(adr="10.5", reservation_status="Canceled")]
    resort = from_bookings(rows)[Hotel.RESORT]
    assert resort == Truth(2, checked_out=1, cancelled=1, no_show=0, repeated=0, revenue_cents=-1276, room_nights=2)


def test_truths_follow_from_the_parsed_bookings(bookings: list[Booking]) -> None:
    def of(hotel: Hotel) -> Truth:
        mine = [booking for booking in bookings if booking.hotel is hotel]
        ends = Counter(booking.outcome for booking in mine)
        completed = [booking for booking in mine if booking.is_completed]
        return Truth(
            bookings=len(mine),
            checked_out=ends[Outcome.CHECKED_OUT],
            cancelled=ends[Outcome.CANCELLED],
            no_show=ends[Outcome.NO_SHOW],
            repeated=sum(booking.is_repeated_guest for booking in mine),
            revenue_cents=sum(booking.revenue_cents for booking in completed),
            room_nights=sum(booking.nights for booking in completed),
        )

    assert {hotel: of(hotel) for hotel in Hotel} == TRUTHS


def test_truths_in_percent() -> None:
    city, resort = TRUTHS[Hotel.CITY], TRUTHS[Hotel.RESORT]
    assert [truth.not_honoured_percent for truth in (city, resort, ALL)] == [41.73, 27.76, 37.04]
    assert [truth.repeated_percent for truth in (city, resort, ALL)] == [2.56, 4.44, 3.19]
    assert (ALL.revenue_cents, ALL.room_nights, ALL.bookings) == (25_996_260_41, 255_040, 119_390)


def test_numbers_run_from_one_without_a_gap(bookings: list[Booking]) -> None:
    assert [booking.number for booking in bookings] == list(range(1, 119_391))
    assert (bookings[0].external_id, bookings[-1].external_id) == ("HBD-000001", "HBD-119390")


def test_quirks_are_counted_and_kept(bookings: list[Booking]) -> None:
    assert sum(booking.country is None for booking in bookings) == 488
    assert sum(booking.agent is None for booking in bookings) == 16_340
    assert sum(booking.company is None for booking in bookings) == 112_593
    assert sum(booking.children is None for booking in bookings) == 4
    assert sum(booking.country == "CN" for booking in bookings) == 1_279 + 999
    assert sum(booking.country == "TL" for booking in bookings) == 3
    assert sum(booking.nights == 0 for booking in bookings) == 715
    assert sum(not (b.adults or b.children or b.babies) for b in bookings) == 180
    prices = Counter(booking.adr_cents for booking in bookings)
    assert (prices[-638], prices[0], prices[540_000]) == (1, 1_959, 1)
    assert all(b.country is None or (len(b.country) == 2 and b.country.isupper()) for b in bookings)
    assert sum(b.is_completed and b.settled_on != b.departure for b in bookings) == 27


def test_dates_agree_with_lead_time_and_nights() -> None:
    booking = parse_booking(1, first_row(lead_time="342", stays_in_week_nights="3", stays_in_weekend_nights="2"))
    assert booking.arrival == date(2015, 7, 1)
    assert booking.booked_on == date(2014, 7, 24)
    assert (booking.nights, booking.departure) == (5, date(2015, 7, 6))


@pytest.mark.parametrize(
    ("adr", "cents"), [("0", 0), ("-6.38", -638), ("5400", 540_000), ("105.5", 10_550), ("98.07", 9_807)]
)
def test_prices_are_exact_cents(adr: str, cents: int) -> None:
    assert parse_booking(1, first_row(adr=adr)).adr_cents == cents


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [
        ("adr", "1.005", ValueError),
        ("adults", "two", ValueError),
        ("country", "XYZ", KeyError),
        ("hotel", "Motel", KeyError),
        ("reservation_status", "Gone", KeyError),
        ("arrival_date_month", "Juli", ValueError),
    ],
)
def test_a_value_that_the_data_never_hold_is_refused(column: str, value: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_booking(1, first_row(**{column: value}))


def test_undefined_meal_segment_and_channel() -> None:
    row = first_row(meal="Undefined", market_segment="Undefined", distribution_channel="Undefined")
    booking = parse_booking(1, row)
    assert (booking.meal, booking.market_segment, booking.distribution_channel) == ("SC", None, None)


def test_reading_only_what_was_settled_later_keeps_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "few.csv.bz2"
    rows = list(islice(raw_rows(), 200))
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path.write_bytes(bz2.compress("\n".join(lines).encode()))
    everything = list(read_bookings(path=path))
    assert len(everything) == 200
    day = date(2015, 7, 5)
    later = [booking for booking in everything if booking.settled_on > day]
    assert 0 < len(later) < 200
    assert list(read_bookings(settled_after=day, path=path)) == later


def test_shifting_moves_every_date_and_nothing_else(bookings: list[Booking]) -> None:
    booking = bookings[41]
    moved = shifted(booking, 3_000)
    for name in ("booked_on", "arrival", "departure", "settled_on"):
        assert getattr(moved, name) - getattr(booking, name) == timedelta(days=3_000)
    assert shifted(moved, -3_000) == booking
    assert moved.nights == booking.nights
