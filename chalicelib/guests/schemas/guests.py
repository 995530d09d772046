"""What crosses the wire about guests. What needs the chain's data to be judged is judged by the service."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from chalicelib.guests import rules
from chalicelib.kernel import phones  # noqa: F401  (these schemas read numbers)
from chalicelib.kernel.calendars import parse_day, parse_instant
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.languages import normalise_language, normalise_time_zone
from chalicelib.kernel.text import PHONE_LENGTH_MAX, normalise_email
from chalicelib.web.endpoints import PageQuery, Schema

CITY = "prp_0000000000000000000000c000"

Purpose = Literal[
    "service", "greeting", "marketing", "survey", "personalisation", "membership", "cross_property", "cross_border"
]
Channel = Literal["email", "sms", "phone", "letter", "push", "wechat", "whatsapp"]
State = Literal["granted", "denied"]


def _read_instant(value: object) -> object:
    return parse_instant(value) if isinstance(value, str) else value


def _read_day(value: str) -> str:
    return parse_day(value).isoformat()


Instant = Annotated[datetime, BeforeValidator(_read_instant)]
Name = Annotated[str, AfterValidator(rules.clean_name)]
Email = Annotated[str, AfterValidator(normalise_email), Field(examples=["ana.silva@example.com"])]
Phone = Annotated[str, Field(max_length=PHONE_LENGTH_MAX, examples=["+351912345678"])]
Language = Annotated[str, AfterValidator(normalise_language), Field(examples=["pt-PT"])]
TimeZone = Annotated[str, AfterValidator(normalise_time_zone), Field(examples=["Europe/Lisbon"])]
Day = Annotated[str, AfterValidator(_read_day), Field(json_schema_extra={"format": "date"})]
Nationality = Annotated[str, AfterValidator(rules.clean_nationality), Field(examples=["PT"])]
Occupation = Annotated[str, AfterValidator(rules.clean_occupation), Field(examples=["Architect"])]
System = Annotated[str, AfterValidator(rules.clean_system), Field(examples=["opera"])]
Number = Annotated[str, AfterValidator(rules.clean_external_id), Field(examples=["G-1042"])]
ConsentSource = Annotated[str, AfterValidator(rules.clean_consent_source), Field(examples=["front desk"])]
PropertyId = Annotated[str, Field(max_length=40, examples=[CITY])]


class ExternalIdIn(Schema):
    """Another system's number for the guest."""

    system: System = Field(description="The other system, in small letters.")
    property_id: PropertyId | None = Field(default=None, description="Whose system it is; null: the chain's.")
    id: Number = Field(description="The number there.")


class ConsentSettingIn(Schema):
    """What the guest says about one purpose on one channel."""

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"state": "granted", "source": "front desk"}]}
    }

    state: State
    source: ConsentSource = Field(description="Where it was said, in a few words.")
    at: Instant | None = Field(default=None, description="When it was said; absent: now.")


class ConsentIn(ConsentSettingIn):
    """What the guest says, and about what."""

    purpose: Purpose
    channel: Channel


class GuestFields(Schema):
    """The particulars of a guest. A field that is absent stays as it is; null empties it."""

    given_name: Name | None = None
    family_name: Name | None = None
    emails: list[Email] | None = Field(
        default=None, max_length=rules.EMAILS_MAX, description="The first is written to."
    )
    phones: list[Phone] | None = Field(
        default=None,
        max_length=rules.PHONES_MAX,
        description="Kept as E.164. Without a + they are read as dialled at the home property, else at home.",
    )
    language: Language | None = Field(default=None, description="BCP 47. Null: the house's own.")
    time_zone: TimeZone | None = Field(default=None, description="Of the tz database.")
    birth_date: Day | None = Field(default=None, description="By the Gregorian calendar, whichever is kept.")
    birthday_calendar: Literal["gregorian", "lunar"] | None = Field(default=None, description="Whose birthday is kept.")
    nationality: Nationality | None = Field(default=None, description="ISO 3166-1 alpha-2.")
    occupation: Occupation | None = Field(default=None, description="What they do, as they say it at check-in.")
    external_ids: list[ExternalIdIn] | None = Field(
        default=None,
        max_length=rules.EXTERNAL_IDS_MAX,
        description="Replaces those that the caller sees. One number belongs to one guest.",
    )
    home_property_id: PropertyId | None = Field(default=None, description="The house that looks after the guest.")
    is_do_not_greet: bool | None = Field(default=None, description="No greetings at all, whatever the consents.")


class GuestIn(GuestFields):
    """A new guest, or what another system knows of one."""

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "given_name": "Ana",
                    "family_name": "Silva",
                    "emails": ["ana.silva@example.com"],
                    "phones": ["+351912345678"],
                    "language": "pt-PT",
                    "time_zone": "Europe/Lisbon",
                    "birth_date": "1987-08-05",
                    "nationality": "PT",
                    "home_property_id": CITY,
                    "consents": [
                        {
                            "purpose": "greeting",
                            "channel": "email",
                            "state": "granted",
                            "source": "booking form",
                        }
                    ],
                }
            ]
        }
    }

    consents: list[ConsentIn] = Field(
        default=[], max_length=len(rules.PURPOSES) * len(rules.CHANNELS), description="Each at most once."
    )

    @model_validator(mode="after")
    def _once(self) -> Self:
        keys = [(one.purpose, one.channel) for one in self.consents]
        if len(set(keys)) != len(keys):
            raise InvalidValue(N_("names a consent twice"))
        return self


class GuestUpsertIn(GuestIn):
    """What another system knows of a guest. Fields that it does not send stay as they are."""

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "given_name": "Erika",
                    "family_name": "Mustermann",
                    "emails": ["erika.mustermann@example.com"],
                    "language": "de",
                    "birth_date": "1964-08-12",
                    "nationality": "DE",
                }
            ]
        }
    }


class GuestPatch(GuestFields):
    """What changes of a guest."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"language": "zh-Hans"}]}}


class ExternalIdOut(Schema):
    """Another system's number for the guest."""

    system: str
    property_id: str | None
    id: str


class ConsentOut(Schema):
    """What holds for one purpose on one channel."""

    purpose: str
    channel: str
    state: str
    source: str
    at: str


class GuestOut(Schema):
    """A guest. Of the houses that know the guest, those within the caller's wall."""

    id: str
    given_name: str
    family_name: str
    emails: list[str]
    phones: list[str]
    language: str
    time_zone: str | None
    birth_date: str | None
    birthday_calendar: str
    nationality: str | None
    occupation: str | None
    external_ids: list[ExternalIdOut]
    consents: list[ConsentOut]
    property_ids: list[str]
    home_property_id: str | None
    is_do_not_greet: bool
    absorbed_ids: list[str]
    source: str
    created_at: str
    updated_at: str
    version: int


class GuestQuery(PageQuery):
    """Which guests, by their last change, the oldest change first."""

    property_id: PropertyId | None = Field(default=None, description="Those whom this house knows.")
    updated_since: Instant | None = Field(default=None, description="Changed at or after this instant.")
    language: Language | None = Field(default=None, description="Exactly this language.")


class GuestSearchIn(Schema):
    """What is known of the guests that are looked for: all of it must fit. Nothing personal stands in an address."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"name": "Wang", "limit": 10}]}}

    name: str | None = Field(default=None, max_length=rules.NAME_LENGTH_MAX, description="How a name begins.")
    email: Email | None = None
    phone: Phone | None = None
    external_id: ExternalIdIn | None = None
    property_id: PropertyId | None = Field(default=None, description="Those whom this house knows.")
    limit: int = Field(default=25, ge=1, le=100, description="How many at most.")
    cursor: str | None = Field(default=None, max_length=2000, description="`next` of the page before.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        wanted = (self.name, self.email, self.phone, self.external_id, self.property_id)
        if all(one is None for one in wanted):
            raise InvalidValue(N_("Say at least one thing to search by."))
        return self


class ConsentChangeOut(Schema):
    """One change of a consent, as it was heard of."""

    purpose: str
    channel: str
    state: str
    source: str
    at: str
    recorded_at: str
    recorded_by: str


class ConsentsOut(Schema):
    """What holds now, and how it came to be: the latest change first."""

    current: list[ConsentOut]
    history: list[ConsentChangeOut]
    next: str | None
    has_more: bool
