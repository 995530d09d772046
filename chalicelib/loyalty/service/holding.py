"""What loyalty holds of a guest: told before a merge, and a reason not to remove them when an import is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty.models import Member, MemberPointer
from chalicelib.loyalty.service.programmes import programmes

HAS_POINTS = N_("The guest is a member and may have points.")


def guests_who_joined(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests who are members of a programme, and not only were."""
    kinds = [f"guest#{programme.id}" for programme in programmes(scope)]
    pointers = MemberPointer.find_many((scope.key(one), kind) for one in guest_ids for kind in kinds)
    found = {str(one.pointer_key) for one in pointers if one.is_somebodys}
    return {one: HAS_POINTS for one in guest_ids if scope.key(one) in found}


def held_by(scope: Scope, guest_id: str, since: datetime | None) -> guests.Held:
    """The open memberships under one id of a guest, for merges: those of one programme are joined."""
    found = Member.many(scope, MemberPointer.of_guest(scope, guest_id)).values()
    still = [one for one in found if one.status != "closed"]
    new = [one.id for one in still if since is not None and one.created_at >= since]
    return guests.Held(len(still), tuple(new))
