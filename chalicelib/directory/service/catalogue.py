"""The chain and its properties as nearly every use-case needs them: read once, then remembered for some seconds.

A write in this process forgets at once; other processes may see what was for at most `REMEMBERED_S`. Whoever changes a
record reads it afresh instead of taking it from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field
from threading import Lock
from typing import Any, TypeVar

from chalicelib.directory.models import Chain, Property
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.text import fold

REMEMBERED_S = 10.0
CHAINS_REMEMBERED_MAX = 500  # a process that serves more than these at once starts over

T = TypeVar("T")


@dataclass
class _Shelf:
    """What is known of one chain: by name of the reading, the value and the moment it was read."""

    values: dict[str, tuple[float, Any]] = field(default_factory=dict)


class _Memory:
    def __init__(self) -> None:
        self._shelves: dict[str, _Shelf] = {}
        self._lock = Lock()

    def get(self, chain_id: str, name: str, read: Callable[[], T]) -> T:
        """What `read` answers, or answered a moment ago. None is not remembered."""
        with self._lock:
            if chain_id not in self._shelves and len(self._shelves) >= CHAINS_REMEMBERED_MAX:
                self._shelves.clear()
            shelf = self._shelves.setdefault(chain_id, _Shelf())
            known = shelf.values.get(name)
        if known is not None and time.monotonic() - known[0] < REMEMBERED_S:
            remembered: T = known[1]
            return remembered
        started = time.monotonic()
        value = read()
        if value is not None:
            # Into the shelf seen before the read: if a write has forgotten it meanwhile, nobody looks there any more.
            shelf.values[name] = (started, value)
        return value

    def forget(self, chain_id: str | None) -> None:
        """Forget one chain, or all of them."""
        with self._lock:
            if chain_id is None:
                self._shelves.clear()
            else:
                self._shelves.pop(chain_id, None)


_memory = _Memory()


def forget(chain_id: str | None = None) -> None:
    """Read afresh from now on: for a chain that was written, or for all (a test's new store)."""
    _memory.forget(chain_id)


def remembered(scope: Scope, name: str, read: Callable[[], T]) -> T:
    """What another context reads for nearly every use-case, remembered like a chain's own particulars.

    For decisions that may be some seconds behind; whoever writes it forgets the chain.
    """
    return _memory.get(scope.chain_id, name, read)


def known_chain(chain_id: str) -> Chain | None:
    """A chain by its id, or None. For those who have no scope yet."""
    return _memory.get(chain_id, "chain", lambda: Chain.find(chain_id))


def chain_of(scope: Scope) -> Chain:
    """The caller's chain. Raises NotFound for a scope without one (the operator's)."""
    chain = known_chain(scope.chain_id) if scope.chain_id else None
    if chain is None:
        raise NotFound()
    return chain


def find_property(scope: Scope, property_id: str) -> Property | None:
    """A property of the chain whether or not the caller sees it, or None. For work that the guest's data leads to."""
    if not is_id(property_id, "prp"):
        return None
    return _memory.get(scope.chain_id, property_id, lambda: Property.find(scope.chain_id, property_id))


def property_of(scope: Scope, property_id: str) -> Property:
    """A property that the caller sees. Raises NotFound beyond the wall, as for one that does not exist."""
    scope.require_property(property_id)
    found = find_property(scope, property_id)
    if found is None:
        raise NotFound()
    return found


def properties(scope: Scope) -> list[Property]:
    """Every property that the caller sees, by name. One query, remembered."""
    return [one for one in all_properties(scope) if scope.sees_property(one.id)]


def all_properties(scope: Scope) -> list[Property]:
    """Every property of the chain, by name, beyond the caller's wall too."""
    return _memory.get(scope.chain_id, "properties", lambda: _by_name(list(Property.every(scope.chain_id))))


def _by_name(found: list[Property]) -> list[Property]:
    return sorted(found, key=lambda one: (fold(one.name), one.id))
