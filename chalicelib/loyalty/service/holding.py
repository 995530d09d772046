"""What loyalty holds of a guest: told before a merge, and a reason not to remove them when an import is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty.models import Member, MemberPointer

HAS_POINTS = N_("The guest is a member and may have points.")


@guests.holds_guests("loyalty")
def guests_who_joined(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests who are members of a programme. A read for each."""
    return {one: HAS_POINTS for one in guest_ids if MemberPointer.of_guest(scope, one)}


def held_by(scope: Scope, guest_id: str, since: datetime | None) -> guests.Held:
    """The open memberships under one id of a guest, for merges: those of one programme are joined."""
    found = Member.many(scope, MemberPointer.of_guest(scope, guest_id)).values()
    still = [one for one in found if one.status != "closed"]
    new = [one.id for one in still if since is not None and one.created_at >= since]
    return guests.Held(len(still), tuple(new))


guests.know_holdings("memberships", held_by)
