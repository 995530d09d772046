"""The real stays priced by the demo's programme: what they must earn, reckoned from the raw file alone, beside what was
booked, what is owed, and what the checker says.

Whoever is there when the chain's clock begins, or comes later, joins that evening; what was over before earns nothing.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.schemas import DEMO_PROGRAMME
from infra.demo.bookings import MONTHS, Hotel, raw_rows
from infra.demo.files import ImportFile
from infra.demo.loading import SYSTEM
from infra.demo.timeline import DEMO_AS_OF
from infra.demo.world import PROPERTY_OF

ASKED_AT_ONCE = 100
LINE = "{:<26}{:>16}{:>16}{:>6}"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Expected:
    """Points by booking (its number in the demo) and the hotel that gives them."""

    points: dict[str, int]
    hotels: dict[str, Hotel]

    def of(self, told: Iterable[str]) -> Counter[Hotel]:
        """Points by hotel, of the bookings that were told."""
        found: Counter[Hotel] = Counter()
        for number in told:
            if number in self.points:
                found[self.hotels[number]] += self.points[number]
        return found


def expected() -> Expected:
    """Ten points for each whole euro and a tenth of a euro's ten; a fifth more for those who booked with the hotel."""
    points, hotels = {}, {}
    for number, row in enumerate(raw_rows(), start=1):
        if row["reservation_status"] != "Check-Out":
            continue
        nights = int(row["stays_in_weekend_nights"]) + int(row["stays_in_week_nights"])
        month = MONTHS.index(row["arrival_date_month"]) + 1
        arrival = date(int(row["arrival_date_year"]), month, int(row["arrival_date_day_of_month"]))
        if arrival + timedelta(days=nights) < DEMO_AS_OF:
            continue
        cents = max(0, int(Decimal(row["adr"]) * nights * 100))
        base = cents // 10  # ten points for a hundred cents
        is_direct = row["distribution_channel"] == "Direct"
        points[f"HBD-{number:06d}"] = base + (base // 5 if is_direct else 0)
        hotels[f"HBD-{number:06d}"] = Hotel(row["hotel"])
    return Expected(points, hotels)


def told_of(files: Iterable[ImportFile]) -> dict[str, str]:
    """The bookings in the history's files, and whose they are."""
    found: dict[str, str] = {}
    for file in files:
        if file.kind == "stays":
            with file.path.open(encoding="utf-8-sig", newline="") as content:
                found |= {row["external_id"]: row["guest_external_id"] for row in csv.DictReader(content)}
    return found


def join(scope: Scope, wanted: Expected, told: dict[str, str], show: Callable[[int], None]) -> int:
    """Make everybody a member whose stay is to earn; how many are members."""
    numbers = sorted({guest for booking, guest in told.items() if booking in wanted.points})
    keys = [(SYSTEM, None, number) for number in numbers]
    done = 0
    with agenda.few_nudges():
        for start in range(0, len(keys), ASKED_AT_ONCE):
            for guest_id in guests.ids_by_external(scope, keys[start : start + ASKED_AT_ONCE]).values():
                loyalty.enrolled(
                    scope, programme_id=DEMO_PROGRAMME, guest_id=guest_id, consent_source="front_desk", property_id=None
                )
                done += 1
            show(done)
    return done


def member_count(wanted: Expected, told: dict[str, str]) -> int:
    """How many guests will be members."""
    return len({guest for booking, guest in told.items() if booking in wanted.points})


def print_points(scope: Scope, wanted: Expected, told: dict[str, str], say: Say) -> bool:
    """Expected beside booked, what is owed, and the checker's figure. Returns whether all agree."""
    began = time.monotonic()
    owed = loyalty.liability(scope, DEMO_PROGRAMME, scope.now.date())
    booked = {house: figures.confirmed - figures.reversed for house, figures in owed.by_property}
    points, is_right = wanted.of(told), True
    say(LINE.format("Points", "expected", "booked", ""))
    for hotel in Hotel:
        ours = booked.get(PROPERTY_OF[hotel], 0)
        is_right = is_right and ours == points[hotel]
        say(
            LINE.format(
                f"  {hotel.value}", f"{points[hotel]:,}", f"{ours:,}", "ok" if ours == points[hotel] else "WRONG"
            )
        )
    check = loyalty.check_all(scope, DEMO_PROGRAMME)
    is_right = is_right and check.differing == 0 and owed.total.outstanding == check.points == points.total()
    say(f"Owed: {owed.total.outstanding:,} points outstanding, {check.points:,} in {check.members:,} members' books.")
    say(
        f"Checked: {check.entries:,} entries, header and lots of {check.members:,} members;"
        f" {check.differing} differ. {time.monotonic() - began:.0f} s"
    )
    return is_right
