"""The same answers with less work: ministack's pure functions are remembered, common values take a short way.

Each replacement calls the original for everything but the plain case; tests/local holds them together.
"""

from __future__ import annotations

import copy
import hashlib
import json
import marshal
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from infra.local import items, queries
from infra.local.emulator import dynamodb

EXPRESSIONS_KEPT = 4096
NUMBERS_KEPT = 65_536
SCALARS = frozenset(("S", "N", "B", "BOOL", "NULL"))

_tokenize: Callable[[str], list[tuple[str, str]]] = dynamodb._tokenize
_syntax_error = dynamodb._condition_syntax_error
_number_error = dynamodb._number_error
_canonical = dynamodb._ddb_canonicalize_number
_number_size = dynamodb._number_size_bytes
_value_size = dynamodb._attribute_value_size
_validate_value = dynamodb._validate_attribute_value
_value_error = dynamodb._attribute_value_error
_nesting_exceeded = dynamodb._nesting_exceeded
_nesting_level = dynamodb._nesting_level
_evaluate = dynamodb._evaluate_condition
_index_units = dynamodb._index_write_units
_store_token = dynamodb._txn_token_store

_tokens = lru_cache(maxsize=EXPRESSIONS_KEPT)(_tokenize)
_syntax = lru_cache(maxsize=EXPRESSIONS_KEPT)(_syntax_error)
_number_errors = lru_cache(maxsize=NUMBERS_KEPT)(_number_error)
_canonicals = lru_cache(maxsize=NUMBERS_KEPT)(_canonical)
_number_sizes = lru_cache(maxsize=NUMBERS_KEPT)(_number_size)
# Conditions that passed every check that does not depend on values, by text and slot.
_checked: dict[tuple[str, str], list[tuple[str, str]]] = {}

capacity_wanted = True


def tokenize(expression: str) -> list[tuple[str, str]]:
    """The tokens of an expression."""
    return list(_tokens(expression)) if type(expression) is str else _tokenize(expression)


def number_error(text: Any) -> Any:
    """Why a number is refused."""
    return _number_errors(text) if type(text) is str else _number_error(text)


def canonical_number(text: Any) -> Any:
    """A number as it is stored."""
    return _canonicals(text) if type(text) is str else _canonical(text)


def number_size(text: Any) -> int:
    """The bytes of a number."""
    size: int = _number_sizes(text) if type(text) is str else _number_size(text)
    return size


def value_size(value: Any) -> int:
    """The bytes of a value."""
    if type(value) is dict and len(value) == 1:
        for kind, inner in value.items():
            if kind == "S" and type(inner) is str:
                return len(inner) if inner.isascii() else len(inner.encode())
            if kind == "N" and type(inner) is str:
                return int(_number_sizes(inner))
    size: int = _value_size(value)
    return size


def validate_value(name: str, value: Any, _depth: int = 1) -> Any:
    """An answer that refuses a value, or None."""
    if type(value) is dict and len(value) == 1 and type(value.get("S")) is str and _depth == 1:
        return None
    return _validate_value(name, value, _depth)


def value_error(value: Any) -> Any:
    """The first thing wrong in a value."""
    if type(value) is dict and len(value) == 1:
        if "S" in value:
            return None
        if "N" in value:
            return number_error(value["N"])
    return _value_error(value)


def nesting_exceeded(value: Any, depth: int = 1) -> bool:
    """Whether a value is nested too deep."""
    if depth == 1 and type(value) is dict and len(value) == 1 and not value.keys().isdisjoint(SCALARS):
        return False
    return bool(_nesting_exceeded(value, depth))


def nesting_level(value: Any, depth: int = 1) -> int:
    """How deep a value is nested."""
    if type(value) is dict and len(value) == 1 and not value.keys().isdisjoint(SCALARS):
        return depth
    level: int = _nesting_level(value, depth)
    return level


def syntax_error(expression: str, slot: str) -> Any:
    """What is wrong with a condition's grammar."""
    return _syntax(expression, slot)


def evaluate(expression: Any, item: Any, values: Any, names: Any, slot: str = "ConditionExpression") -> Any:
    """Whether a condition holds; its text is checked once."""
    if queries.settled(expression, item, slot):
        return True
    key = (expression, slot)
    tokens = _checked.get(key) if type(expression) is str else None
    if tokens is not None:
        try:
            return dynamodb._ExprEval(tokens, item, values, names).evaluate()
        except Exception:  # noqa: BLE001 - the original says what is wrong
            return _evaluate(expression, item, values, names, slot)
    holds = _evaluate(expression, item, values, names, slot)
    if type(expression) is str and expression.strip() and len(_checked) < EXPRESSIONS_KEPT:
        tokens = tokenize(expression)
        # The bounds of BETWEEN are values, so they are checked each time.
        if not any(kind == "IDENT" and text.upper() == "BETWEEN" for kind, text in tokens):
            _checked[key] = tokens
    return holds


def index_units(table: Any, index: Any, old: Any, new: Any) -> float:
    """Write units of an index, computed only for a request that asks for them."""
    return float(_index_units(table, index, old, new)) if capacity_wanted else 0.0


def deep_copy(value: Any) -> Any:
    """A copy of an item, of a definition: ministack makes nine for one update. What marshal cannot say goes slowly."""
    try:
        return marshal.loads(marshal.dumps(value, items.MARSHAL_VERSION))
    except ValueError:
        return copy.deepcopy(value)


class Digest:
    """Stands for a transaction's payload: ministack keeps every payload for ten minutes to compare it."""

    __slots__ = ("value",)

    def __init__(self, value: bytes) -> None:
        self.value = value

    @classmethod
    def of(cls, payload: Any) -> Digest:
        """The digest of a payload."""
        text = json.dumps(payload, sort_keys=True, ensure_ascii=False)
        return cls(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())

    def __eq__(self, other: object) -> bool:
        theirs = other if isinstance(other, Digest) else Digest.of(other)
        return self.value == theirs.value

    def __hash__(self) -> int:
        return hash(self.value)


# Tokens stored since the journal last looked: account, region, token, digest, response, sizes, completion time.
tokens_stored: list[tuple[str, str, str, bytes, Any, Any, float]] = []


def store_token(token: str, entry: dict[str, Any]) -> None:
    """Remember a completed transaction by its token."""
    digest = Digest.of(entry["signature"])
    entry["signature"] = digest
    _store_token(token, entry)
    place = dynamodb.get_account_id(), dynamodb.get_region()
    tokens_stored.append((*place, token, digest.value, entry["response"], entry["sizes"], entry["completed_at"]))


dynamodb._tokenize = tokenize
dynamodb._condition_syntax_error = syntax_error
dynamodb._number_error = number_error
dynamodb._ddb_canonicalize_number = canonical_number
dynamodb._number_size_bytes = number_size
dynamodb._attribute_value_size = value_size
dynamodb._validate_attribute_value = validate_value
dynamodb._attribute_value_error = value_error
dynamodb._nesting_exceeded = nesting_exceeded
dynamodb._nesting_level = nesting_level
dynamodb._evaluate_condition = evaluate
dynamodb._index_write_units = index_units
dynamodb._txn_token_store = store_token
dynamodb.copy = types.SimpleNamespace(deepcopy=deep_copy, copy=copy.copy)
