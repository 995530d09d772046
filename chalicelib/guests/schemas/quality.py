"""What crosses the wire about the quality of contact points."""

from typing import Literal

from pydantic import Field

from chalicelib.guests.rules.quality import HOUSELESS, STALE_MONTHS_DEFAULT, STALE_MONTHS_MAX, STALE_MONTHS_MIN
from chalicelib.web.endpoints import PageQuery, Schema

Kind = Literal["email", "phone"]


class QualityRuleIn(Schema):
    """When a contact point of which nothing is heard is to be checked."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"stale_months": 18}]}}

    stale_months: int = Field(ge=STALE_MONTHS_MIN, le=STALE_MONTHS_MAX, description=f"At first {STALE_MONTHS_DEFAULT}.")


class QualityRuleOut(Schema):
    """When a contact point of which nothing is heard is to be checked."""

    stale_months: int


class QualityOut(Schema):
    """How many contact points of a house's guests there are, and how many of them are wrong, as last counted."""

    property_id: str = Field(description="`-`: guests whom no house knows.")
    points: int
    bounced: int
    malformed: int
    stale: int
    counted_at: str


class FindingsQuery(PageQuery):
    """Whose findings."""

    property_id: str = Field(
        default=HOUSELESS, max_length=40, description="The house that looks after the guests; `-`: none does."
    )


class FindingOut(Schema):
    """A contact point that somebody should look at."""

    guest_id: str
    kind: Kind
    value: str
    reason: Literal["bounced", "malformed", "stale"]
    verified_at: str | None = Field(description="When it was last known to be right.")
    verified_by: str | None = Field(description="`staff`, `delivery`, or `record`: when it came in.")


class VerificationIn(Schema):
    """A contact point that somebody has checked with the guest."""

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"kind": "email", "value": "wang.xiaoming@guests.example"}]}
    }

    kind: Kind
    value: str = Field(min_length=1, max_length=300, description="As the guest's record has it.")


class VerificationOut(Schema):
    """That it was checked."""

    guest_id: str
    kind: Kind
    checked_at: str
