"""What ministack copies is copied in one call: the same, and nothing shared with what it was copied from."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

import pytest

from infra.local import tuning

VALUES: list[Any] = [
    None,
    {},
    {"a": {"S": "王"}, "b": {"L": [{"N": "1"}, {"M": {"c": {"B": b"\x00\xff"}}}]}, "d": {"SS": ["x", "y"]}},
    {"deep": [[[{"BOOL": True}]]], "alone": "\ud800"},
    defaultdict(dict, {"marshal": {"cannot": ["say", "this"]}}),
    {"kinds": [1, 1.5, 10**30, False, (1, [2])]},
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_copy_is_the_same_and_stands_alone(value: Any) -> None:
    made = tuning.deep_copy(value)
    assert made == value and type(made) is type(value)
    assert made == copy.deepcopy(value)
    if isinstance(value, dict):
        for name in made:
            if isinstance(value[name], dict | list):
                assert made[name] is not value[name]


def test_ministack_copies_by_it() -> None:
    assert tuning.dynamodb.copy.deepcopy is tuning.deep_copy
