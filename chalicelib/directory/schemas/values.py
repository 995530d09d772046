"""The kinds of values that the directory reads and writes, each checked and brought into its one form."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from chalicelib.directory import rules
from chalicelib.kernel import phones  # noqa: F401  (these schemas read numbers)
from chalicelib.kernel.calendars import format_instant, parse_instant
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.languages import normalise_country, normalise_language, normalise_time_zone
from chalicelib.kernel.money import normalise_currency
from chalicelib.kernel.text import clean_text, normalise_email, normalise_phone
from chalicelib.web.endpoints import PageQuery, Schema

NAME_LENGTH_MAX = 200  # longer than any hotel's name, short enough for a table's column
ADDRESS_LENGTH_MAX = 500
EMAIL_TEXT_MAX = 254
SMS_SENDER_LENGTH_MAX = 11  # GSM 03.38: an alphanumeric sender
LANGUAGES_MAX = 20
PROPERTY_IDS_MAX = 1000  # a grant for more of them is a grant for the chain
PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 200  # longer ones are no safer and cost time to hash

# The default of a field that a patch may leave out but not set to null; `model_fields_set` tells what was sent.
UNSET: Any = Field(default_factory=lambda: None)


def _line(value: str) -> str:
    text = clean_text(value, NAME_LENGTH_MAX)
    if not text:
        raise ValueError(N_("This must not be empty."))
    return text


def _lines(value: str) -> str:
    return clean_text(value, ADDRESS_LENGTH_MAX, is_multiline=True)


def _languages(values: list[str]) -> list[str]:
    return list(dict.fromkeys(normalise_language(value) for value in values))


def _business_day_close(value: str) -> str:
    if value >= "12:00":
        raise ValueError(N_("The business day closes before noon."))
    return value


def _permission(value: str) -> str:
    if value not in rules.PERMISSIONS:
        raise ValueError(N_("There is no such permission."))
    return value


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_type", "This must be an instant such as 2026-03-04T05:06:07Z.")
    return parse_instant(value)


def _instant_text(value: Any) -> Any:
    return format_instant(value) if isinstance(value, datetime) else value


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else value


Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX), AfterValidator(_line)]
Address = Annotated[str, Field(max_length=ADDRESS_LENGTH_MAX), AfterValidator(_lines)]
Email = Annotated[str, Field(max_length=EMAIL_TEXT_MAX), AfterValidator(normalise_email)]
Phone = Annotated[str, Field(max_length=40), AfterValidator(normalise_phone)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(normalise_time_zone)]
Country = Annotated[str, Field(max_length=3), AfterValidator(normalise_country)]
CurrencyCode = Annotated[str, Field(max_length=3), AfterValidator(normalise_currency)]
Language = Annotated[str, Field(max_length=35), AfterValidator(normalise_language)]
Languages = Annotated[
    list[Annotated[str, Field(max_length=35)]],
    Field(min_length=1, max_length=LANGUAGES_MAX),
    AfterValidator(_languages),
]
Hour = Annotated[int, Field(ge=0, le=23)]
WallTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["21:00"])]
BusinessDayClose = Annotated[WallTime, AfterValidator(_business_day_close)]
SmsSender = Annotated[str, Field(pattern=r"^[A-Za-z0-9 ]{1,11}$", max_length=SMS_SENDER_LENGTH_MAX)]
PortalLanguage = Literal["en", "zh"]
Permission = Annotated[
    str, AfterValidator(_permission), WithJsonSchema({"type": "string", "enum": sorted(rules.PERMISSIONS)})
]
Permissions = Annotated[list[Permission], Field(min_length=1, max_length=len(rules.PERMISSIONS))]
Role = Literal["hq_admin", "hq_analyst", "property_manager", "front_desk", "marketing"]
Id = Annotated[str, Field(min_length=1, max_length=40)]
PropertyIds = Annotated[list[Id], Field(min_length=1, max_length=PROPERTY_IDS_MAX)]
Password = Annotated[str, Field(min_length=PASSWORD_LENGTH_MIN, max_length=PASSWORD_LENGTH_MAX)]
InstantIn = Annotated[datetime, PlainValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
InstantOut = Annotated[str, BeforeValidator(_instant_text), WithJsonSchema({"type": "string", "format": "date-time"})]
IdsOut = Annotated[list[str], BeforeValidator(_sorted)]


def example(**values: Any) -> ConfigDict:
    """The configuration of a body with an example that can be posted as it stands."""
    return ConfigDict(**{**Schema.model_config, "json_schema_extra": {"examples": [values]}})


class Out(Schema):
    """Base of answers: read from a record's attributes."""

    model_config = ConfigDict(**{**Schema.model_config, "from_attributes": True})


class ListQuery(PageQuery):
    """What every list of the directory can be filtered by."""

    updated_since: InstantIn | None = Field(default=None, description="Changed at or after this instant.")
