"""How the cells of an imported row become what a source says of a stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from chalicelib.kernel.calendars import format_instant, parse_day, parse_instant
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.money import format_decimal, normalise_currency, parse_decimal
from chalicelib.kernel.text import clean_text, fold
from chalicelib.stays import rules
from chalicelib.stays.rules import Line, Source, Told

T = TypeVar("T")

CELLS_CACHED = 1024  # of columns that say the same in many rows: days, status, codes; no personal data
CELL_DIGITS_MAX = 17  # enough for the largest number kept; longer digits are never turned into a number
REVENUE_COLUMNS = {"revenue_room": "room", "revenue_food_beverage": "food_beverage", "revenue_other": "other"}

# Status words as property systems and people write them, folded and without spaces, hyphens and underscores.
_STATUS_WORDS: dict[str, tuple[str, ...]] = {
    "booked": (
        *("booked", "reserved", "reservation", "confirmed", "expected", "duein"),
        *("已预订", "预订", "已确认", "预抵"),
    ),
    "in_house": (
        *("inhouse", "checkedin", "checkin", "arrived", "stayover", "dueout", "occupied"),
        *("在住", "已入住", "入住", "预离"),
    ),
    "checked_out": (
        *("checkedout", "checkout", "departed", "completed"),
        *("已退房", "退房", "已离店", "离店"),
    ),
    "cancelled": ("cancelled", "canceled", "cancellation", "cxl", "已取消", "取消"),
    "no_show": ("noshow", "didnotarrive", "未到", "未到店", "未入住", "应到未到"),
}
STATUS_OF_WORD = {word: status for status, words in _STATUS_WORDS.items() for word in words}

_BETWEEN_WORDS = re.compile(r"[\s_\-]+")
_DAY = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?(?:[ T]00:00(?::00)?)?")
_NUMBER = re.compile(r"([0-9]+)(?:\.0+)?")  # spreadsheets like to write 2 as 2.0


@dataclass(frozen=True)
class Word:
    """What a readable row says: the five things that every stay has, and in `given` the fields that the row fills."""

    external_id: str
    guest_external_id: str
    arrival: str
    departure: str
    status: str
    currency: str
    given: Mapping[str, Any]
    source: Source

    def told_of(self, guest_id: str) -> Told:
        """What is told of a guest's stay."""
        return Told(guest_id, self.arrival, self.departure, self.status, self.currency, **self.given)

    @property
    def told(self) -> Told:
        """The same, whosever stay it is."""
        return self.told_of("")


@dataclass
class Reading:
    """One row being read. Everything wrong with it is gathered."""

    cells: Mapping[str, str]
    errors: list[FieldError] = field(default_factory=list)

    def fault(self, column: str, reason: str) -> None:
        """Note what is wrong with a column."""
        self.errors.append(FieldError(column, reason))

    def take(self, column: str, parse: Callable[..., T], *limits: Any) -> T | None:
        """A cell read by `parse`, or None where it is empty or wrong."""
        cell = self.cells.get(column)
        if cell is None or not (cell := cell.strip()):
            return None
        try:
            return parse(cell, *limits)
        except InvalidValue as reason:
            self.errors.append(FieldError(column, reason.reason, "invalid", reason.values))
            return None

    def need(self, column: str, reason: str, parse: Callable[..., T], *limits: Any) -> T | None:
        """As `take`, for a column without which a row says nothing."""
        if not self.cells.get(column, "").strip():
            self.fault(column, reason)
        return self.take(column, parse, *limits)


def read_row(cells: Mapping[str, str], currency: str, system: str) -> Word | tuple[FieldError, ...]:
    """What a row says at a property with a currency, or everything that is wrong with it."""
    row = Reading(cells)
    number = row.need("external_id", N_("The row has no booking number."), clean_text, rules.EXTERNAL_ID_LENGTH_MAX)
    guest = row.need("guest_external_id", N_("The row has no guest number."), clean_text, rules.EXTERNAL_ID_LENGTH_MAX)
    arrival = row.need("arrival_date", N_("The row has no day of arrival."), read_day)
    departure = row.need("departure_date", N_("The row has no day of departure."), read_day)
    status = row.need("status", N_("The row has no status."), read_status)
    row.take("currency", _same_currency, currency)
    given: dict[str, Any] = {
        "room_type": row.take("room_type", _code, rules.TEXT_LENGTH_MAX),
        "room_number": row.take("room_number", _code, rules.ROOM_NUMBER_LENGTH_MAX),
        "rate_plan": row.take("rate_plan", _code, rules.TEXT_LENGTH_MAX),
        "channel": row.take("channel", _code, rules.TEXT_LENGTH_MAX),
        "segment": row.take("segment", _code, rules.TEXT_LENGTH_MAX),
        "adults": row.take("adults", _heads),
        "children": row.take("children", _heads),
        "booked_on": row.take("booked_on", read_day),
        "revenue_lines": _lines(row, currency),
    }
    version = row.take("source_version", _version)
    updated_at = row.take("source_updated_at", parse_instant)
    if arrival and departure:
        _check(row, "departure_date", rules.check_days, date.fromisoformat(arrival), date.fromisoformat(departure))
    if row.errors or not (number and guest and arrival and departure and status):
        return tuple(row.errors) or (FieldError("external_id", N_("The row has no booking number.")),)
    filled = {name: value for name, value in given.items() if value not in (None, "", ())}
    source = Source(system, version, sortable(updated_at) if updated_at else None)
    return Word(number, guest, arrival, departure, status, currency, filled, source)


def kept_cells(word: Word) -> dict[str, str]:
    """What a row says as it would be kept, by column: for showing it before it is."""
    told, source = word.told, word.source
    kept: dict[str, Any] = {
        "external_id": word.external_id,
        "guest_external_id": word.guest_external_id,
        "arrival_date": told.arrival,
        "departure_date": told.departure,
        "status": told.status,
        "currency": told.currency,
        **{name: getattr(told, name) for name in word.given if name != "revenue_lines"},
        "source_version": source.version,
        "source_updated_at": format_instant(from_sortable(source.updated_at)) if source.updated_at else None,
    }
    columns = {category: column for column, category in REVENUE_COLUMNS.items()}
    for line in told.revenue_lines:
        kept[columns[line.category]] = format_decimal(line.amount, told.currency)
    return {name: str(value) for name, value in kept.items() if value is not None}


@lru_cache(maxsize=CELLS_CACHED)
def read_day(cell: str) -> str:
    """A day as `2026-03-04` from what spreadsheets make of one, year first. Raises InvalidValue."""
    found = _DAY.fullmatch(cell)
    if found is None:
        raise InvalidValue(N_("is not a date in the form 2026-03-04"))
    return parse_day(f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}").isoformat()


@lru_cache(maxsize=CELLS_CACHED)
def read_status(cell: str) -> str:
    """A status from any of the words for it. Raises InvalidValue."""
    try:
        return STATUS_OF_WORD[_BETWEEN_WORDS.sub("", fold(cell))]
    except KeyError:
        raise InvalidValue(N_("is not a status of a stay")) from None


def _same_currency(cell: str, currency: str) -> str:
    if normalise_currency(cell) != currency:
        raise InvalidValue(N_("is not the property's currency (%(currency)s)"), currency=currency)
    return currency


def _number(cell: str, limit: int) -> int:
    found = _NUMBER.fullmatch(cell)
    if found is None or len(found[1]) > CELL_DIGITS_MAX or int(found[1]) > limit:
        raise InvalidValue(N_("is not a whole number from 0 to %(limit)d"), limit=limit)
    return int(found[1])


_code = lru_cache(maxsize=CELLS_CACHED)(clean_text)


@lru_cache(maxsize=CELLS_CACHED)
def _heads(cell: str) -> int:
    return _number(cell, rules.GUESTS_IN_STAY_MAX)


def _version(cell: str) -> int:
    return _number(cell, rules.SOURCE_VERSION_MAX)


def _lines(row: Reading, currency: str) -> tuple[Line, ...]:
    """A line for each kind of revenue that the row tells, under the kind's own name."""
    lines = []
    for column, category in REVENUE_COLUMNS.items():
        amount = row.take(column, parse_decimal, currency)
        if amount is not None:
            lines.append(Line(category, category, amount))
    return rules.in_order(lines)


def _check(row: Reading, column: str, check: Callable[..., None], *values: Any) -> None:
    try:
        check(*values)
    except InvalidValue as reason:
        row.fault(column, reason.reason)
