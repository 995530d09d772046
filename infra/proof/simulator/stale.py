"""Secondary indexes that lag behind: a query is answered from the table as it was some writes ago, item by item."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from infra.local import emulator, items

LAG_MAX = 6  # writes of one table that an index may not have seen yet

T = TypeVar("T")
Place = tuple[Any, Any]  # an item's stored keys


class Past:
    """What the items of every table were before their last writes. It listens where the journal would."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, Any, Any], bytes | None] = {}
        self._before: dict[str, deque[tuple[Place, bytes | None]]] = {}
        self._is_paused = False

    def listen(self) -> None:
        """Hear of every change from now on; the tables are empty."""
        items.changes = _Listener(self._note)

    def unlisten(self) -> None:
        """Hear no more."""
        items.changes = []

    def seen_late(self, table_name: str, source: random.Random, ask: Callable[[], T]) -> T:
        """What `ask` answers when the table is as it was some writes ago."""
        before = self._before.get(table_name, ())
        lag = source.randint(0, min(LAG_MAX, len(before)))
        if not lag:
            return ask()
        former: dict[Place, bytes | None] = {}
        for place, packed in reversed(list(before)[-lag:]):
            former[place] = packed
        present = {place: self._now.get((table_name, *place)) for place in former}
        self._is_paused = True
        try:
            self._set(table_name, former)
            return ask()
        finally:
            self._set(table_name, present)
            self._is_paused = False

    def _set(self, table_name: str, states: dict[Place, bytes | None]) -> None:
        table = table_of(table_name)
        for (pk, sk), packed in states.items():
            if packed is None:
                items.remove_item(table, pk, sk)
            else:
                items.set_item(table, pk, sk, items.unpack(packed))

    def _note(self, change: items.Change) -> None:
        if self._is_paused:
            return
        arn, pk, sk, packed = change
        name = arn.rpartition("/")[2]
        kept = self._before.setdefault(name, deque(maxlen=LAG_MAX))
        kept.append(((pk, sk), self._now.get((name, pk, sk))))
        self._now[name, pk, sk] = packed


class _Listener(list[items.Change]):
    def __init__(self, note: Callable[[items.Change], None]) -> None:
        super().__init__()
        self._note = note

    def append(self, change: items.Change) -> None:
        """A change, as the engine tells it."""
        self._note(change)


def table_of(name: str) -> dict[str, Any]:
    """The engine's own table of a name. Raises LookupError."""
    for table in emulator.dynamodb._tables.all_values():
        if table["TableName"] == name:
            found: dict[str, Any] = table
            return found
    raise LookupError(f"no table {name}")
