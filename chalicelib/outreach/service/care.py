"""The rules of care: which are in force, what they were, and how a chain or a property changes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.kernel import cursor
from chalicelib.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models.care import CarePolicyVersion
from chalicelib.outreach.rules import care as rules
from chalicelib.outreach.rules.care import CarePolicy
from chalicelib.outreach.rules.policies import CHANGED_MEANWHILE
from chalicelib.outreach.service import policies

REMEMBERED_S = 10.0  # as long as the policies of occasions: a run of greetings reads them once
PLACES_REMEMBERED_MAX = 2000

PROPERTY_STAYS_ON = N_("A property may do more than the chain asks, and not switch a rule off.")
ONLY_THE_CHAIN = N_("Only the chain allows properties a version of their own.")

_remembered: dict[tuple[str, str | None], tuple[float, Mapping[str, CarePolicy]]] = {}


def in_force(scope: Scope, property_id: str | None = None) -> Mapping[str, CarePolicy]:
    """The policy of each rule by name, as it holds for the chain or at a property."""
    chain = _latest(scope, None)
    if property_id is None or not any(one.may_override and one.is_on for one in chain.values()):
        return chain
    own = _latest(scope, property_id)
    return {name: rules.in_place(one, own.get(name)) for name, one in chain.items()}


def policy_of(scope: Scope, rule: str, property_id: str | None = None) -> CarePolicy:
    """The policy of a rule that is in force at a place."""
    return in_force(scope, property_id)[rule]


def is_any_on(scope: Scope, *names: str) -> bool:
    """Whether anything is owed by one of these rules: where not, nothing is read for them."""
    known = _latest(scope, None)
    return any(known[name].is_on for name in names)


def acts_since(chain: Chain, policy: CarePolicy) -> datetime:
    """The instant before which nothing is owed by a rule."""
    begins: datetime = chain.activated_at
    return max(begins, policy.on_since) if policy.on_since is not None else begins


def _latest(scope: Scope, property_id: str | None) -> Mapping[str, CarePolicy]:
    """The latest version of each rule at a place. Read once, then remembered for some seconds."""
    place = (scope.chain_id, property_id)
    known = _remembered.get(place)
    if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
        return known[1]
    if len(_remembered) >= PLACES_REMEMBERED_MAX:
        _remembered.clear()
    began = time.monotonic()
    first = rules.defaults() if property_id is None else {}
    found = {**first, **{one.rule: one for one in CarePolicyVersion.of_place(scope, property_id)}}
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
    return _page(scope, name, [known[one] for one in rules.RULE_NAMES], limit, after)


def versions_of(scope: Scope, rule: str, property_id: str | None = None) -> list[CarePolicy]:
    """All that was ever said of a rule, the house's own version first; of a property only its own. Raises NotFound."""
    if rule not in rules.RULE_NAMES:
        raise NotFound()
    if property_id is not None:
        directory.property_of(scope, property_id)
    said = CarePolicyVersion.of_place(scope, property_id, rule)
    return said if property_id is not None else [rules.defaults()[rule], *said]


def versions_page(
    scope: Scope, rule: str, property_id: str | None, *, limit: int, after: str | None
) -> tuple[list[CarePolicy], str | None]:
    """Some versions of a rule, the latest first. Raises NotFound."""
    found = versions_of(scope, rule, property_id)[::-1]
    return _page(scope, f"care-policies|{rule}|{property_id or ''}", found, limit, after)


def _page(
    scope: Scope, name: str, found: list[CarePolicy], limit: int, after: str | None
) -> tuple[list[CarePolicy], str | None]:
    """They are few and read at once: the cursor is how many were shown."""
    key = cursor.decode(scope, name, after)
    start = int(key["start"]["N"]) if key else 0
    end = start + limit
    following = {"start": {"N": str(end)}} if end < len(found) else None
    return found[start:end], cursor.encode(scope, name, following)


# -- changing them ---------------------------------------------------------------------------------------------


def publish(
    scope: Scope, rule: str, settings: Mapping[str, Any], *, is_on: bool, may_override: bool, property_id: str | None,
    seen: int | None = None,
) -> tuple[CarePolicy, bool]:
    """A new version, in force at once, and whether it is new: what would say nothing new makes none. `seen` is the
    number of the version that the caller takes to be the latest; without it, whichever is.

    Raises NotFound for a rule or a property that is not there, Forbidden for callers of single properties who would
    speak for the chain, Invalid with everything that is wrong, Conflict where the chain allows no version of its own or
    another version than the one `seen` is the latest.
    """
    if rule not in rules.RULE_NAMES:
        raise NotFound()
    if property_id is not None:
        directory.property_of(scope, property_id)
    elif scope.property_ids is not None:
        raise Forbidden(N_("What a chain owes its guests is decided by the chain: this needs access to all of it."))
    _check(rule, settings, is_on=is_on, may_override=may_override, property_id=property_id)

    def attempt() -> tuple[CarePolicy, bool]:
        before = _before(scope, rule, property_id)
        whole = rules.complete(rule, settings)
        wanted = CarePolicy(rule, before.number, is_on, whole, property_id, may_override)
        is_said = before.number > 0 or property_id is None
        if is_said and rules.is_same(before, wanted):
            return before, False
        if seen is not None and seen != before.number:
            raise Conflict(CHANGED_MEANWHILE)
        if before.number >= rules.VERSIONS_MAX:
            raise Conflict(N_("This policy has as many versions as it can have."))
        policy = rules.following(before, wanted, now=scope.now, made_by=scope.actor.id)
        unit = Unit(scope)
        unit.create(CarePolicyVersion.file(scope, policy), refusal=Stale())
        unit.audit("care_policy.published", property_id or scope.chain_id, rule=rule, number=policy.number, is_on=is_on)
        unit.commit()
        forget(scope.chain_id)
        return policy, True

    return retried(attempt)


def _check(rule: str, settings: Mapping[str, Any], *, is_on: bool, may_override: bool, property_id: str | None) -> None:
    errors = rules.faults(rule, settings)
    if property_id is not None and not is_on:
        errors.append(FieldError("/is_on", PROPERTY_STAYS_ON))
    if property_id is not None and may_override:
        errors.append(FieldError("/may_override", ONLY_THE_CHAIN))
    if errors:
        raise Invalid(errors=tuple(errors))


def _before(scope: Scope, rule: str, property_id: str | None) -> CarePolicy:
    """The version that the next one follows. Raises Conflict where a property may have none."""
    if property_id is None:
        return versions_of(scope, rule)[-1]
    forget(scope.chain_id)
    if not policy_of(scope, rule).may_override:
        raise Conflict(N_("The chain does not allow properties a version of their own of this rule."))
    said = CarePolicyVersion.of_place(scope, property_id, rule)
    return said[-1] if said else CarePolicy(rule, 0, False, {}, property_id)
