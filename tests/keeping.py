"""A world that is built once for a file of tests and stands again, as it was, for each of them.

Building one takes some transactions of the product; putting its items back takes a hundredth of that. What a test has
changed is gone with its stack, and what it was handed is a copy.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from infra.local import emulator, items
from infra.local.inprocess import Engine

World = TypeVar("World")
Row = tuple[str, Any, Any, bytes]  # table, hash key, range key, the packed item


@dataclass(frozen=True)
class Kept:
    """A world with everything that was stored and queued when it was finished."""

    world: Any
    rows: list[Row]
    messages: dict[str, list[Any]]  # by queue


_KEPT: dict[tuple[Path, str], Kept] = {}


def kept(engine: Engine, path: Path, name: str, build: Callable[[], World]) -> World:
    """The world of this name in a file of tests. The stack has to be empty.

    Each file has its own: whatever holds for all tests of a file holds where their world is built, too.
    """
    known = _KEPT.get((path, name))
    if known is not None:
        _bring_back(known)
        return _copied(known.world, engine)
    world = build()
    assert engine.outbox() == [], "a world that has sent something cannot be kept"
    messages = {url: copy.deepcopy(queue["messages"]) for url, queue in _queues().items() if queue["messages"]}
    _KEPT[path, name] = Kept(_copied(world, engine), _rows(), messages)
    return world


def _bring_back(known: Kept) -> None:
    tables, queues = _tables(), _queues()
    for name, pk, sk, packed in known.rows:
        items.set_item(tables[name], pk, sk, items.unpack(packed))
    for url, messages in known.messages.items():
        queues[url]["messages"].extend(copy.deepcopy(messages))


def _copied(world: World, engine: Engine) -> World:
    """A copy of a world that works with the same engine."""
    return copy.deepcopy(world, {id(engine): engine})


def _rows() -> list[Row]:
    return [
        (name, pk, sk, packed)
        for name, table in _tables().items()
        for pk, partition in items.items_of(table).items()
        for sk, packed in partition.packed_items()
    ]


def _tables() -> dict[str, dict[str, Any]]:
    return {str(table["TableName"]): table for table in emulator.dynamodb._tables.all_values()}


def _queues() -> dict[str, dict[str, Any]]:
    return {str(queue["url"]): queue for queue in emulator.sqs._queues.all_values()}
