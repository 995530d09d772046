"""What crosses the wire about claims for missing stays."""

from __future__ import annotations

from pydantic import Field

from chalicelib.loyalty.rules.claims import ClaimCause, ClaimRefusal, ClaimStatus
from chalicelib.loyalty.schemas.values import DEMO_PROPERTY, Day, DayOut, Id, InstantOut, Out, Points, example
from chalicelib.web.endpoints import Schema


class ClaimIn(Schema):
    """A stay whose points a member misses."""

    model_config = example(
        property_id=DEMO_PROPERTY, arrival="2026-02-17", departure="2026-02-19", cause="booked_elsewhere", points=100
    )

    property_id: Id
    arrival: Day
    departure: Day = Field(description="Past, and not longer ago than the programme allows.")
    cause: ClaimCause = Field(description="Why they are missing, as the guest says.")
    points: Points = Field(description="How many are asked for.")


class ApprovalIn(Schema):
    """How many points are given, and who bears the cost."""

    model_config = example(points=80)

    points: Points | None = Field(default=None, description="As many as were asked for if left out.")
    cost_owner: Id | None = Field(default=None, description="A property, or `chain`; the claim's property if left out.")


class RejectionIn(Schema):
    """Why not."""

    model_config = example(reason="no_proof")

    reason: ClaimRefusal


class ClaimOut(Out):
    """A claim and what became of it. `suggested` is what the stay would earn, where it is known here."""

    id: str
    member_id: str
    status: ClaimStatus
    property_id: str
    arrival: DayOut
    departure: DayOut
    cause: ClaimCause
    asked: int
    suggested: int | None
    stay_id: str | None
    granted: int | None
    cost_owner: str | None
    refusal: ClaimRefusal | None
    opened_by: str
    decided_by: str | None
    created_at: InstantOut
    updated_at: InstantOut
    version: int
