"""What crosses the wire about entries, redemptions and corrections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.loyalty.rules.ledger import EntryType
from chalicelib.loyalty.rules.lots import POINTS_MAX
from chalicelib.loyalty.schemas.values import (
    DEMO_FRIEND,
    DEMO_PROPERTY,
    Code,
    Day,
    DayOut,
    Id,
    InstantOut,
    Out,
    Points,
    Reason,
    example,
)
from chalicelib.web.endpoints import Schema


class SliceOut(Schema):
    """Points of one lot."""

    lot: str
    points: int
    earned_on: str
    expires_on: str | None
    property_id: str | None
    funding_owner: str
    source: str


class EntryOut(Out):
    """One entry of the ledger. Sums of `points`, `pending` and `held` over all entries are the account."""

    id: str
    type: EntryType
    points: int
    pending: int
    held: int
    written_off: int
    balance_after: int
    given: list[SliceOut] | None
    taken: list[SliceOut] | None
    source: str
    property_id: str | None
    funding_owner: str
    cost_owner: str | None
    programme_version: int | None
    rate: str | None
    business_date: DayOut
    at: InstantOut
    reason: str | None
    reverses: str | None


class LotOut(Schema):
    """Points that live until a day."""

    points: int
    held: int
    earned_on: DayOut
    expires_on: DayOut | None
    property_id: str | None
    source: str


class RedemptionIn(Schema):
    """Points for something: spent now, or locked until it is settled."""

    model_config = example(points=1, reward="coffee", property_id=DEMO_PROPERTY)

    points: Points
    reward: Code = Field(description="What for: the chain's own word.")
    property_id: Id | None = Field(default=None, description="Where.")
    use_on: Day | None = Field(default=None, description="The day it is for; today if left out.")
    is_hold: bool = Field(default=False, description="Lock the points; capture or release settles it.")


class CaptureIn(Schema):
    """How many of the locked points are spent."""

    model_config = example()

    points: Points | None = Field(default=None, description="All if left out; the rest goes back.")


class CancellationIn(Schema):
    """What the guest keeps paying."""

    model_config = example(penalty=0)

    penalty: int = Field(default=0, ge=0, le=POINTS_MAX)


class RedemptionOut(Out):
    """A redemption and its state."""

    id: str
    status: Literal["held", "captured", "released", "cancelled"]
    points: int
    penalty: int
    reward: str
    property_id: str | None
    use_on: DayOut | None
    created_at: InstantOut
    updated_at: InstantOut


class AdjustmentIn(Schema):
    """Points given or taken by hand, within the role's limit."""

    model_config = example(points=5, reason="goodwill", cost_owner=DEMO_PROPERTY)

    points: int = Field(ge=-POINTS_MAX, le=POINTS_MAX, strict=True, description="Below zero takes points away.")
    reason: Reason
    cost_owner: Id = Field(description="A property, or `chain`.")


class TransferIn(Schema):
    """Points for another member of the programme; they keep their last days."""

    model_config = example(to_member_id=DEMO_FRIEND, points=1)

    to_member_id: Id
    points: Points


class ExtensionIn(Schema):
    """A later end for all lots that end before it."""

    model_config = example(until="2190-01-01", reason="goodwill")

    until: Day
    reason: Reason = Field(default="goodwill")


class ReinstatementIn(Schema):
    """Points that ended come back until a day."""

    model_config = example(entry_id="ent_000000000004", until="2190-01-01")

    entry_id: Annotated[str, Field(pattern=r"^ent_\d{12}$")]
    until: Day
    reason: Reason = Field(default="goodwill")


class OpeningIn(Schema):
    """A balance of a former programme, as a lot with its own dates."""

    model_config = example(points=250, earned_on="2025-01-31", expires_on="2189-12-31", reference="example-1")

    points: Points
    earned_on: Day
    expires_on: Day | None = Field(default=None)
    reference: Code = Field(description="Unique in the member: the same one is brought in once.")


class ExplanationQuery(Schema):
    """For whom."""

    audience: Literal["guest", "desk", "auditor"] = Field(default="guest")


class ExplanationOut(Out):
    """An entry in words, in the caller's language."""

    audience: str
    headline: str
    because: list[str]
    lots: list[str]
    record: list[str]
