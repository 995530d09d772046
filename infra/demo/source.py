"""Where the demo's bookings come from, and whose they are; the guestbook is kept once for all who ask."""

from collections.abc import Callable, Iterable
from datetime import date

from infra.demo.bookings import Booking, read_bookings
from infra.demo.guestbook import Guestbook, keep_guestbook


class Source:
    """Bookings that can be read again and again, each time from the first one."""

    def __init__(self, read: Callable[[date], Iterable[Booking]] = read_bookings) -> None:
        """read yields the bookings settled after a day, in order; by default those of the shipped file."""
        self._read = read
        self._guestbook: Guestbook | None = None

    def bookings(self, settled_after: date = date.min) -> Iterable[Booking]:
        """All bookings in order, or only those that were settled after a day."""
        return self._read(settled_after)

    def guestbook(self, bookings: Iterable[Booking] | None = None) -> Guestbook:
        """Whose the bookings are (about 3 MB). Whoever holds all bookings already hands them in to save a reading."""
        if self._guestbook is None:
            self._guestbook = keep_guestbook(self.bookings() if bookings is None else bookings)
        return self._guestbook


SHIPPED = Source()
