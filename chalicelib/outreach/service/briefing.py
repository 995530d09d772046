"""What a person should know before calling a guest: who it is, what they spent, what was written and said before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.later import later
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.calls import Task
from chalicelib.outreach.models.days import GuestDays, OwnDay
from chalicelib.outreach.service import tasks
from chalicelib.outreach.service.listing import deliveries_of_guest
from chalicelib.outreach.words import language_for
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

if TYPE_CHECKING:
    from chalicelib.loyalty import service as loyalty
else:
    loyalty = later("chalicelib.loyalty.service")  # of which most messages need nothing

DELIVERIES_SHOWN = 5
TASKS_SHOWN = 10


@dataclass(frozen=True)
class Membership:
    """A guest in a programme."""

    programme: str
    status: str
    since: str
    available: int


@dataclass(frozen=True)
class Brief:
    """All of it. Stays, messages and tasks are those of properties that the reader sees."""

    guest: Guest
    language: str
    stay_count: int
    nights: int
    spent: dict[str, int]  # by currency, minor units
    first_stay: Stay | None
    last_stay: Stay | None
    days_away: int | None
    favourite_room_type: str | None
    deliveries: list[Delivery]
    earlier: list[Task]
    own_days: list[OwnDay]
    festivals: list[str]
    memberships: list[Membership]


def brief_of(scope: Scope, task: Task) -> Brief:
    """The brief for a task. Raises NotFound for a guest who is not there any more, or beyond the wall."""
    guest = guests.get(scope, task.guest_id)
    chain = directory.chain_of(scope)
    ended = [one for one in stays.of_guest(scope, *guest.ids) if one.status == "checked_out"]
    ended.sort(key=lambda one: (str(one.departure), str(one.id)))
    last = ended[-1] if ended else None
    today = local_day(scope.now, chain.time_zone)
    told = GuestDays.of_ids(scope, guest.ids)
    earlier = [one for one in tasks.of_guest(scope, guest) if one.id != task.id and one.attempts]
    return Brief(
        guest=guest,
        language=language_for(guest.language or chain.default_language),
        stay_count=len(ended),
        nights=sum(int(one.nights) for one in ended),
        spent=_spent(ended),
        first_stay=ended[0] if ended else None,
        last_stay=last,
        days_away=(today - date.fromisoformat(str(last.departure))).days if last is not None else None,
        favourite_room_type=_most_frequent(one.room_type for one in ended),
        deliveries=deliveries_of_guest(scope, guest.id, DELIVERIES_SHOWN),
        earlier=earlier[:TASKS_SHOWN],
        own_days=told.own_days,
        festivals=told.chosen,
        memberships=_memberships(scope, guest) if scope.may("members:read") else [],
    )


def _spent(ended: Iterable[Stay]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in ended:
        found[str(one.currency)] += int(one.revenue_total)
    return dict(found)


def _most_frequent(names: Iterable[str | None]) -> str | None:
    known = Counter(name for name in names if name)
    return known.most_common(1)[0][0] if known else None


def _memberships(scope: Scope, guest: Guest) -> list[Membership]:
    names = {str(one.id): str(one.name) for one in loyalty.programmes(scope)}
    return [
        Membership(names.get(str(one.programme_id), ""), str(one.status), str(one.enrolled_on), one.available)
        for one in loyalty.of_guest(scope, guest.id)
        if one.status != "closed"
    ]
