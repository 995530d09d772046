"""Decides which bookings belong to one guest, since the data name none.

The rule, applied in the order of arrival:
1. A booking that is not marked as a repeated guest's makes a new guest.
2. A repeated guest's booking goes to a guest who has departed from the same hotel by its arrival: of the same
   country, with the number of earlier stays nearest to the one the row claims, drawn by the booking's number.
   The claimed numbers count on along one guest (a row that claims 19 follows the one that claimed 18), so
   that frequent guests come back as such.
3. If the country has nobody free, a departed guest of any country is taken; if there is none, a new one is
   made.
4. A small share of the bookings in rule 1 goes to a guest of the other hotel who is new here, so that the
   chain has guests in common. The row stays true: at this hotel they had never stayed.

A guest is never in the house twice at once. Guests are numbered by their first booking's place in the file.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from infra.demo.bookings import Booking, Hotel
from infra.demo.draws import Draw

# Gives about 1.5 % of all guests bookings in both hotels.
SHARED_GUEST_PERMILLE = 15


class _Arrival(NamedTuple):
    """What the rule needs to know of one booking; days are ordinals."""

    day: int
    number: int
    hotel: Hotel
    country: str | None
    left: int
    is_completed: bool
    is_repeated: bool
    previous_stays: int


class _Departed:
    """The guests who could come back to one hotel, by country and by number of stays."""

    def __init__(self) -> None:
        self._by_country: dict[str | None, dict[int, list[int]]] = {}

    def add(self, guest: int, country: str | None, stays: int) -> None:
        """Enter a guest who has just departed."""
        self._by_country.setdefault(country, {}).setdefault(stays, []).append(guest)

    def find(self, country: str | None, stays: int, start: int, unfit: _Unfit) -> tuple[list[int], int] | None:
        """The list and place of a fit guest of that country, nearest in number of stays."""
        by_stays = self._by_country.get(country, {})
        for count in sorted(by_stays, key=lambda count: (abs(count - stays), count)):
            guests = by_stays[count]
            for step in range(len(guests)):
                place = (start + step) % len(guests)
                if not unfit(guests[place]):
                    return guests, place
        return None

    def countries(self) -> list[str | None]:
        """Every country somebody has come from."""
        return sorted(self._by_country, key=lambda country: country or "")


class _Unfit:
    """Says who cannot be taken: in the house on that day, or already known to both hotels."""

    def __init__(self, free_from: array[int], day: int, barred: set[int]) -> None:
        self._free_from = free_from
        self._day = day
        self._barred = barred

    def __call__(self, guest: int) -> bool:
        return self._free_from[guest] > self._day or guest in self._barred


class _Rule:
    """Applies the rule to one arrival after the other. A guest goes by the number of the first booking."""

    def __init__(self, bookings: int) -> None:
        self._departed = {hotel: _Departed() for hotel in Hotel}
        self._in_house: list[tuple[int, int, int, Hotel, int]] = []
        self._free_from = array("i", bytes(4 * (bookings + 1)))
        self._country: dict[int, str | None] = {}
        self.shared: set[int] = set()

    def guest_for(self, arrival: _Arrival) -> int:
        """The guest whom the booking belongs to; its own number for a new guest."""
        self._release(arrival.day)
        draw = Draw(f"guest:{arrival.number}")
        guest: int | None = None
        if arrival.is_repeated:
            guest = self._returning(arrival, draw)
        elif draw.is_hit(SHARED_GUEST_PERMILLE):
            guest = self._from_other_hotel(arrival, draw)
        if guest is None:
            guest = arrival.number
            self._country[guest] = arrival.country
        if arrival.is_completed:
            self._free_from[guest] = arrival.left
            entry = (arrival.left, arrival.number, guest, arrival.hotel, arrival.previous_stays + 1)
            heappush(self._in_house, entry)
        return guest

    def _release(self, day: int) -> None:
        while self._in_house and self._in_house[0][0] <= day:
            _, _, guest, hotel, stays = heappop(self._in_house)
            self._departed[hotel].add(guest, self._country[guest], stays)

    def _returning(self, arrival: _Arrival, draw: Draw) -> int | None:
        departed = self._departed[arrival.hotel]
        unfit = _Unfit(self._free_from, arrival.day, set())
        start = draw.below(1 << 32)
        for country in (arrival.country, *departed.countries()):
            found = departed.find(country, arrival.previous_stays, start, unfit)
            if found:
                guests, place = found
                guest = guests[place]
                if arrival.is_completed:
                    # The guest enters the list again, with one stay more, on departure.
                    guests[place] = guests[-1]
                    guests.pop()
                return guest
        return None

    def _from_other_hotel(self, arrival: _Arrival, draw: Draw) -> int | None:
        other = Hotel.CITY if arrival.hotel is Hotel.RESORT else Hotel.RESORT
        unfit = _Unfit(self._free_from, arrival.day, self.shared)
        found = self._departed[other].find(arrival.country, 1, draw.below(1 << 32), unfit)
        if found is None:
            return None
        guests, place = found
        self.shared.add(guests[place])
        return guests[place]


class Guestbook:
    """Which guest each booking belongs to. Bookings and guests are both numbered from 1."""

    def __init__(self, first_booking_of: array[int], shared: set[int], countries: array[int]) -> None:
        self._first_booking_of = first_booking_of
        self._shared = shared
        self._place_in_country = countries
        self._guest_numbers = array("i", bytes(4 * len(first_booking_of)))
        number = 0
        for booking in range(1, len(first_booking_of)):
            if first_booking_of[booking] == booking:
                number += 1
                self._guest_numbers[booking] = number
        self.guests = number

    def first_booking(self, booking: int) -> int:
        """The number of the booking that made the guest of this one."""
        return self._first_booking_of[booking]

    def is_first(self, booking: int) -> bool:
        """True if this booking made its guest."""
        return self._first_booking_of[booking] == booking

    def guest(self, booking: int) -> int:
        """The number of the booking's guest."""
        return self._guest_numbers[self._first_booking_of[booking]]

    def place_in_country(self, booking: int) -> int:
        """How many guests of the same country come before the one whom this first booking made."""
        return self._place_in_country[booking]

    def hotels(self, booking: Booking) -> tuple[Hotel, ...]:
        """The hotels that know the guest whom this first booking made."""
        return tuple(Hotel) if booking.number in self._shared else (booking.hotel,)


def keep_guestbook(bookings: Iterable[Booking]) -> Guestbook:
    """Read all bookings once and decide. Holds a few numbers for each booking, never the bookings."""
    places = array("i", [0])
    seen: Counter[str | None] = Counter()
    arrivals: list[_Arrival] = []
    for booking in bookings:
        arrivals.append(_arrival(booking))
        places.append(0)
    arrivals.sort()
    rule = _Rule(len(arrivals))
    first_booking_of = array("i", bytes(4 * (len(arrivals) + 1)))
    for arrival in arrivals:
        first_booking_of[arrival.number] = rule.guest_for(arrival)
    for arrival in sorted(arrivals, key=lambda arrival: arrival.number):
        if first_booking_of[arrival.number] == arrival.number:
            places[arrival.number] = seen[arrival.country]
            seen[arrival.country] += 1
    return Guestbook(first_booking_of, rule.shared, places)


def _arrival(booking: Booking) -> _Arrival:
    return _Arrival(
        day=booking.arrival.toordinal(),
        number=booking.number,
        hotel=booking.hotel,
        country=booking.country,
        left=booking.settled_on.toordinal(),
        is_completed=booking.is_completed,
        is_repeated=booking.is_repeated_guest,
        previous_stays=booking.previous_stays,
    )
