"""What stays hold of a guest: told before a merge, and a reason not to remove them when an import is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.stays.models import Stay
from chalicelib.stays.service.finding import of_guest

HAS_STAYS = N_("The guest has stays.")


def guests_with_stays(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests who have a stay, wherever in the chain."""
    found = Stay.occupied(map(scope.key, guest_ids))
    return {one: HAS_STAYS for one in guest_ids if scope.key(one) in found}


def held_by(scope: Scope, guest_id: str, since: datetime | None) -> guests.Held:
    """What lies under one id of a guest, for merges: they leave it there."""
    found = of_guest(scope, guest_id)
    new = [str(stay.id) for stay in found if since is not None and stay.created_at >= since]
    is_there = any(stay.status == "in_house" for stay in found)
    return guests.Held(len(found), tuple(new), ("in_house",) if is_there else ())


guests.know_holding("stays", guests_with_stays, held_by)
