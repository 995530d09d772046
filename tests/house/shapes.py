"""Bodies made of the declared schemas: every field, what does not belong there, and anything at all."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

Place = tuple[str | int, ...]
Shape = dict[str, Any]

JUNK: list[Any] = [None, True, 7, 1.5, 10**30, "", "x" * 600, [], {}, [None], {"a": 1}]
DEPTH_MAX = 4
PLACES_INSIDE_MAX = 12  # of a nested object; it is the same code for every one of them


def resolved(schema: Shape) -> Shape:
    """A schema whose references are replaced by what they refer to."""
    definitions = schema.get("$defs", {})

    def walk(node: Any, depth: int) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                target = definitions[node["$ref"].rsplit("/", 1)[1]]
                return walk({**target, **{key: one for key, one in node.items() if key != "$ref"}}, depth)
            return {key: walk(one, depth + 1) for key, one in node.items() if key != "$defs"}
        if isinstance(node, list):
            return [walk(one, depth + 1) for one in node]
        return node

    found: Shape = walk(schema, 0)
    return found


def fields_of(endpoint: Any) -> list[tuple[Place, Shape]]:
    """Every field of an endpoint's body, nested ones too: where it stands, and what may stand there."""
    return _fields(endpoint.body)


@cache
def _fields(model: Any) -> list[tuple[Place, Shape]]:
    return list(_walk(resolved(model.model_json_schema()), ()))


def _walk(schema: Shape, place: Place) -> Iterator[tuple[Place, Shape]]:
    for name, shape in schema.get("properties", {}).items():
        here = (*place, name)
        yield here, shape
        for option in shape.get("anyOf", [shape]):
            if option.get("type") == "object":
                yield from _walk(option, here)
            if option.get("type") == "array" and isinstance(option.get("items"), dict):
                yield (*here, 0), option["items"]
                if option["items"].get("type") == "object":
                    yield from _walk(option["items"], (*here, 0))


def junk_for(shape: Shape) -> list[Any]:
    """What does not belong in a field."""
    judge = Draft202012Validator(shape)
    return [value for value in JUNK if not judge.is_valid(value)]


def placed(body: Any, place: Place, value: Any) -> Any:
    """The body with a value at a place; what leads there is made."""
    made = copy.deepcopy(body)
    node = made
    for step, following in pairwise(place):
        inner: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not node:
                node.append(inner)
            node = node[step]
        else:
            if not isinstance(node.get(step), type(inner)):
                node[step] = inner
            node = node[step]
    last = place[-1]
    if isinstance(last, int) and not node:
        node.append(value)
    else:
        node[last] = value
    return made


# -- anything --------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.sampled_from("aé王#/\\'\"%\u0000\n\t\u202e\u200b<>{}=+@😀-_.:"), max_size=60),
    st.sampled_from(
        ["", " ", "null", "2026-02-30", "2026-03-04", "2026-03-04T05:06:07Z", "Europe/Lisbon", "EUR", "x" * 300]
    ),
)
NUMBERS = st.one_of(
    st.integers(), st.sampled_from([0, -1, 2**31, 2**63, 10**30]), st.floats(allow_nan=False, allow_infinity=False)
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


def bodies(endpoint: Any) -> st.SearchStrategy[Any]:
    """Bodies near an endpoint's schema: most fields right, some absent, some anything."""
    return _drawn(resolved(endpoint.body.model_json_schema()))


def _drawn(shape: Shape) -> st.SearchStrategy[Any]:
    right = _right(shape)
    return st.one_of(right, right, right, ANYTHING)


def _right(shape: Shape) -> st.SearchStrategy[Any]:
    if "anyOf" in shape:
        return st.one_of([_right(option) for option in shape["anyOf"]])
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    if "const" in shape:
        return st.just(shape["const"])
    if "examples" in shape and shape.get("type") != "object":
        return st.one_of(st.sampled_from(shape["examples"]), TEXTS)
    kind = shape.get("type")
    if kind == "object":
        fields = {name: _drawn(one) for name, one in shape.get("properties", {}).items()}
        required = {name: fields.pop(name) for name in shape.get("required", [])}
        return st.fixed_dictionaries(required, optional=fields)
    if kind == "array":
        return st.lists(_drawn(shape.get("items", {})), max_size=3)
    if kind == "integer":
        return st.integers(shape.get("minimum", -(2**63)), shape.get("maximum", 2**63))
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    return TEXTS
