"""Picks a part of the bookings that shows a hotel at work on one day, for a quick start."""

from collections.abc import Iterable
from datetime import date, timedelta

from infra.demo.bookings import Booking, Hotel
from infra.demo.draws import Draw
from infra.demo.guestbook import Guestbook
from infra.demo.timeline import Status, status_on

# Shares in a hundred of each hotel's half, in the order in which places are given.
SHARES_PERCENT = {"in_house": 20, "arriving": 30, "recent": 20, "upcoming": 30}
# The arrivals page opens on these days: they come complete if there is room.
ARRIVING_DAYS = 3
RECENT_DAYS = 30
UPCOMING_DAYS = 30


def select_part(bookings: Iterable[Booking], guestbook: Guestbook, as_of: date, size: int) -> frozenset[int]:
    """The numbers of about `size` bookings around as_of, half from each hotel.

    The other bookings of the same guests come on top, so that a guest's page tells the whole story.
    """
    candidates: dict[tuple[Hotel, str], list[tuple[int, int]]] = {}
    known: list[int] = []
    for booking in bookings:
        if booking.booked_on <= as_of or guestbook.is_first(booking.number):
            known.append(booking.number)
        group = _group(booking, as_of)
        if group:
            rank = _rank(booking, group)
            candidates.setdefault((booking.hotel, group), []).append((rank, booking.number))
    chosen: set[int] = set()
    for hotel in Hotel:
        groups = {group: sorted(candidates.get((hotel, group), [])) for group in SHARES_PERCENT}
        chosen |= _fill(groups, size // len(Hotel))
    guests = {guestbook.first_booking(number) for number in chosen}
    return frozenset(number for number in known if guestbook.first_booking(number) in guests)


def _group(booking: Booking, as_of: date) -> str | None:
    if booking.booked_on > as_of:
        # All rows are imported into the full demo; a quick start need not show what nobody has booked yet.
        return None
    status = status_on(booking, as_of)
    if status is Status.IN_HOUSE:
        return "in_house"
    if status is Status.BOOKED:
        days_ahead = (booking.arrival - as_of).days
        if days_ahead <= ARRIVING_DAYS:
            return "arriving"
        return "upcoming" if days_ahead <= UPCOMING_DAYS else None
    is_recent = as_of - timedelta(days=RECENT_DAYS) <= booking.settled_on
    return "recent" if is_recent else None


def _rank(booking: Booking, group: str) -> int:
    """The next arrivals come day by day; elsewhere chance decides."""
    chance = Draw(f"part:{booking.number}").below(1 << 32)
    return (booking.arrival.toordinal() << 32) + chance if group == "arriving" else chance


def _fill(groups: dict[str, list[tuple[int, int]]], size: int) -> set[int]:
    chosen: list[int] = []
    left: list[int] = []
    for group, ranked in groups.items():
        share = size * SHARES_PERCENT[group] // 100
        chosen.extend(number for _, number in ranked[:share])
        left.extend(number for _, number in ranked[share:])
    # A group that is too small leaves its places to the groups that have more.
    chosen.extend(left[: size - len(chosen)])
    return set(chosen)
