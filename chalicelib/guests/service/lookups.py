"""What contexts on higher floors add to a desk's lookup: ways to find a guest by what only they know, and tiers.

    lookups.know("membership", finder)

A finder answers reads, each of one round trip; they are asked at the same time as all others. So a lookup stays two
round trips deep whatever is added to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from chalicelib.guests.rules.lookups import KINDS
from chalicelib.kernel.scope import Scope


class Asked(NamedTuple):
    """What a finder is told: a number as it was typed, and the houses that are searched one by one."""

    number: str
    property_ids: tuple[str, ...]


class Hit(NamedTuple):
    """A guest who may be meant, and why. `is_exact`: it is nobody else, so it also finds a stranger to the house."""

    kind: str
    guest_id: str
    is_exact: bool = False
    room_number: str | None = None


Read = Callable[[], list[Hit]]
Finder = Callable[[Scope, Asked], list[Read]]
Tiers = Callable[[Scope, Iterable[str]], Mapping[str, str]]

_FINDERS: dict[str, Finder] = {}
_TIERS: list[Tiers] = []


def know(kind: str, finder: Finder) -> None:
    """Find guests by a number of a kind (`membership`, `room`). It is called only if the query holds a digit."""
    if kind not in KINDS:
        raise ValueError(f"nobody shows guests found by {kind}")
    _FINDERS[kind] = finder


def know_tiers(tiers: Tiers) -> None:
    """Say which tiers guests hold, by guest id, in words that are shown as they are. One round trip."""
    _TIERS[:] = [tiers]


def reads_of(scope: Scope, asked: Asked) -> list[Read]:
    """Everything that the other contexts want to read."""
    return [read for finder in _FINDERS.values() for read in finder(scope, asked)]


def tiers_of(scope: Scope, guest_ids: Iterable[str]) -> Mapping[str, str]:
    """The tiers of some guests, of those who hold one."""
    return _TIERS[0](scope, guest_ids) if _TIERS else {}
