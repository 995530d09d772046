"""How a chain changes what its guests are written for: at once, or from a later day on.

What a version that switches an occasion on puts on the agenda is put there when it begins, not before: by the
publication where it begins at once, else by one item of the agenda that is due at its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from chalicelib.directory import service as directory
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.errors import Conflict, Forbidden, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import kinds
from chalicelib.outreach.models.policies import PolicyVersion
from chalicelib.outreach.rules import policies as rules
from chalicelib.outreach.rules import versions
from chalicelib.outreach.rules.journey import STEPS
from chalicelib.outreach.rules.policies import Policy
from chalicelib.outreach.rules.vocabulary import OCCASION_NAMES
from chalicelib.outreach.service import accompanying, arming, celebrating, policies
from chalicelib.outreach.service.policies import forget, versions_of


def publish(
    scope: Scope, occasion: str, *, is_on: bool, offer: Mapping[str, str], seen: int | None = None,
    valid_from: datetime | date | None = None,
) -> Policy:  # fmt: skip
    """A new version, in force at once or from an instant or a day on; what would say nothing new when it begins makes
    none. One that begins when another was to begin takes its place, and the other is withdrawn. Raises NotFound,
    Forbidden for callers of single properties, Invalid for a beginning that lies behind or too far ahead, and Conflict
    if `seen`, the number of the version that the caller takes to be the latest, is not.

    When it switches the occasion on, the chain's guests are gone through and what lies ahead is put on the agenda.
    """
    _require(scope)
    begins = versions.start_of(valid_from, scope.now, directory.chain_of(scope).time_zone)

    def attempt() -> Policy:
        known = versions_of(scope, occasion)
        line = versions.line_of(known)
        start = begins or versions.at_once(line, scope.now)
        before = versions.held_at(line, start) or known[0]
        if rules.is_same(before, is_on=is_on, offer=offer):
            return before
        latest = known[-1].number
        if seen is not None and seen != latest:
            raise Conflict(rules.CHANGED_MEANWHILE)
        if latest >= rules.VERSIONS_MAX:
            raise Conflict(N_("This policy has as many versions as it can have."))
        policy = Policy(occasion, latest + 1, is_on, start, offer=dict(offer), made_by=scope.actor.id)
        unit = Unit(scope)
        unit.create(PolicyVersion.file(scope, policy), refusal=Stale())
        for one in versions.ahead_of(line, scope.now):
            if one.valid_from == begins:
                _note_withdrawn(scope, unit, one)
        if begins is not None:
            _arm_beginning(unit, policy, begins)
        elif is_on and not before.is_on:
            _arm_what_lies_ahead(scope, unit, occasion)
        unit.audit(
            "occasion_policy.published", scope.chain_id, occasion=occasion, number=policy.number, is_on=is_on,
            begins=sortable(begins) if begins else None,
        )  # fmt: skip
        unit.commit()
        forget(scope.chain_id)
        return versions.told_of([*known, policy])[-1]

    return retried(attempt)


def withdraw(scope: Scope, occasion: str, number: int) -> Policy:
    """Take back a version that has not begun; one that is withdrawn stays so. Raises NotFound, Forbidden for callers of
    single properties, and Conflict once it has begun."""
    _require(scope)
    if occasion not in OCCASION_NAMES:
        raise NotFound()

    def attempt() -> Policy:
        record = PolicyVersion.one(scope, occasion, number) if number > 0 else None
        if record is None:
            raise NotFound()
        if record.policy.withdrawn_at is None:
            if not versions.may_be_withdrawn(record.policy, scope.now):
                raise Conflict(versions.HAS_BEGUN)
            unit = Unit(scope)
            _note_withdrawn(scope, unit, record.policy)
            unit.audit("occasion_policy.withdrawn", scope.chain_id, occasion=occasion, number=number)
            unit.commit()
            forget(scope.chain_id)
        return next(one for one in versions_of(scope, occasion) if one.number == number)

    return retried(attempt)


def begin(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """A version begins: where it is by this one that the occasion is on now, what lies ahead is put on the agenda.

    What is on since another instant was on before, or is on by a version whose own beginning has seen to it.
    """
    if work.due_at > scope.now:
        return Again(work.due_at)
    forget(scope.chain_id)  # this process may still remember what was decided before
    occasion = str(work.detail["occasion"])
    policy = policies.policy_of(scope, occasion)
    if policy.is_on and policy.on_since == work.due_at:
        _arm_what_lies_ahead(scope, unit, occasion)
    return Done()


def _require(scope: Scope) -> None:
    if scope.property_ids is not None:
        raise Forbidden(N_("What guests are written for is decided by the chain: this needs access to all properties."))


def _arm_what_lies_ahead(scope: Scope, unit: Unit, occasion: str) -> None:
    arming.arm_all_again(scope, unit, scope.chain_id)
    if occasion == "festival":
        celebrating.arm_festivals(unit, scope.chain_id)
    if occasion in STEPS:
        accompanying.arm_again_soon(unit, scope.chain_id)


def _arm_beginning(unit: Unit, policy: Policy, begins: datetime) -> None:
    if policy.is_on:
        agenda.arm(
            unit, subject_id=unit.scope.chain_id, kind=kinds.POLICY_BEGINS, occurrence=policy.id, due_at=begins,
            detail={"occasion": policy.occasion},
        )  # fmt: skip


def _note_withdrawn(scope: Scope, unit: Unit, policy: Policy) -> None:
    """Note in the caller's unit that a version never holds, and take its beginning off the agenda."""
    record = PolicyVersion.one(scope, policy.occasion, policy.number)
    if record is None or record.policy.withdrawn_at is not None:
        return
    record.said = replace(record.policy, withdrawn_at=scope.now, withdrawn_by=scope.actor.id).as_dict()
    unit.update(record)
    if policy.is_on:
        agenda.disarm(
            unit, subject_id=scope.chain_id, kind=kinds.POLICY_BEGINS, occurrence=policy.id
        )  # fmt: skip
