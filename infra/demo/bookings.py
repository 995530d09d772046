"""Reads the real hotel bookings as typed records, one at a time, so that memory stays flat.

What the data mean, and how each quirk is read:
- A booking is known by its row number. 31,994 rows equal another one; they may be different bookings, so none
  is dropped.
- "NULL" (country, agent, company) and "NA" (children, 4 rows) are unknown values: None.
- Countries are ISO 3166 alpha-3 but for China, which is CN in 1,279 rows and CHN in 999; TMP is today's TLS.
- The 180 rows without guests, the 715 without nights and the prices 0, -6.38 and 5,400.00 are kept as given.
- is_canceled is 1 for a no-show too, so only reservation_status decides.
- "Undefined" is no meal plan (the authors say so: the same as SC), and an unknown segment or channel.
- 27 guests left before their planned departure (status date < departure): nights and revenue stay as booked.
"""

import bz2
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from sys import intern

from infra.demo.countries import alpha2_of

DATA = Path(__file__).parent / "data" / "hotel_bookings.csv.bz2"
ATTRIBUTION = (
    "Antonio, de Almeida, Nunes: Hotel booking demand datasets, Data in Brief 22 (2019) 41-49, "
    "doi 10.1016/j.dib.2018.11.126, CC BY 4.0"
)

NO_MEALS = "SC"
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Hotel(StrEnum):
    """The two hotels, by the name that the data give them."""

    RESORT = "Resort Hotel"
    CITY = "City Hotel"

    @property
    def slug(self) -> str:
        """The hotel's part of a file name."""
        return "resort" if self is Hotel.RESORT else "city"


@dataclass(frozen=True, slots=True)
class HotelFacts:
    """What a property of the demo chain needs to know beyond its bookings."""

    place: str
    country: str
    time_zone: str
    currency: str


HOTELS = {
    Hotel.RESORT: HotelFacts(place="Algarve", country="PT", time_zone="Europe/Lisbon", currency="EUR"),
    Hotel.CITY: HotelFacts(place="Lisbon", country="PT", time_zone="Europe/Lisbon", currency="EUR"),
}


class Outcome(StrEnum):
    """How a booking ended, in the words of the data."""

    CHECKED_OUT = "Check-Out"
    CANCELLED = "Canceled"
    NO_SHOW = "No-Show"


# Not frozen: 119,390 frozen records take a second longer to make.
@dataclass(slots=True)
class Booking:
    """One row, not to be changed. Money in cents of EUR; None where the data do not know."""

    number: int
    hotel: Hotel
    booked_on: date
    arrival: date
    departure: date
    nights: int
    outcome: Outcome
    settled_on: date
    adr_cents: int
    country: str | None
    adults: int
    children: int | None
    babies: int
    meal: str
    market_segment: str | None
    distribution_channel: str | None
    is_repeated_guest: bool
    previous_cancellations: int
    previous_stays: int
    room_type_reserved: str
    room_type_assigned: str
    changes: int
    deposit: str
    agent: int | None
    company: int | None
    waiting_days: int
    customer_type: str
    parking_spaces: int
    special_requests: int

    @property
    def external_id(self) -> str:
        """The booking's number in the demo, from its row."""
        return f"HBD-{self.number:06d}"

    @property
    def is_completed(self) -> bool:
        """True for a stay that took place."""
        return self.outcome is Outcome.CHECKED_OUT

    @property
    def revenue_cents(self) -> int:
        """Average daily rate times nights: what the stay brings once it is checked out."""
        return self.adr_cents * self.nights


# Looked up a hundred thousand times, where calling the enumeration takes three times as long.
_HOTELS = {hotel.value: hotel for hotel in Hotel}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def raw_rows(path: Path = DATA) -> Iterator[dict[str, str]]:
    """Yield the rows as they stand in the file."""
    with bz2.open(path, "rb") as packed:
        lines = csv.reader(io.TextIOWrapper(packed, encoding="utf-8", newline=""))
        header = next(lines)
        for line in lines:
            # Half the time of csv.DictReader, which looks for short and long lines; here strict says so.
            yield dict(zip(header, line, strict=True))


def read_bookings(settled_after: date = date.min, path: Path = DATA) -> Iterator[Booking]:
    """Yield the bookings settled after a day, or all, in the file's order; the first row has number 1."""
    last_day = settled_after.isoformat()
    for number, row in enumerate(raw_rows(path), start=1):
        # ISO dates sort as text; rows that are not wanted need not be parsed.
        if row["reservation_status_date"] > last_day:
            yield parse_booking(number, row)


def shifted(booking: Booking, days: int) -> Booking:
    """The same booking with every date moved by whole days."""
    if days == 0:
        return booking
    delta = timedelta(days=days)
    return replace(
        booking,
        booked_on=booking.booked_on + delta,
        arrival=booking.arrival + delta,
        departure=booking.departure + delta,
        settled_on=booking.settled_on + delta,
    )


def parse_booking(number: int, row: dict[str, str]) -> Booking:
    """Turn one raw row into a booking. Raises ValueError or KeyError on values that the data never hold."""
    arrival = _arrival(row["arrival_date_year"], row["arrival_date_month"], row["arrival_date_day_of_month"])
    nights = int(row["stays_in_weekend_nights"]) + int(row["stays_in_week_nights"])
    return Booking(
        number=number,
        hotel=_HOTELS[row["hotel"]],
        booked_on=arrival - timedelta(days=int(row["lead_time"])),
        arrival=arrival,
        departure=arrival + timedelta(days=nights),
        nights=nights,
        outcome=_OUTCOMES[row["reservation_status"]],
        settled_on=_iso_date(row["reservation_status_date"]),
        adr_cents=_cents(row["adr"]),
        country=alpha2_of(row["country"]),
        adults=int(row["adults"]),
        children=_number(row["children"]),
        babies=int(row["babies"]),
        meal=_known(row["meal"]) or NO_MEALS,
        market_segment=_known(row["market_segment"]),
        distribution_channel=_known(row["distribution_channel"]),
        is_repeated_guest=row["is_repeated_guest"] == "1",
        previous_cancellations=int(row["previous_cancellations"]),
        previous_stays=int(row["previous_bookings_not_canceled"]),
        room_type_reserved=row["reserved_room_type"],
        room_type_assigned=row["assigned_room_type"],
        changes=int(row["booking_changes"]),
        deposit=intern(row["deposit_type"]),
        agent=_number(row["agent"]),
        company=_number(row["company"]),
        waiting_days=int(row["days_in_waiting_list"]),
        customer_type=intern(row["customer_type"]),
        parking_spaces=int(row["required_car_parking_spaces"]),
        special_requests=int(row["total_of_special_requests"]),
    )


# The data hold some nine hundred days over and over.
@cache
def _arrival(year: str, month: str, day: str) -> date:
    return date(int(year), MONTHS.index(month) + 1, int(day))


@cache
def _iso_date(text: str) -> date:
    return date.fromisoformat(text)


@cache
def _cents(text: str) -> int:
    cents = Decimal(text) * 100
    if cents != int(cents):
        raise ValueError(f"not a whole number of cents: {text}")
    return int(cents)


def _number(text: str) -> int | None:
    return None if text in ("NULL", "NA") else int(text)


def _known(text: str) -> str | None:
    return None if text == "Undefined" else intern(text)
