"""The policies of occasions: which are in force, and what they were; and the chain's own days, read with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from chalicelib.kernel import cursor
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models.policies import PolicyVersion
from chalicelib.outreach.rules import versions
from chalicelib.outreach.rules.chain_days import ChainDay
from chalicelib.outreach.rules.policies import Policy, defaults
from chalicelib.outreach.rules.versions import Shown
from chalicelib.outreach.rules.vocabulary import OCCASION_NAMES

REMEMBERED_S = 10.0  # as long as the chain itself is remembered: a run of greetings reads them once
CHAINS_REMEMBERED_MAX = 500


class Decided(NamedTuple):
    """What a chain has decided: of each occasion the policies that have held and will, by when they begin; and its own
    days by id, the ended ones among them."""

    lines: Mapping[str, tuple[Policy, ...]]
    days: Mapping[str, ChainDay]


T = TypeVar("T")
_remembered: dict[str, tuple[float, Decided]] = {}
ALSO_FORGOTTEN: list[Callable[[str | None], None]] = []  # what else a process remembers of a chain's decisions


def in_force(scope: Scope) -> Mapping[str, Policy]:
    """The policy of each occasion at the scope's instant, by name."""
    return {name: _held(line, name, scope.now) for name, line in _decided(scope).lines.items()}


def policy_of(scope: Scope, occasion: str, *, at: datetime | None = None) -> Policy:
    """The policy of an occasion that is in force at the scope's instant, or at another."""
    return _held(_decided(scope).lines[occasion], occasion, at or scope.now)


def policy_for(scope: Scope, occasion: str, opens: datetime) -> Policy:
    """The policy that decides what may be sent from an instant on: the one of then, or of now if that has come."""
    return policy_of(scope, occasion, at=max(opens, scope.now))


def is_on_from(scope: Scope, occasion: str) -> bool:
    """Whether an occasion is on, or will be by what is decided by now."""
    known = _decided(scope).lines[occasion]
    return policy_of(scope, occasion).is_on or any(one.is_on for one in versions.ahead_of(known, scope.now))


def _held(line: tuple[Policy, ...], occasion: str, instant: datetime) -> Policy:
    return versions.held_at(line, instant) or defaults()[occasion]


def declared(scope: Scope) -> Mapping[str, ChainDay]:
    """The chain's own days by id, the ended ones among them."""
    return _decided(scope).days


def _decided(scope: Scope) -> Decided:
    """All of it. Read once, then remembered for some seconds: which version is in force depends on the instant that
    somebody asks for, not on the one at which they were read."""
    known = _remembered.get(scope.chain_id)
    if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
        return known[1]
    if len(_remembered) >= CHAINS_REMEMBERED_MAX:
        _remembered.clear()
    began = time.monotonic()
    published, days = PolicyVersion.of_chain(scope)
    said = {name: [one] for name, one in defaults().items()}
    for one in published:
        said.setdefault(one.occasion, []).append(one)
    lines = {name: versions.line_of(those) for name, those in said.items()}
    found = Decided(lines, {one.id: one for one in days})
    _remembered[scope.chain_id] = began, found
    return found


def versions_of(scope: Scope, occasion: str) -> list[Policy]:
    """All that was ever published for an occasion, the house's own rule first, what is withdrawn or still to begin
    among it. Raises NotFound."""
    if occasion not in OCCASION_NAMES:
        raise NotFound()
    return versions.told_of([defaults()[occasion], *PolicyVersion.of_occasion(scope, occasion)])


def next_of(scope: Scope, occasion: str) -> Policy | None:
    """The version of an occasion's policy that begins next; None if none is dated ahead."""
    return next(iter(versions.ahead_of(_decided(scope).lines[occasion], scope.now)), None)


def held_policy(scope: Scope, occasion: str) -> Policy:
    """The policy of an occasion that is in force, read afresh. Raises NotFound."""
    known = versions_of(scope, occasion)
    return versions.held_at(versions.line_of(known), scope.now) or known[0]


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


def versions_page(
    scope: Scope, occasion: str, *, limit: int, after: str | None
) -> tuple[list[Shown[Policy]], str | None]:
    """Some versions of a policy with what each is now, the latest first, and the cursor of those that follow. Raises
    NotFound."""
    found = versions.shown(versions_of(scope, occasion), scope.now)[::-1]
    return page_of(scope, f"occasion-policies|{occasion}", found, limit, after)


def page_of(scope: Scope, name: str, found: list[T], limit: int, after: str | None) -> tuple[list[T], str | None]:
    """Some of what is little and read at once: the cursor is how many were shown."""
    key = cursor.decode(scope, name, after)
    start = int(key["start"]["N"]) if key else 0
    end = start + limit
    following = {"start": {"N": str(end)}} if end < len(found) else None
    return found[start:end], cursor.encode(scope, name, following)
