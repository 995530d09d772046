"""What crosses the wire about the policies of occasions."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from chalicelib.kernel.calendars import parse_day, parse_instant
from chalicelib.outreach.rules.policies import purpose_of
from chalicelib.outreach.rules.versions import Standing, Version, standing_of
from chalicelib.outreach.rules.vocabulary import OCCASIONS, OccasionName, Purpose
from chalicelib.outreach.schemas import InstantOut
from chalicelib.web.endpoints import Schema

OFFER_LENGTH_MAX = 200  # a sentence or two; in a text message every 67 Chinese characters are another part

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_NUMBER = re.compile(r"[1-9][0-9]{0,3}")


def _beginning(value: Any) -> datetime | date:
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_type", "This must be a day such as 2026-03-04, or an instant.")
    return parse_day(value) if _DAY.fullmatch(value) else parse_instant(value)


BeginningIn = Annotated[
    datetime | date,
    PlainValidator(_beginning),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}),
]
BEGINNING = (
    "From when on it holds: a day, which begins where the chain is, or an instant; at most 366 days ahead. "
    "Left out, or today: at once."
)
STANDING = (
    "What the version is now: `ahead` has not begun, `withdrawn` never will, `overruled` is a property's own while the "
    "chain's holds there."
)


def number_of(text: str) -> int:
    """The number of a version that an address names; 0, of which nothing is stored, for what is none."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def now_of(policy: Version, now: datetime) -> Standing:
    """What a version is that was just published, withdrawn, or found to be in force."""
    return standing_of(policy, policy, now)


OfferText = Annotated[str, Field(min_length=1, max_length=OFFER_LENGTH_MAX, pattern=r"^[^\x00-\x1f<>{}]+$")]


class OfferIn(Schema):
    """A sentence that is added to the message, in every language that guests are written to in."""

    en: OfferText
    zh: OfferText


class OccasionPolicyIn(Schema):
    """What is to hold from now on, or from a later day."""

    is_on: bool
    offer: OfferIn | None = Field(
        default=None,
        description="With an offer the message is marketing: it asks for that consent, and counts for its limits.",
    )
    valid_from: BeginningIn | None = Field(default=None, description=BEGINNING)

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [{"is_on": True, "offer": {"en": "Stay three nights, pay for two.", "zh": "住三晚，付两晚。"}}]
        }
    }


class OccasionPolicyOut(Schema):
    """A version of what a chain has its guests written for."""

    occasion: OccasionName
    version: int = Field(description="0 is the house's own rule, which holds while the chain has said nothing.")
    is_on: bool
    purpose: Purpose = Field(description="What consent its messages ask for.")
    offer: dict[Literal["en", "zh"], str]
    standing: Standing = Field(description=STANDING)
    valid_from: InstantOut | None = Field(description="When it begins; null for the house's own rule.")
    on_since: InstantOut | None = Field(description="What lies before this stays silent; null: since the beginning.")
    made_by: str | None = Field(description="Who published it.")
    withdrawn_at: InstantOut | None = Field(description="When it was withdrawn, before it began.")

    @classmethod
    def of(cls, policy: Any, standing: Standing) -> Self:
        """A version as it is shown."""
        return cls(
            occasion=policy.occasion,
            version=policy.number,
            is_on=policy.is_on,
            purpose=purpose_of(policy, OCCASIONS[policy.occasion].purpose),
            offer=dict(policy.offer),
            standing=standing,
            valid_from=policy.valid_from,
            on_since=policy.on_since,
            made_by=policy.made_by,
            withdrawn_at=policy.withdrawn_at,
        )
