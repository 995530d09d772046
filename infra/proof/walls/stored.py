"""Everything that is stored, as it is kept: quick enough to be looked at around every single request."""

from __future__ import annotations

from typing import Any

from chalicelib.directory import service as directory
from chalicelib.outreach.service import policies
from infra.local import emulator, items

Row = tuple[str, Any, Any, bytes]  # table, hash key, range key, the packed item


def fingerprint() -> frozenset[Row]:
    """Every item of every table."""
    return frozenset(
        (str(table["TableName"]), hash_value, range_value, packed)
        for table in emulator.dynamodb._tables.all_values()
        for hash_value, partition in items.items_of(table).items()
        for range_value, packed in partition.packed_items()
    )


def put_back(wanted: frozenset[Row]) -> None:
    """Make the tables hold these items and no others."""
    present = fingerprint()
    if present == wanted:
        return
    tables = {str(table["TableName"]): table for table in emulator.dynamodb._tables.all_values()}
    kept = {row[:3] for row in wanted}
    for name, hash_value, range_value, _ in present - wanted:
        if (name, hash_value, range_value) not in kept:
            items.remove_item(tables[name], hash_value, range_value)
    for name, hash_value, range_value, packed in wanted - present:
        items.set_item(tables[name], hash_value, range_value, items.unpack(packed))
        # One content can be packed in several ways: what comes back is the very same.
        items.items_of(tables[name]).partition(hash_value).put(range_value, packed)
    directory.forget()
    policies.forget()
