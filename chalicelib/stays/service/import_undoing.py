"""Keeps guests who have stays from being removed when an import is undone."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.stays.models import Stay

HAS_STAYS = N_("The guest has stays.")


@guests.holds_guests("stays")
def guests_with_stays(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests who have a stay, wherever in the chain. A read for each."""
    return {one: HAS_STAYS for one in guest_ids if Stay.of_guest(scope, one, limit=1).items}
