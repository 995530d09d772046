"""How a chain changes what its guests are written for."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.kernel.errors import Conflict, Forbidden, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models.policies import PolicyVersion
from chalicelib.outreach.rules import policies as rules
from chalicelib.outreach.rules.journey import STEPS
from chalicelib.outreach.rules.policies import Policy
from chalicelib.outreach.service import accompanying, arming, celebrating
from chalicelib.outreach.service.policies import forget, versions_of


def publish(
    scope: Scope, occasion: str, *, is_on: bool, offer: Mapping[str, str], seen: int | None = None
) -> Policy:
    """A new version, in force at once; what would say nothing new changes nothing. Raises NotFound, Forbidden for
    callers of single properties, and Conflict if `seen`, the number of the version that the caller takes to be the
    latest, is not.

    Switching on goes through the chain's guests by itself and puts on the agenda what lies ahead.
    """

    if scope.property_ids is not None:
        raise Forbidden(N_("What guests are written for is decided by the chain: this needs access to all properties."))

    def attempt() -> Policy:
        before = versions_of(scope, occasion)[-1]
        if rules.is_same(before, is_on=is_on, offer=offer):
            return before
        if seen is not None and seen != before.number:
            raise Conflict(rules.CHANGED_MEANWHILE)
        if before.number >= rules.VERSIONS_MAX:
            raise Conflict(N_("This policy has as many versions as it can have."))
        policy = rules.following(before, is_on=is_on, offer=offer, now=scope.now, made_by=scope.actor.id)
        unit = Unit(scope)
        unit.create(PolicyVersion.file(scope, policy), refusal=Stale())
        if is_on and not before.is_on:
            arming.arm_all_again(scope, unit, scope.chain_id)
            if occasion == "festival":
                celebrating.arm_festivals(unit, scope.chain_id)
            if occasion in STEPS:
                accompanying.arm_again_soon(unit, scope.chain_id)
        unit.audit("occasion_policy.published", scope.chain_id, occasion=occasion, number=policy.number, is_on=is_on)
        unit.commit()
        forget(scope.chain_id)
        return policy

    return retried(attempt)
