"""What DynamoDB bills, computed from items as its documentation defines it; nothing here asks an engine.

Sources: developer guide, "DynamoDB item sizes and formats", "read and write operations" (capacity unit consumption),
"global secondary indexes" (write considerations) and "transactions" (capacity management).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]

READ_BYTES = 4096
WRITE_BYTES = 1024
TRANSACTION = 2  # each read or write in a transaction is done twice: to prepare, and to commit
CONTAINER_BYTES = 3  # of a list or a map, empty or not
ELEMENT_BYTES = 1  # of every element of a list or a map
SIGNIFICANT_PER_BYTE = 2


@dataclass(frozen=True)
class Index:
    """A global secondary index: its keys (both must be there for an item to be in it) and what it carries besides."""

    name: str
    keys: tuple[str, ...]
    table_keys: tuple[str, ...]
    included: tuple[str, ...] | None = ()  # None: every attribute

    def entry_of(self, item: Item | None) -> dict[str, Any] | None:
        """What the index holds of an item; None if the item is not in it."""
        if item is None or any(key not in item for key in self.keys):
            return None
        if self.included is None:
            return dict(item)
        names = dict.fromkeys((*self.keys, *self.table_keys, *self.included))
        return {name: item[name] for name in names if name in item}


def item_bytes(item: Item) -> int:
    """Size of an item: the names and values of its attributes."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Mapping[str, Any]) -> int:
    """Size of one attribute's value in DynamoDB's JSON."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return number_bytes(content)
    if kind == "B":
        return len(content)
    if kind in ("SS", "NS", "BS"):
        return sum(value_bytes({kind[0]: member}) for member in content)
    if kind == "L":
        return CONTAINER_BYTES + sum(ELEMENT_BYTES + value_bytes(member) for member in content)
    if kind == "M":
        members = content.items()
        return CONTAINER_BYTES + sum(ELEMENT_BYTES + len(name.encode()) + value_bytes(one) for name, one in members)
    return 1  # null and boolean


def number_bytes(text: str) -> int:
    """Size of a number: a byte for two significant digits, one more, and one more for a minus."""
    mantissa = text.lower().partition("e")[0]
    digits = mantissa.lstrip("+-").replace(".", "").strip("0")
    return math.ceil(len(digits) / SIGNIFICANT_PER_BYTE) + 1 + text.startswith("-")


def read_units(size: int, *, is_consistent: bool, in_transaction: bool = False) -> float:
    """Units of one read of `size` bytes; what is not there costs as much as the smallest item."""
    units = max(1, math.ceil(size / READ_BYTES))
    if in_transaction:
        return float(units * TRANSACTION)
    return float(units) if is_consistent else units / 2


def query_units(entries: Iterable[Item], *, is_consistent: bool) -> float:
    """Units of a query that evaluated these: their sizes together are rounded up, not each of them."""
    return read_units(sum(map(item_bytes, entries)), is_consistent=is_consistent)


def batch_units(found: Iterable[Item], asked: int, *, is_consistent: bool) -> float:
    """Units of a batch read: each item by itself, also those that are not there."""
    sizes = [item_bytes(item) for item in found]
    sizes += [0] * (asked - len(sizes))
    return sum(read_units(size, is_consistent=is_consistent) for size in sizes)


def write_units(old: Item | None, new: Item | None, *, in_transaction: bool) -> int:
    """Units of writing, deleting or checking one item of a table: by the larger of what was and what is."""
    size = max(item_bytes(old or {}), item_bytes(new or {}))
    return max(1, math.ceil(size / WRITE_BYTES)) * (TRANSACTION if in_transaction else 1)


def index_units(index: Index, old: Item | None, new: Item | None) -> int:
    """Units that an index takes for a change of its item. It is written later and by itself: never doubled."""
    before, after = index.entry_of(old), index.entry_of(new)
    if before == after:
        return 0
    if before is None or after is None:
        return _entry_units(before or after or {})
    if any(before[key] != after[key] for key in index.keys):
        return _entry_units(before) + _entry_units(after)  # the old entry is deleted, the new one put
    return max(_entry_units(before), _entry_units(after))


def _entry_units(entry: Item) -> int:
    return max(1, math.ceil(item_bytes(entry) / WRITE_BYTES))
