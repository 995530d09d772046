"""What crosses the wire about the policies of occasions."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.outreach.rules.policies import purpose_of
from chalicelib.outreach.rules.vocabulary import OCCASIONS, OccasionName, Purpose
from chalicelib.outreach.schemas import InstantOut
from chalicelib.web.endpoints import Schema

OFFER_LENGTH_MAX = 200  # a sentence or two; in a text message every 67 Chinese characters are another part

OfferText = Annotated[str, Field(min_length=1, max_length=OFFER_LENGTH_MAX, pattern=r"^[^\x00-\x1f<>{}]+$")]


class OfferIn(Schema):
    """A sentence that is added to the message, in every language that guests are written to in."""

    en: OfferText
    zh: OfferText


class OccasionPolicyIn(Schema):
    """What is to hold from now on."""

    is_on: bool
    offer: OfferIn | None = Field(
        default=None,
        description="With an offer the message is marketing: it asks for that consent, and counts for its limits.",
    )

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
    valid_from: InstantOut | None = Field(description="When it was published; null for the house's own rule.")
    on_since: InstantOut | None = Field(description="What lies before this stays silent; null: since the beginning.")
    made_by: str | None = Field(description="Who published it.")

    @classmethod
    def of(cls, policy: Any) -> Self:
        """A version as it is shown."""
        return cls(
            occasion=policy.occasion,
            version=policy.number,
            is_on=policy.is_on,
            purpose=purpose_of(policy, OCCASIONS[policy.occasion].purpose),
            offer=dict(policy.offer),
            valid_from=policy.valid_from,
            on_since=policy.on_since,
            made_by=policy.made_by,
        )
