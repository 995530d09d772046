"""Decisions about stays: which word of a source counts, what a word changes, when a stay has completed."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal, get_args

from chalicelib.kernel.calendars import local_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.money import AMOUNT_MAX

Status = Literal["booked", "in_house", "checked_out", "cancelled", "no_show"]
STATUSES: tuple[Status, ...] = get_args(Status)
OVER: frozenset[str] = frozenset({"checked_out", "cancelled", "no_show"})
EXPECTED: frozenset[str] = frozenset({"booked", "in_house", "checked_out"})  # on the sheet of a desk's day

Outcome = Literal["created", "updated", "unchanged", "superseded"]
Order = Literal["older", "same", "newer"]

NIGHTS_MAX = 366  # a year's let; longer ones are tenancies, and most often a slip in a year
LINES_MAX = 200  # of one stay: some 20 kB, a twentieth of what an item may hold
TEXT_LENGTH_MAX = 80  # room types, plans, channels: codes and short names
ROOM_NUMBER_LENGTH_MAX = 20
EXTERNAL_ID_LENGTH_MAX = 200  # as long as a guest's; property systems use up to about 40
LINE_ID_LENGTH_MAX = 64
GUESTS_IN_STAY_MAX = 999  # group bookings exist; more is a slip
SYSTEM_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,39}$"
SOURCE_VERSION_MAX = 2**53 - 1  # the largest whole number that every JSON reader keeps exact

# How late the news of a check-out may come and still mean "just now". Beyond it the guest left on the day that was
# agreed, and nothing that is due soon after a departure may be counted from the day of the news.
LATE_NEWS_MAX = timedelta(days=7)

CLOSINGS_CACHED = 1024  # a file of stays asks for the same days over and over

_FORWARD = {
    ("booked", "in_house"): "checked_in",
    ("booked", "checked_out"): "checked_out",
    ("in_house", "checked_out"): "checked_out",
    ("booked", "cancelled"): "cancelled",
    ("in_house", "cancelled"): "cancelled",
    ("booked", "no_show"): "did_not_arrive",
}
_REVERSED = {
    "in_house": "check_in_reversed",
    "checked_out": "check_out_reversed",
    "cancelled": "cancellation_reversed",
    "no_show": "no_show_reversed",
}


# -- what is told --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Line:
    """One line of revenue, in minor units of the stay's currency; negative where it corrects another."""

    id: str
    category: str
    amount: int
    tax: int = 0
    eligible: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The line as it is stored."""
        return {
            "id": self.id,
            "category": self.category,
            "amount": self.amount,
            "tax": self.tax,
            "eligible": self.eligible,
        }


@dataclass(frozen=True)
class Told:
    """All that a source says about a stay. Days are `YYYY-MM-DD`; None is what it does not know."""

    guest_id: str
    arrival: str
    departure: str
    status: str
    currency: str
    room_type: str | None = None
    room_number: str | None = None
    rate_plan: str | None = None
    rate_amount: int | None = None
    rate_currency: str | None = None
    channel: str | None = None
    segment: str | None = None
    adults: int | None = None
    children: int | None = None
    booked_on: str | None = None
    room_ready_at: str | None = None  # sortable
    revenue_lines: tuple[Line, ...] = ()

    def changed_fields(self, other: Told) -> list[str]:
        """Names of what `other` says differently, sorted."""
        mine, theirs = asdict(self), asdict(other)
        return sorted(name for name, value in mine.items() if theirs[name] != value)


@dataclass(frozen=True)
class Source:
    """Who said it, and which of its words this is: a version, an instant (sortable text), or neither."""

    system: str
    version: int | None = None
    updated_at: str | None = None

    @property
    def is_ordered(self) -> bool:
        """Whether it says which of its words this is."""
        return self.version is not None or self.updated_at is not None


@dataclass(frozen=True)
class State:
    """Where a stay stands. `is_history`: an import brought it in already over, so nothing follows from it."""

    told: Told
    source: Source | None
    is_history: bool = False
    checked_out_at: datetime | None = None


@dataclass(frozen=True)
class Moment:
    """The circumstances of a word: now, the chain's local day, and when the property's business day closes."""

    now: datetime
    today: date
    time_zone: str
    close: time
    is_import: bool = False

    def closes_at(self, day: str) -> datetime:
        """When the business day `day` of the property is over: at its closing hour of the day after."""
        return _closing(day, self.close, self.time_zone)


@lru_cache(maxsize=CLOSINGS_CACHED)
def _closing(day: str, close: time, zone: str) -> datetime:
    return local_instant(date.fromisoformat(day) + timedelta(days=1), close, zone)


# -- which word counts ---------------------------------------------------------------------------------------------


def order_of(known: Source | None, told: Source | None) -> Order:
    """How a word stands to what is known of its source. Without an order the last word wins.

    Versions are compared where both have one, else instants. Raises InvalidValue where the two cannot be compared:
    another system, or a version against an instant.
    """
    if known is None or told is None:
        return "newer"
    if known.system != told.system:
        raise InvalidValue(N_("This stay is told by another system."))
    if not known.is_ordered or not told.is_ordered:
        return "newer"
    if known.version is not None and told.version is not None:
        return _compared(known.version, told.version)
    if known.updated_at is not None and told.updated_at is not None:
        return _compared(known.updated_at, told.updated_at)
    raise InvalidValue(N_("Order this stay as its source did before: by version, or by updated_at."))


def is_newer(known: Source | None, told: Source | None) -> bool:
    """Whether a word replaces what is known. Raises InvalidValue as `order_of`."""
    return order_of(known, told) == "newer"


def hear(before: State | None, told: Told, source: Source | None, moment: Moment) -> tuple[State, Outcome]:
    """Where the stay stands after a word, and what the word did.

    An older word, or another word under the same version, is superseded. A newer word that says the same still counts:
    it decides what is older from then on. Raises InvalidValue as `order_of`.
    """
    if before is None:
        return _changed(None, told, source, moment), "created"
    order = order_of(before.source, source)
    is_same = before.told == told
    if order != "newer":
        return before, "unchanged" if is_same else "superseded"
    kept = source if source is not None and (source.is_ordered or before.source is None) else before.source
    if is_same and kept == before.source:
        return before, "unchanged"
    if is_same:
        return replace(before, source=kept), "updated"
    return _changed(before, told, kept, moment), "updated"


def _changed(before: State | None, told: Told, source: Source | None, moment: Moment) -> State:
    if before is None:
        is_past = is_history(told, moment)
    else:
        is_past = before.is_history and told.status in OVER
    return State(told, source, is_past, _checked_out_at(before, told, moment, is_past=is_past))


def _checked_out_at(before: State | None, told: Told, moment: Moment, *, is_past: bool) -> datetime | None:
    """When the guest left. Seen when it happens it is now; told later it is the close of the day of departure."""
    if told.status != "checked_out":
        return None
    if before is not None and before.checked_out_at is not None:
        was_seen = before.checked_out_at != moment.closes_at(before.told.departure)
        if was_seen or before.told.departure == told.departure:
            return before.checked_out_at
    closed_at = moment.closes_at(told.departure)
    is_late = moment.now - closed_at > LATE_NEWS_MAX
    return min(closed_at, moment.now) if is_past or is_late else moment.now


def _compared(known: Any, told: Any) -> Order:
    if told == known:
        return "same"
    return "newer" if told > known else "older"


def filled_in(known: Told, told: Told, given: frozenset[str]) -> Told:
    """What is known with what a lean row adds: guest, days and status, and the fields that it fills."""
    always = {"guest_id", "arrival", "departure", "status"}
    said: dict[str, Any] = {name: getattr(told, name) for name in always | given}
    return replace(known, **said)


# -- what follows --------------------------------------------------------------------------------------------------


def is_history(told: Told, moment: Moment) -> bool:
    """Whether a stay heard of for the first time is past: an import brings it in, over, its departure not to come."""
    return moment.is_import and told.status in OVER and date.fromisoformat(told.departure) <= moment.today


def completes(before: str | None, after: str) -> bool:
    """Whether the step from a status (None: not known before) to another completes the stay."""
    return after == "checked_out" and before != "checked_out"


def is_news(before: State | None, after: State, *, is_import: bool) -> bool:
    """Whether a completion is to be told to others: live, or seen to happen; never of what an import first brings."""
    if after.is_history or not completes(before.told.status if before else None, after.told.status):
        return False
    return not is_import or (before is not None and before.told.status not in OVER)


def transition(before: str | None, after: str) -> str:
    """What the step from a status to another is called. None is forbidden: property systems take all of them back."""
    if before is None:
        return "recorded"
    if before == after:
        return "amended"
    return _FORWARD.get((before, after)) or _REVERSED.get(before, "amended")


def agreed_before(before: Told, after: Told) -> dict[str, str | None] | None:
    """Days and kind of room as they were before a word that changes one of them; else None."""
    was = {"arrival": before.arrival, "departure": before.departure, "room_type": before.room_type}
    now = {"arrival": after.arrival, "departure": after.departure, "room_type": after.room_type}
    return was if was != now else None


def is_current(before: str | None, after: str) -> bool:
    """Whether a step from a status (None: not known before) to another is of a stay that is not over, or was not."""
    return after not in OVER or (before is not None and before not in OVER)


# -- figures and limits --------------------------------------------------------------------------------------------


def nights(arrival: str, departure: str) -> int:
    """Nights between two days; 0 for a day guest."""
    return (date.fromisoformat(departure) - date.fromisoformat(arrival)).days


def revenue_total(lines: tuple[Line, ...]) -> int:
    """What the lines bring together, without tax, in minor units."""
    return sum(line.amount for line in lines)


def check_days(arrival: date, departure: date) -> None:
    """Raises InvalidValue, about the departure, for days that no stay can have."""
    if departure < arrival:
        raise InvalidValue(N_("The departure lies before the arrival."))
    if (departure - arrival).days > NIGHTS_MAX:
        raise InvalidValue(N_("A stay has at most 366 nights."))


def check_lines(lines: tuple[Line, ...]) -> None:
    """Raises InvalidValue for lines that cannot stand in one stay."""
    if len(lines) > LINES_MAX:
        raise InvalidValue(N_("A stay has at most 200 lines of revenue."))
    if len({line.id for line in lines}) != len(lines):
        raise InvalidValue(N_("Two lines of revenue have one id."))
    if abs(revenue_total(lines)) > AMOUNT_MAX or abs(sum(line.tax for line in lines)) > AMOUNT_MAX:
        raise InvalidValue(N_("The lines of revenue add up to more than can be stored."))


def in_order(lines: list[Line]) -> tuple[Line, ...]:
    """Lines as they are kept, by id, so that the same lines in another order are the same word."""
    return tuple(sorted(lines))
