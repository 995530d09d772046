"""REST endpoints of the policies of occasions."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.policies import OccasionPolicyIn, OccasionPolicyOut, now_of, number_of
from chalicelib.web.endpoints import Listing, PageQuery

ANNIVERSARY = {"occasion": "stay_anniversary"}
FIRST_VERSION = {**ANNIVERSARY, "number": "1"}


@api.get("/v1/occasion-policies", permission="occasions:read", query=PageQuery, answers=OccasionPolicyOut, is_list=True)
def list_occasion_policies(scope: Scope, query: PageQuery) -> Listing:
    """List what the chain has its guests written for: the policy of each occasion that is in force."""
    items, following = service.policies_page(scope, limit=query.limit, after=query.cursor)
    return Listing([OccasionPolicyOut.of(one, "in_force") for one in items], following)


@api.get(
    "/v1/occasion-policies/{occasion}", permission="occasions:read", answers=OccasionPolicyOut, refusals=(404,),
    path_examples=ANNIVERSARY,
)  # fmt: skip
def get_occasion_policy(scope: Scope, occasion: str) -> OccasionPolicyOut:
    """Read the policy of an occasion that is in force."""
    return OccasionPolicyOut.of(service.held_policy(scope, occasion), "in_force")


@api.put(
    "/v1/occasion-policies/{occasion}", permission="occasions:write", body=OccasionPolicyIn,
    answers=OccasionPolicyOut, refusals=(404, 409, 422), path_examples=ANNIVERSARY,
)  # fmt: skip
def put_occasion_policy(scope: Scope, occasion: str, body: OccasionPolicyIn) -> OccasionPolicyOut:
    """Publish the next version of a policy, in force at once or from `valid_from` on.

    Of the versions that have begun the one that began last is in force; so one for today does not cancel one for next
    year. One for the same beginning takes the other's place, which is withdrawn. Earlier versions stay as they are, and
    each message names the one by which it was decided. What would say nothing new when it begins makes no version. What
    lies before an occasion was switched on stays silent.
    """
    offer = {"en": body.offer.en, "zh": body.offer.zh} if body.offer is not None else {}
    policy = service.publish(scope, occasion, is_on=body.is_on, offer=offer, valid_from=body.valid_from)
    return OccasionPolicyOut.of(policy, now_of(policy, scope.now))


@api.get(
    "/v1/occasion-policies/{occasion}/versions", permission="occasions:read", query=PageQuery,
    answers=OccasionPolicyOut, is_list=True, refusals=(404,), path_examples=ANNIVERSARY,
)  # fmt: skip
def list_occasion_policy_versions(scope: Scope, occasion: str, query: PageQuery) -> Listing:
    """List all versions of an occasion's policy, the latest first.

    Those that have not begun, and those that never will because they were withdrawn, are among them.
    """
    items, following = service.versions_page(scope, occasion, limit=query.limit, after=query.cursor)
    return Listing([OccasionPolicyOut.of(one.policy, one.standing) for one in items], following)


@api.post(
    "/v1/occasion-policies/{occasion}/versions/{number}/withdraw", permission="occasions:write",
    answers=OccasionPolicyOut, refusals=(404, 409), path_examples=FIRST_VERSION, status=200,
)  # fmt: skip
def withdraw_occasion_policy(scope: Scope, occasion: str, number: str) -> OccasionPolicyOut:
    """Withdraw a version of an occasion's policy that has not begun: it never holds, and stays known.

    One that is withdrawn stays so. One that has begun, or begins within seconds, is followed by another instead.
    """
    policy = service.withdraw(scope, occasion, number_of(number))
    return OccasionPolicyOut.of(policy, now_of(policy, scope.now))
