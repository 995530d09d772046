"""The rules of care: which are in force, what they were, and how a chain or a property changes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.kernel import agenda
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import kinds
from chalicelib.outreach.models.care import CarePolicyVersion
from chalicelib.outreach.rules import care as rules
from chalicelib.outreach.rules import versions
from chalicelib.outreach.rules.care import CarePolicy
from chalicelib.outreach.rules.policies import CHANGED_MEANWHILE
from chalicelib.outreach.rules.versions import Shown
from chalicelib.outreach.service import policies

REMEMBERED_S = 10.0  # as long as the policies of occasions: a run of greetings reads them once
PLACES_REMEMBERED_MAX = 2000

PROPERTY_STAYS_ON = N_("A property may do more than the chain asks, and not switch a rule off.")
REGULARS = "loyal_guest"  # the rule of which it matters who is there already
ONLY_THE_CHAIN = N_("Only the chain allows properties a version of their own.")

Lines = Mapping[str, tuple[CarePolicy, ...]]  # by rule: what has held and what will, by when it begins

_remembered: dict[tuple[str, str | None], tuple[float, Lines]] = {}


def in_force(scope: Scope, property_id: str | None = None) -> Mapping[str, CarePolicy]:
    """The policy of each rule by name, as it holds for the chain or at a property at the scope's instant."""
    return {name: policy_of(scope, name, property_id) for name in rules.RULE_NAMES}


def policy_of(scope: Scope, rule: str, property_id: str | None = None, *, at: datetime | None = None) -> CarePolicy:
    """The policy of a rule that is in force at a place at the scope's instant, or at another."""
    instant = at or scope.now
    chain = versions.held_at(_lines(scope, None)[rule], instant) or rules.defaults()[rule]
    if property_id is None or not (chain.may_override and chain.is_on):
        return chain
    return rules.in_place(chain, versions.held_at(_lines(scope, property_id).get(rule, ()), instant))


def next_of(scope: Scope, rule: str, property_id: str | None = None) -> CarePolicy | None:
    """The version of a rule, of the chain or of the property, that begins next; None if none is dated ahead."""
    lines = [_lines(scope, place).get(rule, ()) for place in dict.fromkeys((None, property_id))]
    found = [one for line in lines for one in versions.ahead_of(line, scope.now)[:1]]
    return min(found, key=lambda one: str(one.valid_from), default=None)


def is_any_on(scope: Scope, *names: str) -> bool:
    """Whether anything is owed by one of these rules: where not, nothing is read for them."""
    return any(policy_of(scope, name).is_on for name in names)


def acts_since(chain: Chain, policy: CarePolicy) -> datetime:
    """The instant before which nothing is owed by a rule."""
    begins: datetime = chain.activated_at
    return max(begins, policy.on_since) if policy.on_since is not None else begins


def _lines(scope: Scope, property_id: str | None) -> Lines:
    """The versions of each rule at a place. Read once, then remembered for some seconds: which of them is in force
    depends on the instant that somebody asks for, not on the one at which they were read."""
    place = (scope.chain_id, property_id)
    known = _remembered.get(place)
    if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
        return known[1]
    if len(_remembered) >= PLACES_REMEMBERED_MAX:
        _remembered.clear()
    began = time.monotonic()
    said: dict[str, list[CarePolicy]] = {}
    if property_id is None:
        said = {name: [one] for name, one in rules.defaults().items()}
    for one in CarePolicyVersion.of_place(scope, property_id):
        said.setdefault(one.rule, []).append(one)
    found = {name: versions.line_of(those) for name, those in said.items()}
    _remembered[place] = began, found
    return found


def forget(chain_id: str | None = None) -> None:
    """Read afresh from now on: for a chain, or for all of them."""
    for place in [one for one in _remembered if chain_id in (None, one[0])]:
        _remembered.pop(place, None)


policies.ALSO_FORGOTTEN.append(forget)


# -- as people read them ---------------------------------------------------------------------------------------


def policies_page(
    scope: Scope, property_id: str | None, *, limit: int, after: str | None
) -> tuple[list[CarePolicy], str | None]:
    """Some of the policies in force, in the order of the rules. Raises NotFound for a property beyond the wall."""
    if property_id is not None:
        directory.property_of(scope, property_id)
    forget(scope.chain_id)  # whoever reads after a change is to see it
    known = in_force(scope, property_id)
    name = f"care-policies|{property_id or ''}"
    return policies.page_of(scope, name, [known[one] for one in rules.RULE_NAMES], limit, after)


def versions_of(scope: Scope, rule: str, property_id: str | None = None) -> list[CarePolicy]:
    """All that was ever said of a rule, the house's own version first, those that are withdrawn or still to begin among
    them; of a property only its own. Raises NotFound."""
    if rule not in rules.RULE_NAMES:
        raise NotFound()
    if property_id is not None:
        directory.property_of(scope, property_id)
    said = CarePolicyVersion.of_place(scope, property_id, rule)
    return versions.told_of(said if property_id is not None else [rules.defaults()[rule], *said])


def versions_page(
    scope: Scope, rule: str, property_id: str | None, *, limit: int, after: str | None
) -> tuple[list[Shown[CarePolicy]], str | None]:
    """Some versions of a rule with what each is now, the latest first; a property's own is overruled while the chain's
    holds there. Raises NotFound."""
    known = versions_of(scope, rule, property_id)
    forget(scope.chain_id)  # whoever reads after a change is to see it
    is_overruled = policy_of(scope, rule, property_id).property_id != property_id
    found = versions.shown(known, scope.now, is_overruled=is_overruled)[::-1]
    return policies.page_of(scope, f"care-policies|{rule}|{property_id or ''}", found, limit, after)


# -- changing them ---------------------------------------------------------------------------------------------


def publish(
    scope: Scope, rule: str, settings: Mapping[str, Any], *, is_on: bool, may_override: bool, property_id: str | None,
    seen: int | None = None, valid_from: datetime | date | None = None,
) -> tuple[CarePolicy, bool]:  # fmt: skip
    """A new version, in force at once or from an instant or a day on, and whether it is new: what would say nothing new
    when it begins makes none. One that begins when another was to begin takes its place, and the other is withdrawn.
    `seen` is the number of the version that the caller takes to be the latest; without it, whichever is.

    Raises NotFound for a rule or a property that is not there, Forbidden for callers of single properties who would
    speak for the chain, Invalid with everything that is wrong, Conflict where the chain allows no version of its own or
    another version than the one `seen` is the latest.
    """
    _require(scope, rule, property_id)
    _check(rule, settings, is_on=is_on, may_override=may_override, property_id=property_id)
    begins = versions.start_of(valid_from, scope.now, directory.chain_of(scope).time_zone)
    whole = rules.complete(rule, settings)

    def attempt() -> tuple[CarePolicy, bool]:
        forget(scope.chain_id)
        known = versions_of(scope, rule, property_id)
        line = versions.line_of(known)
        start = begins or versions.at_once(line, scope.now)
        if property_id is not None:
            _check_beside(policy_of(scope, rule, at=start), whole)
        latest = known[-1].number if known else 0
        policy = CarePolicy(
            rule, latest + 1, is_on, whole, property_id, may_override, start, made_by=scope.actor.id
        )  # fmt: skip
        before = versions.held_at(line, start)
        if before is not None and rules.is_same(before, policy):
            return before, False
        if seen is not None and seen != latest:
            raise Conflict(CHANGED_MEANWHILE)
        if latest >= rules.VERSIONS_MAX:
            raise Conflict(N_("This policy has as many versions as it can have."))
        unit = Unit(scope)
        unit.create(CarePolicyVersion.file(scope, policy), refusal=Stale())
        for one in versions.ahead_of(line, scope.now):
            if one.valid_from == begins:
                _note_withdrawn(scope, unit, one)
        if rule == REGULARS and is_on:
            _arm_following(scope, unit, policy)
        unit.audit(
            "care_policy.published", property_id or scope.chain_id, rule=rule, number=policy.number, is_on=is_on,
            begins=sortable(begins) if begins else None,
        )  # fmt: skip
        unit.commit()
        forget(scope.chain_id)
        return versions.told_of([*known, policy])[-1], True

    return retried(attempt)


def _arm_following(scope: Scope, unit: Unit, policy: CarePolicy) -> None:
    """Have the guests of the place gone through when a version begins: who is a regular one by then has not to stay
    again to be owed what it says. Where it has been withdrawn, they are followed by what is in force instead."""
    begins = policy.valid_from or scope.now
    agenda.arm(
        unit, subject_id=policy.property_id or scope.chain_id, kind=kinds.FOLLOW_REGULARS,
        occurrence=str(policy.number), due_at=begins, is_nudged=begins <= scope.now,
    )  # fmt: skip


def withdraw(scope: Scope, rule: str, number: int, *, property_id: str | None) -> CarePolicy:
    """Take back a version that has not begun; one that is withdrawn stays so. Raises NotFound, Forbidden for callers of
    single properties who would speak for the chain, and Conflict once the version has begun."""
    _require(scope, rule, property_id)

    def attempt() -> CarePolicy:
        record = CarePolicyVersion.one(scope, rule, number, property_id) if number > 0 else None
        if record is None:
            raise NotFound()
        if record.policy.withdrawn_at is None:
            if not versions.may_be_withdrawn(record.policy, scope.now):
                raise Conflict(versions.HAS_BEGUN)
            unit = Unit(scope)
            _note_withdrawn(scope, unit, record.policy)
            unit.audit("care_policy.withdrawn", property_id or scope.chain_id, rule=rule, number=number)
            unit.commit()
            forget(scope.chain_id)
        return next(one for one in versions_of(scope, rule, property_id) if one.number == number)

    return retried(attempt)


def _note_withdrawn(scope: Scope, unit: Unit, policy: CarePolicy) -> None:
    """Note in the caller's unit that a version never holds. Whoever noted it meanwhile has it looked at again."""
    record = CarePolicyVersion.one(scope, policy.rule, policy.number, policy.property_id)
    if record is None or record.policy.withdrawn_at is not None:
        return
    record.said = replace(record.policy, withdrawn_at=scope.now, withdrawn_by=scope.actor.id).as_dict()
    unit.update(record)


def _require(scope: Scope, rule: str, property_id: str | None) -> None:
    if rule not in rules.RULE_NAMES:
        raise NotFound()
    if property_id is not None:
        directory.property_of(scope, property_id)
    elif scope.property_ids is not None:
        raise Forbidden(N_("What a chain owes its guests is decided by the chain: this needs access to all of it."))


def _check(rule: str, settings: Mapping[str, Any], *, is_on: bool, may_override: bool, property_id: str | None) -> None:
    errors = rules.faults(rule, settings)
    if property_id is not None and not is_on:
        errors.append(FieldError("/is_on", PROPERTY_STAYS_ON))
    if property_id is not None and may_override:
        errors.append(FieldError("/may_override", ONLY_THE_CHAIN))
    if errors:
        raise Invalid(errors=tuple(errors))


def _check_beside(chain: CarePolicy, settings: Mapping[str, Any]) -> None:
    """A property's settings beside the chain's version of the instant at which they are to begin. Raises Conflict where
    a property may have none, Invalid where they ask for less."""
    if not chain.may_override:
        raise Conflict(N_("The chain does not allow properties a version of their own of this rule."))
    errors = rules.shortfalls(chain.settings, settings)
    if errors:
        raise Invalid(errors=tuple(errors))
