"""Keeps guests to whom messages are on record from being removed when an import is undone."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models import Delivery

HAS_MESSAGES = N_("Messages to the guest are on record.")


def guests_written_to(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests with a message, or a silence, on record."""
    found = Delivery.occupied(map(scope.key, guest_ids))
    return {one: HAS_MESSAGES for one in guest_ids if scope.key(one) in found}
