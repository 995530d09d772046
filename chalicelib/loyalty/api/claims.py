"""REST endpoints of claims for missing stays."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.schemas import DEMO_MEMBER, ApprovalIn, ClaimIn, ClaimOut, RejectionIn
from chalicelib.web.endpoints import Api, Listing, PageQuery

api = Api("loyalty")

MEMBER = {"member_id": DEMO_MEMBER}
TO_APPROVE = {**MEMBER, "claim_id": "clm_0000000000000000000000a000"}
TO_REJECT = {**MEMBER, "claim_id": "clm_0000000000000000000000r000"}


@api.get("/v1/claims", permission="members:read", query=PageQuery, answers=ClaimOut, is_list=True)
def list_open_claims(scope: Scope, query: PageQuery) -> Listing:
    """List the claims that wait for a decision, by property, the oldest first."""
    items, following = service.open_claims(scope, limit=query.limit, after=query.cursor)
    return Listing([ClaimOut.model_validate(one) for one in items], following)


@api.post(
    "/v1/members/{member_id}/claims", permission="points:write", body=ClaimIn, answers=ClaimOut,
    refusals=(404, 409, 422), path_examples=MEMBER,
)  # fmt: skip
def open_claim(scope: Scope, member_id: str, body: ClaimIn) -> ClaimOut:
    """Claim the points of a stay that is missing from the account.

    One claim for each stay: the same again answers the open claim, anything that overlaps is refused.
    """
    record = service.open_claim(
        scope,
        member_id,
        property_id=body.property_id,
        arrival=body.arrival,
        departure=body.departure,
        cause=body.cause,
        points=body.points,
    )
    return ClaimOut.model_validate(record)


@api.get(
    "/v1/members/{member_id}/claims", permission="members:read", query=PageQuery, answers=ClaimOut, is_list=True,
    refusals=(404,), path_examples=MEMBER,
)  # fmt: skip
def list_claims(scope: Scope, member_id: str, query: PageQuery) -> Listing:
    """List a member's claims, newest first."""
    items, following = service.claims_of(scope, member_id, limit=query.limit, after=query.cursor)
    return Listing([ClaimOut.model_validate(one) for one in items], following)


@api.post(
    "/v1/members/{member_id}/claims/{claim_id}/approvals", permission="points:write", status=200, body=ApprovalIn,
    answers=ClaimOut, refusals=(403, 404, 409, 422), path_examples=TO_APPROVE,
)  # fmt: skip
def approve_claim(scope: Scope, member_id: str, claim_id: str, body: ApprovalIn) -> ClaimOut:
    """Give the points of a claim, within the role's limit. The same again changes nothing.

    The stay earns nothing by itself any more, should the property tell of it later.
    """
    record = service.approve_claim(scope, member_id, claim_id, points=body.points, cost_owner=body.cost_owner)
    return ClaimOut.model_validate(record)


@api.post(
    "/v1/members/{member_id}/claims/{claim_id}/rejections", permission="points:write", status=200, body=RejectionIn,
    answers=ClaimOut, refusals=(404, 409, 422), path_examples=TO_REJECT,
)  # fmt: skip
def reject_claim(scope: Scope, member_id: str, claim_id: str, body: RejectionIn) -> ClaimOut:
    """Refuse a claim, with a reason. The same again changes nothing."""
    return ClaimOut.model_validate(service.reject_claim(scope, member_id, claim_id, reason=body.reason))
