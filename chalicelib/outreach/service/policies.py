"""The policies of occasions: which are in force, and what they were; and the chain's own days, read with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from chalicelib.kernel import cursor
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models.policies import PolicyVersion
from chalicelib.outreach.rules.chain_days import ChainDay
from chalicelib.outreach.rules.policies import Policy, defaults
from chalicelib.outreach.rules.vocabulary import OCCASION_NAMES

REMEMBERED_S = 10.0  # as long as the chain itself is remembered: a run of greetings reads them once
CHAINS_REMEMBERED_MAX = 500


class Decided(NamedTuple):
    """What a chain has decided: the policy of each occasion, and its own days by id, the ended ones among them."""

    policies: Mapping[str, Policy]
    days: Mapping[str, ChainDay]


T = TypeVar("T")
_remembered: dict[str, tuple[float, Decided]] = {}
ALSO_FORGOTTEN: list[Callable[[str | None], None]] = []  # what else a process remembers of a chain's decisions


def in_force(scope: Scope) -> Mapping[str, Policy]:
    """The policy of each occasion, by name."""
    return _decided(scope).policies


def declared(scope: Scope) -> Mapping[str, ChainDay]:
    """The chain's own days by id, the ended ones among them."""
    return _decided(scope).days


def _decided(scope: Scope) -> Decided:
    """All of it. Read once, then remembered for some seconds."""
    known = _remembered.get(scope.chain_id)
    if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
        return known[1]
    if len(_remembered) >= CHAINS_REMEMBERED_MAX:
        _remembered.clear()
    began = time.monotonic()
    versions, days = PolicyVersion.of_chain(scope)
    found = Decided({**defaults(), **{one.occasion: one for one in versions}}, {one.id: one for one in days})
    _remembered[scope.chain_id] = began, found
    return found


def policy_of(scope: Scope, occasion: str) -> Policy:
    """The policy of an occasion that is in force."""
    return in_force(scope)[occasion]


def versions_of(scope: Scope, occasion: str) -> list[Policy]:
    """All that has ever been in force for an occasion, the house's own rule first. Raises NotFound."""
    if occasion not in OCCASION_NAMES:
        raise NotFound()
    return [defaults()[occasion], *PolicyVersion.of_occasion(scope, occasion)]


def forget(chain_id: str | None = None) -> None:
    """Read afresh from now on: for a chain, or for all of them."""
    if chain_id is None:
        _remembered.clear()
    else:
        _remembered.pop(chain_id, None)
    for forget_other in ALSO_FORGOTTEN:
        forget_other(chain_id)


def policies_page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[Policy], str | None]:
    """Some of the policies in force, in the order of the occasions, and the cursor of those that follow."""
    forget(scope.chain_id)  # whoever reads after a change is to see it
    return page_of(scope, "occasion-policies", [in_force(scope)[name] for name in OCCASION_NAMES], limit, after)


def versions_page(scope: Scope, occasion: str, *, limit: int, after: str | None) -> tuple[list[Policy], str | None]:
    """Some versions of a policy, the latest first, and the cursor of those that follow. Raises NotFound."""
    found = versions_of(scope, occasion)[::-1]
    return page_of(scope, f"occasion-policies|{occasion}", found, limit, after)


def page_of(scope: Scope, name: str, found: list[T], limit: int, after: str | None) -> tuple[list[T], str | None]:
    """Some of what is little and read at once: the cursor is how many were shown."""
    key = cursor.decode(scope, name, after)
    start = int(key["start"]["N"]) if key else 0
    end = start + limit
    following = {"start": {"N": str(end)}} if end < len(found) else None
    return found[start:end], cursor.encode(scope, name, following)
