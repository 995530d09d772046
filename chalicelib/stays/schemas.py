"""What crosses the wire about stays, and how it is checked on the way in.

Checks that need another field look at it in a field validator, so that every error is told at once.
"""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chalicelib.kernel.calendars import format_instant, parse_day, parse_instant
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.money import AMOUNT_MAX, normalise_currency
from chalicelib.kernel.text import clean_text
from chalicelib.stays import rules
from chalicelib.stays.rules import Line, Outcome, Source, Status
from chalicelib.web.endpoints import PageQuery, Schema

INSTANT_EXAMPLE = "This must be an instant such as 2026-03-04T05:06:07Z."

DEMO_GUEST = "gst_0000000000000000000000g000"
DEMO_PROPERTY = "prp_0000000000000000000000c000"


def _day(value: Any) -> Any:
    return parse_day(value) if isinstance(value, str) else value


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return sortable(value)
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_type", INSTANT_EXAMPLE)
    return sortable(parse_instant(value))


def _instant_out(value: Any) -> Any:
    if isinstance(value, str):
        value = parse_instant(value)
    return format_instant(value) if isinstance(value, datetime) else value


def _text(value: str) -> str:
    text = clean_text(value, rules.EXTERNAL_ID_LENGTH_MAX)
    if not text:
        raise ValueError(N_("This must not be empty."))
    return text


Id = Annotated[str, Field(min_length=1, max_length=40)]
Day = Annotated[date, BeforeValidator(_day)]
InstantIn = Annotated[
    str, BeforeValidator(_instant), Field(json_schema_extra={"format": "date-time"}, examples=["2026-03-04T05:06:07Z"])
]
InstantOut = Annotated[str, BeforeValidator(_instant_out), Field(json_schema_extra={"format": "date-time"})]
Text = Annotated[str, Field(min_length=1, max_length=rules.TEXT_LENGTH_MAX), AfterValidator(_text)]
RoomNumber = Annotated[str, Field(min_length=1, max_length=rules.ROOM_NUMBER_LENGTH_MAX), AfterValidator(_text)]
ExternalId = Annotated[str, Field(min_length=1, max_length=rules.EXTERNAL_ID_LENGTH_MAX), AfterValidator(_text)]
System = Annotated[str, Field(pattern=rules.SYSTEM_PATTERN, description="The system's name: `opera`.")]
Currency = Annotated[str, Field(max_length=3), AfterValidator(normalise_currency)]
Amount = Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
Heads = Annotated[int, Field(ge=0, le=rules.GUESTS_IN_STAY_MAX)]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(**{**Schema.model_config, "json_schema_extra": {"examples": [values]}})


# -- parts ---------------------------------------------------------------------------------------------------------


class RevenueLine(Schema):
    """One line of what was spent. Money in minor units of the property's currency."""

    id: Annotated[str, Field(min_length=1, max_length=rules.LINE_ID_LENGTH_MAX), AfterValidator(_text)] = Field(
        description="The source's number of the line, unique in the stay."
    )
    category: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$", description="room, food_beverage, spa, other or another word of the chain's."
    )
    amount: Amount = Field(description="Without tax; negative where it corrects another line.")
    tax: Amount = Field(default=0, description="Tax on top.")
    eligible: bool = Field(default=True, description="Whether it may count towards loyalty.")

    def line(self) -> Line:
        """The line as the rules see it."""
        return Line(self.id, self.category, self.amount, self.tax, self.eligible)


class RateIn(Schema):
    """The price of a night."""

    amount: int = Field(ge=0, le=AMOUNT_MAX, description="Minor units.")
    currency: Currency


class MarkIn(Schema):
    """Which of a source's words this is: a version, or an instant. Without either the last word wins."""

    version: int | None = Field(default=None, ge=0, le=rules.SOURCE_VERSION_MAX)
    updated_at: InstantIn | None = Field(default=None)


class SourceIn(MarkIn):
    """Who says it."""

    system: System

    def source(self) -> Source:
        """The source as the rules see it."""
        return Source(self.system, self.version, self.updated_at)


class NamedMarkIn(MarkIn):
    """Which of its words this is, where the address names the system."""

    system: System | None = Field(default=None, description="If given, the system of the address.")


def _check_days(departure: date | None, info: ValidationInfo) -> date | None:
    arrival = info.data.get("arrival")
    if arrival is not None and departure is not None:
        rules.check_days(arrival, departure)
    return departure


def _check_lines(lines: list[RevenueLine] | None) -> list[RevenueLine] | None:
    rules.check_lines(tuple(line.line() for line in lines or ()))
    return lines


# -- in ------------------------------------------------------------------------------------------------------------


class Details(Schema):
    """What may be said of a stay and may be unknown."""

    room_type: Text | None = Field(default=None, description="The house's code or name: `DLX`.")
    room_number: RoomNumber | None = Field(default=None)
    rate_plan: Text | None = Field(default=None, description="The plan it was booked on: `BAR`.")
    rate: RateIn | None = Field(default=None, description="What a night costs.")
    channel: Text | None = Field(default=None, description="How it was booked: `direct`.")
    segment: Text | None = Field(default=None, description="The market segment: `leisure`.")
    adults: Heads | None = Field(default=None)
    children: Heads | None = Field(default=None)
    booked_on: Day | None = Field(default=None)
    room_ready_at: InstantIn | None = Field(
        default=None, description="Since when the room of the day of arrival is ready for the guest."
    )


class StayContent(Details):
    """All that is said of a stay, apart from where and by whom it is known."""

    guest_id: Id
    status: Status = Field(default="booked")
    arrival: Day
    departure: Day = Field(description="Not before the arrival; the same day for a day guest; at most 366 nights.")
    currency: Currency | None = Field(default=None, description="The property's; another one is refused.")
    revenue_lines: list[RevenueLine] = Field(default_factory=list, max_length=rules.LINES_MAX)

    _days = field_validator("departure")(_check_days)
    _lines = field_validator("revenue_lines")(_check_lines)


class StayIn(StayContent):
    """A stay as a system or a desk tells it. The same external id at the same property is the same stay."""

    model_config = _example(
        guest_id=DEMO_GUEST,
        property_id=DEMO_PROPERTY,
        external_id="DEMO-S-2",
        source={"system": "demo", "version": 1},
        status="booked",
        arrival="2030-05-04",
        departure="2030-05-07",
        room_type="DLX",
        rate_plan="BAR",
        rate={"amount": 12900, "currency": "EUR"},
        channel="direct",
        adults=2,
        revenue_lines=[{"id": "1", "category": "room", "amount": 38700, "tax": 2322, "eligible": True}],
    )

    property_id: Id
    external_id: ExternalId | None = Field(default=None, description="The source's number of the stay.")
    source: SourceIn | None = Field(
        default=None, validate_default=True, description="Needed with an external id. An older word changes nothing."
    )

    @field_validator("source")
    @classmethod
    def _is_named(cls, source: SourceIn | None, info: ValidationInfo) -> SourceIn | None:
        if source is None and info.data.get("external_id") is not None:
            raise ValueError(N_("An external id needs the system whose number it is."))
        return source


class ExternalStayIn(StayContent):
    """A stay as its source tells it; the address says which system, property and number."""

    model_config = _example(
        guest_id=DEMO_GUEST,
        source={"version": 2},
        status="booked",
        arrival="2030-06-01",
        departure="2030-06-03",
        room_type="STD",
        adults=1,
        children=0,
        booked_on="2030-01-15",
    )

    source: NamedMarkIn | None = Field(default=None, description="An older word changes nothing.")


class StayPatch(Details):
    """What is to change; everything left out stays as it is, null forgets it."""

    model_config = _example(room_number="0412", segment="leisure")

    guest_id: Id | None = Field(default=None, description="Moves the stay to another guest.")
    status: Status | None = Field(default=None)
    arrival: Day | None = Field(default=None)
    departure: Day | None = Field(default=None)
    revenue_lines: list[RevenueLine] | None = Field(
        default=None, max_length=rules.LINES_MAX, description="Replaces all lines."
    )
    source: SourceIn | None = Field(default=None, description="An older word of the stay's own source changes nothing.")

    _days = field_validator("departure")(_check_days)
    _lines = field_validator("revenue_lines")(_check_lines)

    @field_validator("guest_id", "status", "arrival", "departure", "revenue_lines", mode="before")
    @classmethod
    def _is_said(cls, value: Any) -> Any:
        if value is None:
            raise ValueError(N_("This can be changed, not forgotten."))
        return value


class StayQuery(PageQuery):
    """Which stays. What may be combined is told by the operation."""

    property_id: Id | None = Field(default=None)
    guest_id: Id | None = Field(default=None)
    status: Status | None = Field(default=None)
    arrival_from: Day | None = Field(default=None)
    arrival_to: Day | None = Field(default=None)
    departure_from: Day | None = Field(default=None)
    departure_to: Day | None = Field(default=None)
    updated_since: InstantIn | None = Field(default=None, description="Changed at that instant or later.")

    @field_validator("arrival_to", "departure_to")
    @classmethod
    def _is_after(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get(str(info.field_name).replace("_to", "_from"))
        if first is not None and last is not None and last < first:
            raise ValueError(N_("The last day lies before the first."))
        return last


class DayQuery(PageQuery):
    """Which day of a property."""

    day: Day | None = Field(default=None, description="The property's present business day if left out.")
    status: Status | None = Field(default=None, description="Else all that are expected: not cancelled, no no-show.")


class StaySearchIn(Schema):
    """By the source's number, or by the room that somebody is in now."""

    model_config = _example(property_id=DEMO_PROPERTY, external_id="DEMO-S-1")

    property_id: Id
    system: System | None = Field(default=None, description="Whose number it is; any system's if left out.")
    external_id: ExternalId | None = Field(default=None)
    room_number: RoomNumber | None = Field(default=None, description="The room of a guest in house.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.external_id is None) == (self.room_number is None):
            raise ValueError(N_("Search by external_id or by room_number."))
        if self.system is not None and self.external_id is None:
            raise ValueError(N_("A system goes with an external id."))
        return self


# -- out -----------------------------------------------------------------------------------------------------------


class Out(Schema):
    """Base of answers: read from a record's attributes."""

    model_config = ConfigDict(**{**Schema.model_config, "from_attributes": True})


class RateOut(Out):
    """The price of a night, in minor units."""

    amount: int
    currency: str


class SourceOut(Out):
    """Whose word counts, and which of its words was the last that did."""

    system: str
    version: int | None
    updated_at: InstantOut | None


class RevenueLineOut(Out):
    """One line of what was spent, in minor units of the stay's currency."""

    id: str
    category: str
    amount: int
    tax: int
    eligible: bool


class StayOut(Out):
    """A stay."""

    id: str
    property_id: str
    guest_id: str
    external_id: str | None
    source: SourceOut | None
    status: Status
    arrival: str = Field(json_schema_extra={"format": "date"})
    departure: str = Field(json_schema_extra={"format": "date"})
    nights: int
    room_type: str | None
    room_number: str | None
    rate_plan: str | None
    rate: RateOut | None
    channel: str | None
    segment: str | None
    adults: int | None
    children: int | None
    booked_on: str | None
    room_ready_at: InstantOut | None = Field(description="Since when the room is ready; null: it is not, or not told.")
    currency: str
    revenue_lines: list[RevenueLineOut]
    revenue_total: int = Field(description="All lines without tax, in minor units.")
    checked_out_at: InstantOut | None = Field(description="When the guest left, or the close of that day if told late.")
    is_history: bool = Field(description="An import brought it in already over: nothing follows from it.")
    created_at: InstantOut
    updated_at: InstantOut
    version: int


class StayRecorded(StayOut):
    """A stay, and what the word did to it."""

    outcome: Outcome = Field(description="`superseded`: an older word, or another one under the same version.")
