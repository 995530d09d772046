"""The stored items as they lie in the engine, read past the product and all of its models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.settings import settings
from infra.local import emulator, items
from infra.proof.simulator.stale import table_of

Item = dict[str, Any]


def every(table: str) -> Iterator[Item]:
    """All items of a table by its short name, as plain values."""
    for partition in items.items_of(table_of(settings().table_prefix + table)).values():
        for item in partition.values():
            yield {name: plain(value) for name, value in item.items()}


def names() -> list[str]:
    """Short names of all tables."""
    prefix = settings().table_prefix
    found = [str(table["TableName"]) for table in emulator.dynamodb._tables.all_values()]
    return sorted(name.removeprefix(prefix) for name in found if name.startswith(prefix))


def plain(value: dict[str, Any]) -> Any:
    """A stored value without its type; JSON in a text is opened."""
    kind, content = next(iter(value.items()))
    if kind == "S":
        return _opened(content)
    if kind == "N":
        return float(content) if "." in content else int(content)
    if kind == "M":
        return {name: plain(one) for name, one in content.items()}
    if kind == "L":
        return [plain(one) for one in content]
    if kind in ("SS", "NS"):
        return sorted(content)
    return content


def _opened(text: str) -> Any:
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def first_due(kinds: tuple[str, ...] = ("event", "due", "bulk")) -> datetime | None:
    """When the next item of the lanes that a sweep looks at is due."""
    index = items.build_indexes(table_of(settings().table_prefix + "agenda"))["due"]
    # A lane's entries are in order of `due_at`, so its first one is the next.
    found = [entries[0][0] for lane, entries in index.partitions.items() if _lane(lane).startswith(kinds)]
    return from_sortable(str(min(found))) if found else None


def _lane(partition: Any) -> str:
    return str(partition[0]) if isinstance(partition, tuple) else str(partition)
