"""REST endpoints of the rules of care and of what is owed by them."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.obligations import (
    CarePolicyIn,
    CarePolicyOut,
    CarePolicyQuery,
    CareWithdrawalIn,
    ComplianceOut,
    ComplianceQuery,
    CompliancesOut,
    ObligationOut,
    ObligationQuery,
)
from chalicelib.outreach.schemas.policies import now_of, number_of
from chalicelib.outreach.service import care, compliance
from chalicelib.outreach.service.compliance import ObligationFilter
from chalicelib.web.endpoints import Answer, Listing

NEW_GUEST = {"rule": "new_guest"}
FIRST_VERSION = {**NEW_GUEST, "number": "1"}


@api.get(
    "/v1/care-policies", permission="occasions:read", query=CarePolicyQuery, answers=CarePolicyOut, is_list=True,
    refusals=(404,),
)  # fmt: skip
def list_care_policies(scope: Scope, query: CarePolicyQuery) -> Listing:
    """List what the chain owes its guests: the policy of each rule of care that is in force.

    For a property, its own version where it has one and the chain allows it.
    """
    items, following = care.policies_page(scope, query.property_id, limit=query.limit, after=query.cursor)
    return Listing([CarePolicyOut.of(one, "in_force") for one in items], following)


@api.get(
    "/v1/care-policies/{rule}/versions", permission="occasions:read", query=CarePolicyQuery, answers=CarePolicyOut,
    is_list=True, refusals=(404,), path_examples=NEW_GUEST,
)  # fmt: skip
def list_care_policy_versions(scope: Scope, rule: str, query: CarePolicyQuery) -> Listing:
    """List all versions of a rule of care, the latest first; for a property, its own.

    Those that have not begun, and those that never will because they were withdrawn, are among them.
    """
    items, following = care.versions_page(scope, rule, query.property_id, limit=query.limit, after=query.cursor)
    return Listing([CarePolicyOut.of(one.policy, one.standing) for one in items], following)


@api.post(
    "/v1/care-policies/{rule}/versions", permission="occasions:write", body=CarePolicyIn, answers=CarePolicyOut,
    refusals=(404, 409, 422), path_examples=NEW_GUEST,
)  # fmt: skip
def publish_care_policy(scope: Scope, rule: str, body: CarePolicyIn) -> Answer:
    """Publish the next version of a rule of care, in force at once or from `valid_from` on.

    Of the versions that have begun the one that began last is in force; so one for today does not cancel one for next
    year. One for the same beginning takes the other's place, which is withdrawn. Each rule has a minimum that nobody
    may go below, and the chain's version is a property's. Earlier versions stay as they are, and each obligation names
    the one that it was opened by. What would say nothing new when it begins makes no version and answers 200. What lies
    before a rule was switched on was never owed.
    """
    policy, is_new = care.publish(
        scope, rule, body.settings, is_on=body.is_on, may_override=body.may_override, property_id=body.property_id,
        valid_from=body.valid_from,
    )  # fmt: skip
    return Answer(CarePolicyOut.of(policy, now_of(policy, scope.now)), status=201 if is_new else 200)


@api.post(
    "/v1/care-policies/{rule}/versions/{number}/withdraw", permission="occasions:write", body=CareWithdrawalIn,
    answers=CarePolicyOut, refusals=(404, 409), path_examples=FIRST_VERSION, status=200,
)  # fmt: skip
def withdraw_care_policy(scope: Scope, rule: str, number: str, body: CareWithdrawalIn) -> CarePolicyOut:
    """Withdraw a version of a rule of care that has not begun: it never holds, and stays known.

    One that is withdrawn stays so. One that has begun, or begins within seconds, is followed by another instead.
    """
    policy = care.withdraw(scope, rule, number_of(number), property_id=body.property_id)
    return CarePolicyOut.of(policy, now_of(policy, scope.now))


@api.get(
    "/v1/obligations", permission="deliveries:read", query=ObligationQuery, answers=ObligationOut, is_list=True,
    refusals=(404,),
)  # fmt: skip
def list_obligations(scope: Scope, query: ObligationQuery) -> Listing:
    """List what is owed to guests and what became of it, the latest period first.

    Kept by a message or a person; breached or excused for a reason. Callers of single properties see what those owe.
    """
    wanted = ObligationFilter(query.property_id, query.guest_id, query.rule, query.status, query.from_, query.to)
    page = compliance.obligations_page(scope, wanted, limit=query.limit, after=query.cursor)
    return Listing([ObligationOut.of(one, scope.language) for one in page.items], page.next)


@api.get(
    "/v1/obligation-figures", permission="deliveries:read", query=ComplianceQuery, answers=CompliancesOut,
    refusals=(404,),
)  # fmt: skip
def read_obligation_figures(scope: Scope, query: ComplianceQuery) -> CompliancesOut:
    """Count what was owed by what became of it.

    By property, month and rule. The rate is kept ÷ (kept + breached); what is excused stands beside it.
    """
    found = compliance.compliance(scope, query.property_id, start=query.from_, end=query.to)
    rows = [ComplianceOut.of(row) for row in found.rows]
    return CompliancesOut(rows=rows, total=ComplianceOut.of(found.total), is_complete=found.is_complete)
