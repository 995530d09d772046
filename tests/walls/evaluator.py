"""Decides what IAM would decide about one request, for the parts of the policy language that our policies use.

The local engine evaluates no policies at all, so the tests do it here. What a sentence below rests on is named by its
page of the IAM User Guide: "Policy evaluation logic", "IAM JSON policy elements: Condition operators" (Operators),
"Single-valued vs. multivalued context keys" (Sets), "IAM policy elements: Variables and tags" (Variables). Whatever is
not understood raises NotUnderstood: a guess would be worth nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

Statement = Mapping[str, Any]
Verdict = Literal["allowed", "denied", "not allowed"]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_KNOWN_ELEMENTS = {
    "Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip


class NotUnderstood(Exception):
    """An element that this evaluator does not know."""


class _Unresolved(Exception):
    """A policy variable whose key the request does not have."""


@dataclass(frozen=True)
class Ask:
    """One request as IAM sees it: an action on a resource, and the keys of its context with their values."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, key: str) -> tuple[str, ...] | None:
        """The values of a context key, or None if the request does not have it. Names of keys ignore case."""
        wanted = key.lower()
        return next((values for name, values in self.context.items() if name.lower() == wanted), None)


def decide(statements: Iterable[Statement], ask: Ask) -> Verdict:
    """An explicit deny wins; without an allow nothing is allowed ("Policy evaluation logic")."""
    verdict: Verdict = "not allowed"
    for statement in statements:
        if applies(statement, ask):
            if statement["Effect"] == "Deny":
                return "denied"
            verdict = "allowed"
    return verdict


def allows(statements: Iterable[Statement], ask: Ask) -> bool:
    """Whether the policy lets a request through."""
    return decide(statements, ask) == "allowed"


def applies(statement: Statement, ask: Ask) -> bool:
    """Whether a statement speaks about a request: action, resource and every condition match."""
    unknown = statement.keys() - _KNOWN_ELEMENTS
    if unknown or statement.get("Effect") not in ("Allow", "Deny"):
        raise NotUnderstood(f"{unknown or statement.get('Effect')}")
    return _speaks_of_action(statement, ask) and _speaks_of_resource(statement, ask) and _holds(statement, ask)


def _speaks_of_action(statement: Statement, ask: Ask) -> bool:
    """Actions ignore case and may hold wildcards ("IAM JSON policy elements: Action")."""
    action = ask.action.lower()
    if "NotAction" in statement:
        return not any(_like(one.lower()).fullmatch(action) for one in _listed(statement["NotAction"]))
    return any(_like(one.lower()).fullmatch(action) for one in _listed(statement["Action"]))


def _speaks_of_resource(statement: Statement, ask: Ask) -> bool:
    """A wildcard reaches over separators: `table/*` is every index, too ("IAM JSON policy elements: Resource").

    A trust policy has no resource: it belongs to the role itself.
    """
    if "NotResource" in statement:
        return not any(_matches(one, ask.resource, ask) for one in _listed(statement["NotResource"]))
    if "Resource" not in statement:
        return "Principal" in statement
    return any(_matches(one, ask.resource, ask) for one in _listed(statement["Resource"]))


# -- conditions ------------------------------------------------------------------------------------------------


def _holds(statement: Statement, ask: Ask) -> bool:
    """Several operators and several keys are joined by AND, the values of one key by OR (Operators)."""
    try:
        return all(
            _compared(operator, key, _listed(wanted), ask)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    except _Unresolved:
        return False


def _compared(operator: str, key: str, wanted: list[str], ask: Ask) -> bool:
    quantifier, _, plain = operator.rpartition(":")
    optional = plain.endswith("IfExists")
    plain = plain.removesuffix("IfExists")
    values = ask.values(key)
    if plain == "Null":
        # "true": the key must be absent; "false": it must be there and have a value (Operators, Null).
        return any((not values) == (one.lower() == "true") for one in wanted)
    if plain not in _COMPARISONS:
        raise NotUnderstood(operator)
    compare, is_negated = _COMPARISONS[plain]
    if optional and not values:
        return True  # "…IfExists: if the key is not present, the element is true" (Operators)

    def suits(value: str) -> bool:
        found = any(compare(one, value, ask) for one in wanted)
        return not found if is_negated else found

    if quantifier == "ForAllValues":
        return all(suits(value) for value in values or ())  # true without the key (Sets)
    if quantifier == "ForAnyValue":
        return any(suits(value) for value in values or ())  # false without the key (Sets)
    if quantifier:
        raise NotUnderstood(operator)
    if not values:
        return is_negated  # absent: false, but true for a negated operator (Operators)
    if len(values) > 1:
        raise NotUnderstood(f"{operator} on {key}, which has several values")
    return suits(values[0])


def _equal(wanted: str, value: str, ask: Ask) -> bool:
    return _resolved(wanted, ask, lambda text: text) == value


def _equal_ignoring_case(wanted: str, value: str, ask: Ask) -> bool:
    return _resolved(wanted, ask, lambda text: text).lower() == value.lower()


def _matches(wanted: str, value: str, ask: Ask) -> bool:
    return _like(_resolved(wanted, ask, _escaped)).fullmatch(value) is not None


_COMPARISONS: dict[str, tuple[Callable[[str, str, Ask], bool], bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_ignoring_case, False),
    "StringLike": (_matches, False),
    "StringNotLike": (_matches, True),
    "ArnLike": (_matches, False),
    "ArnNotLike": (_matches, True),
    "ArnEquals": (_matches, False),  # "ArnEquals and ArnLike behave identically" (Operators)
    "Bool": (_equal_ignoring_case, False),
}


# -- texts -----------------------------------------------------------------------------------------------------

_MARK = "\ue000"  # stands before a character that is meant as it is; no policy holds it


def _resolved(text: str, ask: Ask, quote: Callable[[str], str]) -> str:
    """A text with its variables replaced by the request's values, which are never wildcards.

    `${*}`, `${?}` and `${$}` are the characters themselves; a key may have a default in quotation marks (Variables).
    Without a value the statement does not match. Only keys with one value may be variables (Sets).
    """

    def replaced(found: re.Match[str]) -> str:
        name, _, default = (part.strip() for part in found[1].partition(","))
        if name in ("*", "?", "$"):
            return quote(name)
        values = ask.values(name)
        if values is not None and len(values) == 1:
            return quote(values[0])
        if values is None and default:
            return quote(default.strip("'"))
        raise _Unresolved(name)

    return _VARIABLE.sub(replaced, text)


def _escaped(text: str) -> str:
    return "".join(_MARK + letter if letter in "*?" else letter for letter in text)


@lru_cache(4096)
def _like(pattern: str) -> re.Pattern[str]:
    """`*` is any text, also none; `?` is one character (Operators, StringLike)."""
    pieces, is_plain = [], False
    for letter in pattern:
        if letter == _MARK:
            is_plain = True
            continue
        wild = {"*": ".*", "?": "."}.get(letter)
        pieces.append(re.escape(letter) if is_plain or wild is None else wild)
        is_plain = False
    return re.compile("".join(pieces), re.DOTALL)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
