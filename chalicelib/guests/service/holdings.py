"""What other contexts keep under a guest's ids: told before a merge, and after it was undone.

A context on a higher floor says so through `ports`, as it cannot be asked by an import. Its records stay where they
are, under the id under which they came; so a merge moves nothing, and undoing it moves nothing back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.guests.models import Guest
from chalicelib.guests.ports import HOLDINGS, Held
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope

IDS_MAX = 50  # of one kind in a report: enough to look at, and the record stays small


def held(scope: Scope, guest_id: str, since: datetime | None = None) -> dict[str, Held]:
    """What lies under an id, by kind."""
    return {
        name: one.look(scope, guest_id, since) for name, one in sorted(HOLDINGS.items()) if one.look is not None
    }


def kept(scope: Scope, guest_ids: Iterable[str]) -> dict[str, str]:
    """Which of some guests must stay when an import is undone, by id, with the first reason for it."""
    wanted = list(guest_ids)
    found: dict[str, str] = {}
    for one in HOLDINGS.values() if wanted else ():
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
