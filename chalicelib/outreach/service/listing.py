"""Deliveries as people look for them: of the chain, of a property, of a guest, by status and occasion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from chalicelib.directory.service import properties, property_of
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import cursor
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models import Delivery

LOOKED_AT_MAX = 1000  # rows that one request looks at for a filter that few of them meet
READ_AT_ONCE = 100


@dataclass(frozen=True)
class DeliveryFilter:
    """What is looked for. None: anything."""

    property_id: str | None = None
    guest_id: str | None = None
    status: str | None = None
    occasion: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def name(self) -> str:
        """The list and its filters, for cursors."""
        instants = (sortable(one) if one else "" for one in (self.since, self.until))
        parts = (self.property_id, self.guest_id, self.status, self.occasion, *instants)
        return "|".join(["deliveries", *(part or "" for part in parts)])

    def takes(self, record: Delivery) -> bool:
        """Whether a whole record is one of those looked for."""
        if self.status is not None and record.status != self.status:
            return False
        if self.occasion is not None and record.occasion != self.occasion:
            return False
        if self.property_id is not None and record.property_id != self.property_id:
            return False
        return self.since is None or str(record.listed_at) >= sortable(self.since)


@dataclass(frozen=True)
class DeliveryPage:
    """Some deliveries, and the cursor of those that follow."""

    items: list[Delivery]
    next: str | None


def deliveries_page(scope: Scope, wanted: DeliveryFilter, *, limit: int, after: str | None = None) -> DeliveryPage:
    """Deliveries that the caller may see, the latest decision first.

    A page may be short where few rows meet the filter; `next` goes on. Raises NotFound for a property or a guest beyond
    the wall, Malformed for a cursor of another list.
    """
    if wanted.property_id is not None:
        property_of(scope, wanted.property_id)
    key = cursor.decode(scope, wanted.name, after)
    until = sortable(wanted.until) if wanted.until is not None else None
    last = key["before"]["S"] if key else until
    rows = _rows(scope, wanted, last)
    found: list[Delivery] = []
    looked_at, is_end = 0, False
    while len(found) <= limit and looked_at < LOOKED_AT_MAX and not is_end:
        # The first reading looks for one more than asked for, which tells whether there is more.
        chunk = list(islice(rows, READ_AT_ONCE if looked_at else limit + 1))
        found.extend(one for one in _whole(wanted, chunk) if wanted.takes(one) and _is_visible(scope, one))
        looked_at += len(chunk)
        is_end = not chunk
        last = str(chunk[-1].listed_at) if chunk else last
    if len(found) > limit:
        found, is_end = found[:limit], False
        last = str(found[-1].listed_at)
    following = None if is_end or last is None else {"before": {"S": last}}
    return DeliveryPage(found, cursor.encode(scope, wanted.name, following))


def deliveries_of_guest(scope: Scope, guest_id: str, limit: int) -> list[Delivery]:
    """A guest's deliveries that the caller may see, the latest decision first. Raises NotFound beyond the wall."""
    known = _under_all_ids(scope, guests.get(scope, guest_id))
    return [one for one in known if _is_visible(scope, one)][:limit]


def _under_all_ids(scope: Scope, guest: Guest) -> list[Delivery]:
    """The deliveries under the ids of a guest and of whom it has absorbed, the latest decision first."""
    known = [one for guest_id in guest.ids for one in Delivery.of_guest(scope, guest_id)]
    return sorted(known, key=lambda one: str(one.listed_at), reverse=True)


def get_delivery(scope: Scope, delivery_id: str) -> Delivery:
    """A delivery. Raises NotFound, also for one of a property beyond the wall."""
    found = Delivery.by_its_id(scope, delivery_id) if is_id(delivery_id, "dlv") else None
    if found is None or not _is_visible(scope, found):
        raise NotFound()
    return found


def _rows(scope: Scope, wanted: DeliveryFilter, before: str | None) -> Iterator[Delivery]:
    first = sortable(wanted.since) if wanted.since is not None else None
    if wanted.guest_id is not None:
        known = _under_all_ids(scope, guests.get(scope, wanted.guest_id))
        return iter([one for one in known if before is None or str(one.listed_at) < before])
    if wanted.property_id is not None:
        return Delivery.newest(scope, [wanted.property_id], first, before)
    seen = None if scope.property_ids is None else [str(one.id) for one in properties(scope)]
    return Delivery.newest(scope, seen, first, before)


def _whole(wanted: DeliveryFilter, rows: list[Delivery]) -> list[Delivery]:
    """The whole records of rows; those of a guest are whole already."""
    return rows if wanted.guest_id is not None else Delivery.full(rows)


def _is_visible(scope: Scope, record: Delivery) -> bool:
    """Whether the caller may see it: a caller of single properties sees what speaks for one of them."""
    if scope.property_ids is None:
        return True
    return record.property_id is not None and scope.sees_property(record.property_id)
