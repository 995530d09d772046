"""What outreach holds of a guest: told before a merge, and a reason not to remove them when an import is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.guests import service as guests
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models import Delivery

HAS_MESSAGES = N_("Messages to the guest are on record.")


def guests_written_to(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests with a message, or a silence, on record."""
    found = Delivery.occupied(map(scope.key, guest_ids))
    return {one: HAS_MESSAGES for one in guest_ids if scope.key(one) in found}


def held_by(scope: Scope, guest_id: str, since: datetime | None) -> guests.Held:
    """What was sent under one id of a guest, for merges: it stays there."""
    sent = [one for one in Delivery.of_guest(scope, guest_id) if one.status != "skipped"]
    new = [str(one.id) for one in sent if since is not None and one.decided_at >= sortable(since)]
    return guests.Held(len(sent), tuple(new))


guests.know_holding("messages", guests_written_to, held_by)
