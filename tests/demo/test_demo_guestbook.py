"""Which bookings belong to one guest: the rule, by example and over all bookings."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from infra.demo.bookings import Booking, Hotel, Outcome, parse_booking, raw_rows
from infra.demo.draws import Draw
from infra.demo.guestbook import SHARED_GUEST_PERMILLE, Guestbook, keep_guestbook

NEW_YEAR = date(2016, 1, 1)


def stay(number: int, day: int, *, nights: int = 2, country: str = "PT", **changes: object) -> Booking:
    """A completed stay at the city hotel that arrives so many days after New Year."""
    arrival = NEW_YEAR + timedelta(days=day)
    left = arrival + timedelta(days=nights)
    booking = replace(
        parse_booking(number, next(raw_rows())),
        hotel=Hotel.CITY,
        arrival=arrival,
        departure=left,
        settled_on=left,
        nights=nights,
        country=country,
        is_repeated_guest=False,
    )
    return replace(booking, **changes)  # type: ignore[arg-type]


# The first booking that chance gives to a guest of the other hotel.
SHARED = next(n for n in range(2, 10_000) if Draw(f"guest:{n}").is_hit(SHARED_GUEST_PERMILLE))


def with_a_guest_of_both() -> list[Booking]:
    """Guest 1 leaves the city hotel on day 2 and is at the resort from day 5 to 20; nobody else ever came."""
    nobody = [stay(number, 0, outcome=Outcome.CANCELLED) for number in range(2, SHARED)]
    return [stay(1, 0), *nobody, stay(SHARED, 5, nights=15, hotel=Hotel.RESORT)]


class TestRule:
    def test_a_booking_that_is_not_repeated_makes_a_guest(self) -> None:
        book = keep_guestbook([stay(1, 0), stay(2, 10), stay(3, 20)])
        assert [book.guest(n) for n in (1, 2, 3)] == [1, 2, 3]
        assert book.guests == 3

    def test_a_repeated_one_joins_a_departed_guest_of_its_country(self) -> None:
        book = keep_guestbook([stay(1, 0, country="FR"), stay(2, 0), stay(3, 10, is_repeated_guest=True)])
        assert book.first_booking(3) == 2
        assert book.guests == 2

    def test_nobody_joins_a_guest_who_is_still_in_the_house(self) -> None:
        book = keep_guestbook([stay(1, 0, nights=20), stay(2, 10, is_repeated_guest=True)])
        assert book.is_first(2)

    def test_the_day_of_departure_is_early_enough(self) -> None:
        book = keep_guestbook([stay(1, 0, nights=10), stay(2, 10, is_repeated_guest=True)])
        assert book.first_booking(2) == 1

    def test_nobody_joins_a_guest_who_never_came(self) -> None:
        cancelled = stay(1, 0, outcome=Outcome.CANCELLED)
        assert keep_guestbook([cancelled, stay(2, 10, is_repeated_guest=True)]).is_first(2)

    def test_nobody_joins_a_guest_of_the_other_hotel_as_repeated(self) -> None:
        resort = stay(1, 0, hotel=Hotel.RESORT)
        assert keep_guestbook([resort, stay(2, 10, is_repeated_guest=True)]).is_first(2)

    def test_another_country_is_better_than_nobody(self) -> None:
        book = keep_guestbook([stay(1, 0, country="FR"), stay(2, 10, is_repeated_guest=True)])
        assert book.first_booking(2) == 1

    def test_claimed_stays_count_on_along_one_guest(self) -> None:
        book = keep_guestbook(
            [
                stay(1, 0, previous_stays=18),
                *(stay(n, 0) for n in range(2, 30)),
                stay(30, 10, is_repeated_guest=True, previous_stays=19),
                stay(31, 20, is_repeated_guest=True, previous_stays=20),
            ]
        )
        assert book.first_booking(30) == book.first_booking(31) == 1

    def test_a_cancelled_return_leaves_the_guest_free_to_return(self) -> None:
        book = keep_guestbook(
            [
                stay(1, 0),
                stay(2, 5, is_repeated_guest=True, outcome=Outcome.CANCELLED),
                stay(3, 10, is_repeated_guest=True, previous_stays=1),
            ]
        )
        assert book.first_booking(2) == book.first_booking(3) == 1

    def test_a_guest_of_one_hotel_may_be_new_at_the_other(self) -> None:
        book = keep_guestbook(with_a_guest_of_both())
        assert book.first_booking(SHARED) == 1
        assert book.hotels(stay(1, 0)) == tuple(Hotel)
        assert book.hotels(stay(2, 0)) == (Hotel.CITY,)

    def test_nobody_joins_a_guest_who_is_in_the_house_of_the_other_hotel(self) -> None:
        book = keep_guestbook([*with_a_guest_of_both(), stay(SHARED + 1, 10, is_repeated_guest=True)])
        assert book.is_first(SHARED + 1)

    def test_the_order_of_rows_does_not_matter_but_for_numbers(self) -> None:
        rows = [stay(1, 10, is_repeated_guest=True), stay(2, 0)]
        book = keep_guestbook(rows)
        assert book.first_booking(1) == 2
        assert (book.guest(1), book.guests) == (1, 1)


class TestAllBookings:
    def test_repeated_guests_come_back_to_a_hotel_that_they_left(
        self, bookings: list[Booking], guestbook: Guestbook
    ) -> None:
        repeated = [booking for booking in bookings if booking.is_repeated_guest]
        attached = [booking for booking in repeated if not guestbook.is_first(booking.number)]
        assert len(repeated) == 3_810
        # Only the first days of the data know nobody who could have left.
        assert len(repeated) - len(attached) < 40
        assert all(b.arrival < date(2015, 7, 10) for b in repeated if guestbook.is_first(b.number))
        earliest_exit: dict[tuple[int, Hotel], date] = {}
        for booking in bookings:
            if booking.is_completed:
                key = (guestbook.guest(booking.number), booking.hotel)
                earliest_exit[key] = min(booking.settled_on, earliest_exit.get(key, date.max))
        for booking in attached:
            assert earliest_exit[guestbook.guest(booking.number), booking.hotel] <= booking.arrival
        same = sum(bookings[guestbook.first_booking(b.number) - 1].country == b.country for b in attached)
        assert same / len(attached) > 0.99

    def test_a_booking_not_marked_repeated_is_the_first_at_its_hotel(
        self, bookings: list[Booking], guestbook: Guestbook
    ) -> None:
        new = Counter(
            (guestbook.guest(booking.number), booking.hotel) for booking in bookings if not booking.is_repeated_guest
        )
        assert max(new.values()) == 1

    def test_nobody_is_in_the_house_twice(self, bookings: list[Booking], guestbook: Guestbook) -> None:
        stays = defaultdict(list)
        for booking in bookings:
            if booking.is_completed:
                stays[guestbook.guest(booking.number)].append((booking.arrival, booking.settled_on))
        for spans in stays.values():
            spans.sort()
            assert all(left <= arrival for (_, left), (arrival, _) in pairwise(spans))

    def test_guests_are_numbered_by_their_first_booking(self, bookings: list[Booking], guestbook: Guestbook) -> None:
        firsts = [booking.number for booking in bookings if guestbook.is_first(booking.number)]
        assert [guestbook.guest(number) for number in firsts] == list(range(1, guestbook.guests + 1))

    def test_a_small_share_is_known_to_both_hotels(self, bookings: list[Booking], guestbook: Guestbook) -> None:
        hotels: dict[int, set[Hotel]] = defaultdict(set)
        for booking in bookings:
            hotels[guestbook.guest(booking.number)].add(booking.hotel)
        shared = {guest for guest, both in hotels.items() if len(both) == 2}
        assert 0.012 < len(shared) / guestbook.guests < 0.018
        told = {
            guestbook.guest(booking.number)
            for booking in bookings
            if guestbook.is_first(booking.number) and len(guestbook.hotels(booking)) == 2
        }
        assert told == shared
