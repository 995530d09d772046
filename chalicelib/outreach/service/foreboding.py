"""Who will fall silent before long: the property's watched guests by their day, reckoned anew by the rules of now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from chalicelib.directory import service as directory
from chalicelib.directory.service import Property
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import cursor
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models.calls import Task, WatchedGuest
from chalicelib.outreach.rules.calls import SILENCE
from chalicelib.outreach.service import policies, silence
from chalicelib.stays.service import Stay


@dataclass(frozen=True)
class SilentSoon:
    """A guest whose day comes near. `days_allowed` is how long the rule lets them stay away."""

    guest: Guest
    stay: Stay
    silent_on: date
    days_left: int
    days_allowed: int
    is_regular: bool
    value: int
    currency: str
    open_task_id: str | None


def is_watching(scope: Scope) -> bool:
    """Whether the chain wants to know at all who falls silent."""
    return policies.policy_of(scope, SILENCE).is_on


def silent_soon(
    scope: Scope, property_id: str, *, within_days: int, limit: int, after: str | None
) -> tuple[list[SilentSoon], str | None]:
    """Guests last seen at a property who are not silent yet and will be within some days, the next first; the cursor
    of those that follow.

    Nobody is on it while the chain does not keep the occasion. A page may be short: who has come back since, or was
    last seen elsewhere, is left out. Raises NotFound beyond the wall, Malformed.
    """
    house = directory.property_of(scope, property_id)
    purpose = f"silent-soon|{property_id}|{within_days}"
    key = cursor.decode(scope, purpose, after)
    if not is_watching(scope):
        return [], None
    today = local_day(scope.now, house.time_zone)
    first, last = today + timedelta(days=1), today + timedelta(days=within_days)
    page = WatchedGuest.between(
        scope, str(house.id), first.isoformat(), last.isoformat(), limit=limit, after=key or None
    )
    people = guests.find_many(scope, {one.guest_id for one in page.items}) if page.items else {}
    found = []
    for row in page.items:
        guest = people.get(row.guest_id)
        one = _reckoned(scope, house, guest, today) if guest is not None and guest.id == row.guest_id else None
        if one is not None and first <= one.silent_on <= last:
            found.append(one)
    return found, cursor.encode(scope, purpose, page.next_key)


def _reckoned(scope: Scope, house: Property, guest: Guest, today: date) -> SilentSoon | None:
    """What the rule says of a guest now; None for one whom it watches no more, or for another property."""
    # When somebody falls silent does not depend on who asks.
    case = silence.look(replace(scope, property_ids=None), directory.chain_of(scope), guest)
    if case.silence is None or case.due_at is None or case.house is None or case.house.id != house.id:
        return None
    last = next(one for one in case.known if one.id == case.silence.last.stay_id)
    calls = [one for one in Task.of_guest(scope, guest.ids) if one.is_open and one.kind == "call"]
    mine = next((str(one.id) for one in calls if scope.sees_property(one.property_id)), None)
    return SilentSoon(
        guest, last, case.silence.silent_on, (case.silence.silent_on - today).days, int(case.silence.days_allowed),
        case.silence.is_regular, silence.value_in(case, house, today), str(house.currency), mine,
    )  # fmt: skip
