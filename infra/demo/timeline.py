"""What was known of a booking at the close of a day, and in which order its states came.

A state's version is fixed (booked 1, in house 2, an end 3), so that an import which is repeated, or starts
from another day, can never take a stay back. Rows booked after the day on which the history is written enter
as booked too: all rows are imported at once. An end comes on the data's status date.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

from infra.demo.bookings import Booking, Outcome

# At the close of this day the demo chain's history ends and its clock starts.
DEMO_AS_OF = date(2017, 7, 31)
# No booking changes after this day.
LAST_CHANGE = date(2017, 9, 14)


class Status(StrEnum):
    """A stay's status in the product's words."""

    BOOKED = "booked"
    IN_HOUSE = "in_house"
    CHECKED_OUT = "checked_out"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


ENDS = {
    Outcome.CHECKED_OUT: Status.CHECKED_OUT,
    Outcome.CANCELLED: Status.CANCELLED,
    Outcome.NO_SHOW: Status.NO_SHOW,
}
VERSIONS = {
    Status.BOOKED: 1,
    Status.IN_HOUSE: 2,
    Status.CHECKED_OUT: 3,
    Status.CANCELLED: 3,
    Status.NO_SHOW: 3,
}


def status_on(booking: Booking, day: date) -> Status:
    """The status known at the close of the day."""
    if booking.settled_on <= day:
        return ENDS[booking.outcome]
    if booking.is_completed and booking.arrival <= day:
        return Status.IN_HOUSE
    return Status.BOOKED


def changes_after(booking: Booking, as_of: date) -> Iterator[tuple[date, Status]]:
    """The days after as_of at whose close the status is another, in order. A day guest skips "in house"."""
    days = {booking.settled_on}
    if booking.is_completed:
        days.add(booking.arrival)
    for day in sorted(days):
        if day > as_of:
            yield day, status_on(booking, day)


def shift_days_to(today: date) -> int:
    """How far to move the data so that the history ends on the eve of today: its arrivals are yet to come."""
    return (today - DEMO_AS_OF - timedelta(days=1)).days
