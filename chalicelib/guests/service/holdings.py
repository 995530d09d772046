"""What other contexts keep under a guest's ids: told before a merge and after it was undone, and why a guest must stay.

A context on a higher floor says so with `know_holding`, as it cannot be asked by an import. Its records stay where
they are, under the id under which they came; so a merge moves nothing, and undoing it moves nothing back. A guest on
whom something is held is not removed when the import that made them is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from chalicelib.guests.models import Guest
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope

IDS_MAX = 50  # of one kind in a report: enough to look at, and the record stays small


@dataclass(frozen=True)
class Held:
    """What lies under one id: how much, which of it came since, and what speaks for looking twice before a merge."""

    count: int
    since_ids: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Look = Callable[[Scope, str, datetime | None], Held]
# Which of some guests must stay, by id, with the reason as an N_-marked sentence.
Keeps = Callable[[Scope, Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Holding:
    """How to ask for one kind of what lies under guests' ids. Without `look` it is nothing that a merge tells of."""

    keeps: Keeps
    look: Look | None = None


_HOLDINGS: dict[str, Holding] = {}


def know_holding(name: str, keeps: Keeps, look: Look | None = None) -> None:
    """Say, for a context above, what keeps guests from being removed, `keeps(scope, guest_ids)`, and how to look what
    lies under one id, `look(scope, guest_id, since)`. `name` is `stays` or such."""
    _HOLDINGS[name] = Holding(keeps, look)


def held(scope: Scope, guest_id: str, since: datetime | None = None) -> dict[str, Held]:
    """What lies under an id, by kind."""
    return {
        name: one.look(scope, guest_id, since) for name, one in sorted(_HOLDINGS.items()) if one.look is not None
    }


def kept(scope: Scope, guest_ids: Iterable[str]) -> dict[str, str]:
    """Which of some guests must stay, by id, with the first reason for it."""
    wanted = list(guest_ids)
    found: dict[str, str] = {}
    for one in _HOLDINGS.values() if wanted else ():
        found = {**one.keeps(scope, wanted), **found}
    return found


def lines(scope: Scope, ids: Iterable[str], guest: Guest, since: str) -> list[dict[str, object]]:
    """What a guest has got of everything, with the ids of what came since."""
    found: list[dict[str, object]] = []
    for own_id in ids:
        for name, one in held(scope, own_id, from_sortable(since)).items():
            if one.count:
                found.append(
                    {
                        "what": name,
                        "name": own_id,
                        "guest_id": str(guest.id),
                        "reason": "source",
                        "count": one.count,
                        "ids": list(one.since_ids[:IDS_MAX]),
                    }
                )
    return found
