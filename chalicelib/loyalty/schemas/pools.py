"""What crosses the wire about pools."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.loyalty.schemas.values import DEMO_FRIEND, DEMO_MEMBER, Id, InstantOut, Out, Points, example
from chalicelib.web.endpoints import Schema


class PoolIn(Schema):
    """Whose account is to be the pool."""

    model_config = example(owner_id=DEMO_MEMBER)

    owner_id: Id


class PoolMemberIn(Schema):
    """Who joins or leaves."""

    model_config = example(member_id=DEMO_FRIEND)

    member_id: Id


class ContributionIn(Schema):
    """Points for the pool; they keep their last days."""

    model_config = example(member_id=DEMO_FRIEND, points=1)

    member_id: Id
    points: Points


class PoolOut(Out):
    """A pool: its points are its owner's."""

    id: str
    programme_id: str
    owner_id: str
    members: dict[str, str] = Field(description="The day of joining by member; the owner among them.")
    status: Literal["open", "closed"]
    created_at: InstantOut
    updated_at: InstantOut
    version: int
