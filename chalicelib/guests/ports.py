"""What guests asks of the contexts above it, which it cannot import: they say by which function they answer.

    ports.know_holding("stays", named("service.import_undoing:guests_with_stays"), named("service.finding:held_by"))

Whoever answers is declared in its context's `answers`, where every process finds it, and imported when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope


@dataclass(frozen=True)
class Held:
    """What lies under one id: how much, which of it came since, and what speaks for looking twice before a merge."""

    count: int
    since_ids: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Look = Callable[[Scope, str, datetime | None], Held]
# Which of some guests must stay, by id, with the reason as an N_-marked sentence.
Keeps = Callable[[Scope, Sequence[str]], Mapping[str, str]]


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

class Holding(NamedTuple):
    """How to ask for one kind of what lies under guests' ids. Without `look` it is nothing that a merge tells of."""

    keeps: Keeps
    look: Look | None = None


HOLDINGS: dict[str, Holding] = {}
FINDERS: dict[str, Finder] = {}
TIERS: list[Tiers] = []


def know_holding(name: str, keeps: Keeps, look: Look | None = None) -> None:
    """Say what keeps guests from being removed when an import is undone, `keeps(scope, guest_ids)`, and how to look
    what lies under one id for a merge, `look(scope, guest_id, since)`. `name` is `stays` or such."""
    HOLDINGS[name] = Holding(keeps, look)


def know_finder(kind: str, finder: Finder) -> None:
    """Find guests by a number of a kind (`membership`, `room`), for a desk's lookup.

    It is asked only if the query holds a digit, and answers reads of one round trip each, made all at the same time.
    """
    FINDERS[kind] = finder


def know_tiers(tiers: Tiers) -> None:
    """Say which tiers guests hold, by guest id, in words that are shown as they are. One round trip."""
    TIERS[:] = [tiers]
