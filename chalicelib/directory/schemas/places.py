"""Chains, brands and properties on the wire.

Checks that need another field look at it in a field validator, so that every error is told at once.
"""


from datetime import datetime
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from chalicelib.directory.schemas.values import (
    UNSET,
    Address,
    BusinessDayClose,
    Country,
    CurrencyCode,
    Email,
    Hour,
    Id,
    InstantIn,
    InstantOut,
    Language,
    Languages,
    ListQuery,
    Name,
    Out,
    Phone,
    SmsSender,
    TimeZone,
    WallTime,
    example,
)
from chalicelib.kernel.calendars import LeapRule
from chalicelib.kernel.i18n import N_
from chalicelib.web.endpoints import PageQuery, Schema

Notice = Literal["generated_identities"]


class ChainSettings(Schema):
    """How a chain speaks to its guests, unless a property says otherwise."""

    languages: Languages = Field(default=["en", "zh"], description="What the chain writes in, most important first.")
    default_language: Language = Field(default="en", validate_default=True, description="One of `languages`.")
    time_zone: TimeZone = Field(default="UTC", description="Head office's zone.")
    leap_rule: LeapRule = Field(default="feb28", description="When those born on 29 February are greeted.")
    greeting_hour: Hour = Field(default=10, description="The guest's local hour of greetings.")
    sender_name: Name | None = Field(default=None, description="Who mails come from; the chain's name if left out.")
    sender_address: Email | None = Field(default=None, description="Their address; else the installation's own.")
    sms_sender: SmsSender | None = Field(default=None, description="Sender of texts: up to 11 letters and digits.")
    notice: Notice | None = Field(default=None, description="What the portal always says about this chain's data.")

    automatic_linking: bool = Field(
        default=True, description="Merge guests who are one person beyond doubt without asking; else staff are asked."
    )

    @field_validator("default_language")
    @classmethod
    def _is_spoken(cls, value: str, info: ValidationInfo) -> str:
        if value not in info.data.get("languages", [value]):
            raise ValueError(N_("The default language must be one of the languages."))
        return value


class ChainIn(ChainSettings):
    """A new chain."""

    name: Name
    mode: Literal["test", "live"] = Field(description="A test chain lives on a clock of its own. Never changes.")
    clock_starts_at: InstantIn | None = Field(default=None, description="Where a test chain's clock stands; else now.")
    country: Country = Field(description="Where head office is.")

    model_config = example(
        name="Example Hotels", mode="test", clock_starts_at="2026-01-01T00:00:00Z", country="PT",
        time_zone="Europe/Lisbon", languages=["en", "zh"], default_language="en",
    )  # fmt: skip

    @field_validator("clock_starts_at")
    @classmethod
    def _is_for_tests(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if value is not None and info.data.get("mode") == "live":
            raise ValueError(N_("Only a test chain has a clock to set."))
        return value


class ChainPatch(Schema):
    """What may change about a chain. Its mode never does."""

    name: Name = UNSET
    country: Country = UNSET
    languages: Languages = UNSET
    default_language: Language = UNSET
    time_zone: TimeZone = UNSET
    leap_rule: LeapRule = UNSET
    greeting_hour: Hour = UNSET
    sender_name: Name = UNSET
    sender_address: Email | None = None
    sms_sender: SmsSender | None = None
    automatic_linking: bool = UNSET

    model_config = example(greeting_hour=10)


class ChainOut(Out):
    """A chain."""

    id: str
    version: int
    name: str
    mode: Literal["test", "live"]
    languages: list[str]
    default_language: str
    time_zone: str
    country: str
    leap_rule: LeapRule
    greeting_hour: int
    sender_name: str
    sender_address: str | None
    sms_sender: str | None
    notice: Notice | None
    automatic_linking: bool
    activated_at: InstantOut = Field(description="Nothing from before this instant is acted on.")
    created_at: InstantOut
    updated_at: InstantOut


class ChainQuery(PageQuery):
    """Filters of the operator's list."""

    mode: Literal["test", "live"] | None = None


# -- brands and properties -------------------------------------------------------------------------------------


class BrandIn(Schema):
    """A new brand."""

    name: Name

    model_config = example(name="Harbour Collection")


class BrandPatch(Schema):
    """What may change about a brand."""

    name: Name = UNSET

    model_config = example(name="Harbour Collection")


class BrandOut(Out):
    """A brand."""

    id: str
    version: int
    name: str
    created_at: InstantOut
    updated_at: InstantOut


class BrandQuery(ListQuery):
    """Filters of the list of brands."""


class LocalNames(Schema):
    """A name in the languages of the portal and of greetings."""

    en: Name | None = None
    zh: Name | None = None


class PropertyIn(Schema):
    """A new property."""

    name: Name
    names: LocalNames = Field(default_factory=LocalNames, description="By language; `name` fills what is missing.")
    brand_id: Id | None = Field(default=None, description="The brand it runs under.")
    time_zone: TimeZone = Field(description="A zone of the tz database: stays, quiet hours and days are local to it.")
    country: Country
    currency: CurrencyCode = Field(description="ISO 4217: what its folios are in.")
    languages: Languages = Field(default=["en"], description="What its staff can speak with guests.")
    business_day_close: BusinessDayClose = Field(default="03:00", description="When the hotel's day ends.")
    quiet_start: WallTime = Field(default="21:00", description="No message leaves from here on …")
    quiet_end: WallTime = Field(default="09:00", description="… until here. The same as the start: no quiet hours.")
    address: Address | None = None
    phone: Phone | None = Field(default=None, description="In international form.")
    email: Email | None = Field(default=None, description="Where guests can reach it.")

    model_config = example(
        name="Harbour House", names={"en": "Harbour House", "zh": "海港酒店"},
        brand_id="brd_0000000000000000000000de00", time_zone="Europe/Lisbon", country="PT", currency="EUR",
        languages=["pt", "en"], business_day_close="03:00", quiet_start="21:00", quiet_end="09:00",
        address="Rua do Cais 1\n1100-000 Lisboa", phone="+351 21 000 0000",
        email="house@harbour.example",
    )  # fmt: skip


class PropertyPatch(Schema):
    """What may change about a property."""

    name: Name = UNSET
    names: LocalNames = UNSET
    brand_id: Id | None = None
    time_zone: TimeZone = UNSET
    country: Country = UNSET
    currency: CurrencyCode = UNSET
    languages: Languages = UNSET
    business_day_close: BusinessDayClose = UNSET
    quiet_start: WallTime = UNSET
    quiet_end: WallTime = UNSET
    address: Address | None = None
    phone: Phone | None = None
    email: Email | None = None

    model_config = example(quiet_start="21:00", quiet_end="09:00")


class PropertyOut(Out):
    """A property."""

    id: str
    version: int
    brand_id: str | None
    name: str
    names: LocalNames
    time_zone: str
    country: str
    currency: str
    languages: list[str]
    business_day_close: str
    quiet_start: str
    quiet_end: str
    address: str | None
    phone: str | None
    email: str | None
    created_at: InstantOut
    updated_at: InstantOut


class PropertyQuery(ListQuery):
    """Filters of the list of properties."""

    brand_id: Id | None = None
    country: Country | None = None
