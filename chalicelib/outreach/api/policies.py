"""REST endpoints of the policies of occasions."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.policies import OccasionPolicyIn, OccasionPolicyOut
from chalicelib.web.endpoints import Listing, PageQuery

ANNIVERSARY = {"occasion": "stay_anniversary"}


@api.get("/v1/occasion-policies", permission="occasions:read", query=PageQuery, answers=OccasionPolicyOut, is_list=True)
def list_occasion_policies(scope: Scope, query: PageQuery) -> Listing:
    """List what the chain has its guests written for: the policy of each occasion that is in force."""
    items, following = service.policies_page(scope, limit=query.limit, after=query.cursor)
    return Listing([OccasionPolicyOut.of(one) for one in items], following)


@api.get(
    "/v1/occasion-policies/{occasion}", permission="occasions:read", answers=OccasionPolicyOut, refusals=(404,),
    path_examples=ANNIVERSARY,
)  # fmt: skip
def get_occasion_policy(scope: Scope, occasion: str) -> OccasionPolicyOut:
    """Read the policy of an occasion that is in force."""
    return OccasionPolicyOut.of(service.versions_of(scope, occasion)[-1])


@api.put(
    "/v1/occasion-policies/{occasion}", permission="occasions:write", body=OccasionPolicyIn,
    answers=OccasionPolicyOut, refusals=(404, 409, 422), path_examples=ANNIVERSARY,
)  # fmt: skip
def put_occasion_policy(scope: Scope, occasion: str, body: OccasionPolicyIn) -> OccasionPolicyOut:
    """Publish the next version of a policy, in force at once.

    Earlier versions stay as they are, and each message names the one by which it was decided. What would say nothing
    new makes no version. What lies before an occasion was switched on stays silent.
    """
    offer = {"en": body.offer.en, "zh": body.offer.zh} if body.offer is not None else {}
    return OccasionPolicyOut.of(service.publish(scope, occasion, is_on=body.is_on, offer=offer))


@api.get(
    "/v1/occasion-policies/{occasion}/versions", permission="occasions:read", query=PageQuery,
    answers=OccasionPolicyOut, is_list=True, refusals=(404,), path_examples=ANNIVERSARY,
)  # fmt: skip
def list_occasion_policy_versions(scope: Scope, occasion: str, query: PageQuery) -> Listing:
    """List all that has been in force for an occasion, the latest first."""
    items, following = service.versions_page(scope, occasion, limit=query.limit, after=query.cursor)
    return Listing([OccasionPolicyOut.of(one) for one in items], following)
