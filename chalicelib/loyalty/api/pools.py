"""REST endpoints of pools."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.schemas import ContributionIn, EntryOut, PoolIn, PoolMemberIn, PoolOut
from chalicelib.web.endpoints import Answer, Api

api = Api("loyalty")

POOL = {"pool_id": "pol_0000000000000000000000h000"}


@api.post("/v1/pools", permission="points:write", body=PoolIn, answers=PoolOut, refusals=(404, 409, 422))
def open_pool(scope: Scope, body: PoolIn) -> Answer:
    """Let a member's account be a household's pool.

    201 for a new pool; 200 with the pool as it is for a member who owns one.
    """
    record, is_new = service.open_pool(scope, body.owner_id)
    location = f"/v1/pools/{record.id}" if is_new else None
    return Answer(PoolOut.model_validate(record), status=201 if is_new else 200, location=location)


@api.get("/v1/pools/{pool_id}", permission="members:read", answers=PoolOut, refusals=(404,), path_examples=POOL)
def get_pool(scope: Scope, pool_id: str) -> PoolOut:
    """Read a pool: who is in it, and whose account it is."""
    return PoolOut.model_validate(service.pool(scope, pool_id))


@api.post(
    "/v1/pools/{pool_id}/members", permission="points:write", status=200, body=PoolMemberIn, answers=PoolOut,
    refusals=(404, 409, 422), path_examples=POOL,
)  # fmt: skip
def join_pool(scope: Scope, pool_id: str, body: PoolMemberIn) -> PoolOut:
    """Let a member join a pool, one at a time and within the programme's limit."""
    return PoolOut.model_validate(service.join_pool(scope, pool_id, body.member_id))


@api.post(
    "/v1/pools/{pool_id}/contributions", permission="points:write", body=ContributionIn, answers=EntryOut,
    refusals=(404, 409, 422), path_examples=POOL,
)  # fmt: skip
def contribute_points(scope: Scope, pool_id: str, body: ContributionIn) -> EntryOut:
    """Put a member's points into the pool, within the programme's yearly limit. They keep their last days."""
    return EntryOut.model_validate(service.contribute(scope, pool_id, body.member_id, body.points))


@api.post(
    "/v1/pools/{pool_id}/departures", permission="points:write", status=200, body=PoolMemberIn, answers=PoolOut,
    refusals=(404, 409, 422), path_examples=POOL,
)  # fmt: skip
def leave_pool(scope: Scope, pool_id: str, body: PoolMemberIn) -> PoolOut:
    """Let a member leave a pool; what was put in stays. When its owner leaves, the pool is closed."""
    return PoolOut.model_validate(service.leave_pool(scope, pool_id, body.member_id))
