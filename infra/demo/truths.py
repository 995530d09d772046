"""The figures of the real data, to check every import against, and how to compute them without the loader."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from infra.demo.bookings import Hotel, raw_rows


@dataclass(frozen=True, slots=True)
class Truth:
    """Counts of bookings by how they ended; revenue in cents of EUR and nights of the checked-out ones."""

    bookings: int
    checked_out: int
    cancelled: int
    no_show: int
    repeated: int
    revenue_cents: int
    room_nights: int

    def __add__(self, other: "Truth") -> "Truth":
        return Truth(
            bookings=self.bookings + other.bookings,
            checked_out=self.checked_out + other.checked_out,
            cancelled=self.cancelled + other.cancelled,
            no_show=self.no_show + other.no_show,
            repeated=self.repeated + other.repeated,
            revenue_cents=self.revenue_cents + other.revenue_cents,
            room_nights=self.room_nights + other.room_nights,
        )

    @property
    def not_honoured_percent(self) -> float:
        """Share of bookings that were cancelled or not used (the data's is_canceled)."""
        return round(100 * (self.cancelled + self.no_show) / self.bookings, 2)

    @property
    def repeated_percent(self) -> float:
        """Share of bookings made by repeated guests."""
        return round(100 * self.repeated / self.bookings, 2)


TRUTHS = {
    Hotel.CITY: Truth(
        bookings=79_330,
        checked_out=46_228,
        cancelled=32_186,
        no_show=916,
        repeated=2_032,
        revenue_cents=14_394_410_18,
        room_nights=135_153,
    ),
    Hotel.RESORT: Truth(
        bookings=40_060,
        checked_out=28_938,
        cancelled=10_831,
        no_show=291,
        repeated=1_778,
        revenue_cents=11_601_850_23,
        room_nights=119_887,
    ),
}
ALL = TRUTHS[Hotel.CITY] + TRUTHS[Hotel.RESORT]


def from_bookings(rows: Iterable[dict[str, str]] | None = None) -> dict[Hotel, Truth]:
    """Compute the figures from the raw rows of the shipped file, or from those given, without the parser."""
    ends: Counter[tuple[str, str]] = Counter()
    repeated: Counter[str] = Counter()
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    room_nights: Counter[str] = Counter()
    for row in raw_rows() if rows is None else rows:
        hotel, status = row["hotel"], row["reservation_status"]
        ends[hotel, status] += 1
        repeated[hotel] += row["is_repeated_guest"] == "1"
        if status == "Check-Out":
            nights = int(row["stays_in_weekend_nights"]) + int(row["stays_in_week_nights"])
            revenue[hotel] += Decimal(row["adr"]) * nights
            room_nights[hotel] += nights
    return {
        hotel: Truth(
            bookings=sum(count for (name, _), count in ends.items() if name == hotel),
            checked_out=ends[hotel, "Check-Out"],
            cancelled=ends[hotel, "Canceled"],
            no_show=ends[hotel, "No-Show"],
            repeated=repeated[hotel],
            revenue_cents=int(revenue[hotel] * 100),
            room_nights=room_nights[hotel],
        )
        for hotel in Hotel
    }
