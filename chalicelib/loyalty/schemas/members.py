"""What crosses the wire about members."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.loyalty.schemas.values import DEMO_GUEST, DEMO_PROGRAMME, Code, DayOut, Id, InstantOut, Out, example
from chalicelib.web.endpoints import Schema


class MemberIn(Schema):
    """A guest joins. Enrolling a member again answers the member as it is."""

    model_config = example(programme_id=DEMO_PROGRAMME, guest_id=DEMO_GUEST, consent_source="front_desk")

    programme_id: Id
    guest_id: Id
    consent_source: Code = Field(description="Where the guest agreed to the programme: `front_desk`, `web`.")
    property_id: Id | None = Field(default=None, description="Where the guest joined.")


class MemberPatch(Schema):
    """A membership's status. A closed one stays closed."""

    model_config = example(status="active")

    status: Literal["active", "suspended", "closed"]


class MemberSearchIn(Schema):
    """A membership number as it is typed."""

    model_config = example(number="9741473004")

    number: str = Field(min_length=1, max_length=40)


class MemberOut(Out):
    """A member and the balance, in points."""

    id: str
    guest_id: str
    programme_id: str
    number: str
    status: str
    balance: int = Field(description="Confirmed points, locked ones included; below zero where points are owed.")
    available: int = Field(description="What may be redeemed now.")
    pending: int = Field(description="Earned, and not confirmed yet.")
    held: int = Field(description="Locked for redemptions that are not settled.")
    pool_id: str | None = Field(description="The household's pool that the member is in.")
    merged_into: str | None = Field(description="The member whose account this one's points are in now.")
    enrolled_on: DayOut
    active_on: DayOut
    created_at: InstantOut
    updated_at: InstantOut
    version: int
