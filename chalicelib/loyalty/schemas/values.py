"""Values that loyalty's schemas share."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from chalicelib.kernel.calendars import format_instant, parse_day
from chalicelib.kernel.money import normalise_currency
from chalicelib.kernel.text import clean_text
from chalicelib.loyalty.rules.lots import POINTS_MAX
from chalicelib.web.endpoints import Schema

DEMO_PROGRAMME = "prg_0000000000000000000000de00"
DEMO_MEMBER = "mem_0000000000000000000000g000"
DEMO_FRIEND = "mem_0000000000000000000000f000"
DEMO_GUEST = "gst_0000000000000000000000g000"
DEMO_PROPERTY = "prp_0000000000000000000000c000"
NAME_LENGTH_MAX = 120
CODE = r"^[a-z0-9][a-z0-9_.-]{0,39}$"
LINES_MAX = 200


def _day(value: Any) -> Any:
    return parse_day(value) if isinstance(value, str) else value


def _name(value: str) -> str:
    return clean_text(value, NAME_LENGTH_MAX)


def _instant_out(value: Any) -> Any:
    return format_instant(value) if not isinstance(value, str) else value


def example(**values: Any) -> ConfigDict:
    return ConfigDict(**{**Schema.model_config, "json_schema_extra": {"examples": [values]}})


Id = Annotated[str, Field(min_length=1, max_length=40)]
Day = Annotated[date, BeforeValidator(_day)]
DayOut = Annotated[str, BeforeValidator(str), Field(json_schema_extra={"format": "date"})]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX), AfterValidator(_name)]
Code = Annotated[str, Field(pattern=CODE)]
Points = Annotated[int, Field(ge=1, le=POINTS_MAX, strict=True)]
Currency = Annotated[str, Field(max_length=3), AfterValidator(normalise_currency)]
InstantOut = Annotated[str, BeforeValidator(_instant_out), Field(json_schema_extra={"format": "date-time"})]
Word = Annotated[str, Field(min_length=1, max_length=80)]
Reason = Literal["goodwill", "missing_stay", "service_failure", "correction", "fraud", "migration"]


class Out(Schema):
    """Base of answers: read from a record's attributes."""

    model_config = ConfigDict(**{**Schema.model_config, "from_attributes": True})
