"""Keeps members from being removed when the import that brought them as guests is undone."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty.models import MemberPointer

HAS_POINTS = N_("The guest is a member and may have points.")


@guests.holds_guests("loyalty")
def guests_who_joined(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests who are members of a programme. A read for each."""
    return {one: HAS_POINTS for one in guest_ids if MemberPointer.of_guest(scope, one)}
