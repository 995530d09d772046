"""What AWS asks, and what a property does in a month: the two lists that the costs are reckoned from."""

from __future__ import annotations

from dataclasses import dataclass

# On-demand list prices of us-east-1 in dollars, as they were known on that day; to be looked up again before quoting.
AS_OF = "2026-11-01"
WRITE_UNITS_MILLION = 0.625
READ_UNITS_MILLION = 0.125
STORED_GB = 0.25
RECOVERY_GB = 0.20  # point-in-time recovery
LAMBDA_GB_S = 0.0000133334  # arm64
LAMBDA_MILLION = 0.20
GATEWAY_MILLION = 3.50  # REST API
QUEUE_MILLION = 0.40
QUEUE_FREE = 1_000_000
TOPIC_MILLION = 0.50
MAIL_THOUSAND = 0.10
LOG_GB = 0.50
ALARM = 0.10
METRIC = 0.30

HOURS = 730
MINUTES = HOURS * 60
SECONDS = MINUTES * 60


@dataclass(frozen=True)
class Property:
    """A house of 120 rooms in a month, and what its systems and people ask of the API."""

    rooms: int = 120
    occupancy: float = 0.70
    nights: float = 2.2
    words_per_stay: int = 4  # booked, changed, arrived, left
    new_guests: float = 0.60  # of a stay's guests
    changes_per_stay: float = 0.5  # of guests' particulars
    profile_reads_per_stay: int = 6
    stay_reads_per_stay: int = 4
    sync_every_s: int = 300  # each property system asks for the stays changed since
    desk_pages_day: int = 150  # arrivals, departures, who is in the house
    guest_pages_day: int = 50
    guests_kept: int = 20_000
    stays_kept: int = 70_000
    greeted: float = 0.5  # of the guests, who gave a birthday and agreed

    @property
    def stays(self) -> float:
        """Stays that begin in a month."""
        return self.rooms * HOURS / 24 * self.occupancy / self.nights

    @property
    def mails(self) -> float:
        """Birthdays of the guests kept, and thanks for first stays."""
        return self.greeted * (self.guests_kept / 12 + self.stays * self.new_guests)


# What is supposed of functions until AWS's own figures are there: a time for the work, and for each round trip.
WORK_S, TRIP_S = 0.015, 0.005
API_GB, WORKER_GB, SWEEPER_GB = 1.0, 0.5, 0.25
LOG_BYTES = 700  # of one line, with what Lambda writes itself around an invocation
MESSAGE_CALLS = 3  # of the queue for one message: sent, received, deleted
BATCHED = 0.5  # receives and deletes take several messages at a time; on average two
POLLERS, POLLS_MINUTE = 5, 3  # of Lambda, for each queue, also while there is nothing
ALARMS, METRICS = 30, 20
