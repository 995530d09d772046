"""The calculator against what AWS's documentation says, example by example."""

from __future__ import annotations

from typing import Any

import pytest

from infra.bench import capacity
from infra.bench.capacity import Index

KB = 1024


def item_of(size: int) -> dict[str, Any]:
    """An item of exactly so many bytes."""
    return {"k": {"S": "x" * (size - 1)}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "Ana"}, 3),
        ({"S": "王小明"}, 9),  # UTF-8
        ({"N": "7"}, 2),  # a byte for two significant digits, and one
        ({"N": "27"}, 2),
        ({"N": "127"}, 3),
        ({"N": "-27"}, 3),
        ({"N": "1000000"}, 2),  # zeros at the ends are trimmed
        ({"N": "0.0012"}, 2),
        ({"N": "1E+20"}, 2),
        ({"N": "0"}, 1),
        ({"N": "12345678901234567890123456789012345678"}, 20),
        ({"B": b"12345"}, 5),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "100"]}, 4),
        ({"L": []}, 3),  # an empty list or map still takes three bytes
        ({"M": {}}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
    ],
)
def test_sizes_of_values(value: dict[str, Any], size: int) -> None:
    assert capacity.value_bytes(value) == size


def test_an_items_size_is_its_names_and_values() -> None:
    # "shirt-color" with the value "R": 11 + 1 bytes; the example of the guide's chapter on attribute names.
    assert capacity.item_bytes({"shirt-color": {"S": "R"}}) == 12
    assert capacity.item_bytes({}) == 0


@pytest.mark.parametrize(
    ("size", "consistent", "lately", "in_transaction"),
    [
        (1, 1, 0.5, 2),
        (4 * KB, 1, 0.5, 2),
        (4 * KB + 1, 2, 1, 4),
        (8 * KB, 2, 1, 4),
        (9 * KB, 3, 1.5, 6),
        (0, 1, 0.5, 2),
    ],
)
def test_units_of_a_read(size: int, consistent: float, lately: float, in_transaction: float) -> None:
    # "an 8 KB item: 2 units strongly consistent, 1 eventually consistent, 4 transactional"; what is absent costs, too.
    assert capacity.read_units(size, is_consistent=True) == consistent
    assert capacity.read_units(size, is_consistent=False) == lately
    assert capacity.read_units(size, is_consistent=True, in_transaction=True) == in_transaction


def test_a_query_is_rounded_up_once_and_a_batch_item_by_item() -> None:
    # "a query that returns 10 items of 4 KB in all takes 1 unit"; "items of 1.5 KB and 6.5 KB in a batch: 4 KB + 8 KB".
    assert capacity.query_units([item_of(400)] * 10, is_consistent=True) == 1
    assert capacity.query_units([], is_consistent=False) == 0.5
    pair = [item_of(int(1.5 * KB)), item_of(int(6.5 * KB))]
    assert capacity.batch_units(pair, 2, is_consistent=True) == 3
    assert capacity.batch_units(pair, 4, is_consistent=True) == 5  # two of them were not there


@pytest.mark.parametrize(("size", "units"), [(1, 1), (512, 1), (KB, 1), (KB + 1, 2), (int(3.5 * KB), 4)])
def test_units_of_a_write(size: int, units: int) -> None:
    # "an item of 512 bytes takes one unit"; "writing a 3.5 KB item takes four"; a transaction takes both twice.
    assert capacity.write_units(None, item_of(size), in_transaction=False) == units
    assert capacity.write_units(None, item_of(size), in_transaction=True) == 2 * units


def test_a_write_is_billed_by_the_larger_of_before_and_after() -> None:
    small, large = item_of(500), item_of(3000)
    assert capacity.write_units(large, small, in_transaction=False) == 3
    assert capacity.write_units(small, large, in_transaction=False) == 3
    assert capacity.write_units(large, None, in_transaction=False) == 3  # deleted
    assert capacity.write_units(None, None, in_transaction=False) == 1  # not there, and still asked


INDEX = Index("due", ("lane", "due_at"), ("k",), ("colour",))


def entry(**values: str) -> dict[str, Any]:
    """An item with text attributes."""
    return {name: {"S": value} for name, value in {"k": "1", **values}.items()}


@pytest.mark.parametrize(
    ("old", "new", "units"),
    [
        (None, entry(lane="a", due_at="1"), 1),  # comes into the index
        (None, entry(lane="a"), 0),  # lacks a key: not in the index
        (entry(lane="a", due_at="1"), entry(lane="a", due_at="2"), 2),  # a key changes: deleted and put
        (entry(lane="a", due_at="1"), entry(), 1),  # leaves
        (entry(lane="a", due_at="1", colour="red"), entry(lane="a", due_at="1", colour="blue"), 1),  # projected
        (entry(lane="a", due_at="1", size="1"), entry(lane="a", due_at="1", size="2"), 0),  # not projected
        (entry(lane="a", due_at="1"), entry(lane="a", due_at="1"), 0),
        (entry(lane="a", due_at="1"), None, 1),
    ],
)
def test_units_of_an_index(old: dict[str, Any] | None, new: dict[str, Any] | None, units: int) -> None:
    # The guide's five cases of "write throughput considerations" of global secondary indexes.
    assert capacity.index_units(INDEX, old, new) == units


def test_an_index_that_carries_everything_is_written_by_its_size() -> None:
    whole = Index("all", ("lane",), ("k",), None)
    assert capacity.index_units(whole, None, {"lane": {"S": "a"}, **item_of(2 * KB)}) == 3
