"""Lists of stays: which index answers which filters, pages of it, a desk's day, and a property's totals.

A combination that no index answers is refused. A page looks at no more than `LOOKED_AT_MAX` entries: a list that is
sparse under its filter answers a short page with a cursor to go on from.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import TYPE_CHECKING, Literal

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel import cursor
from chalicelib.kernel.calendars import business_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page
from chalicelib.stays import rules
from chalicelib.stays.models import CHANGE_SHARDS, Stay

if TYPE_CHECKING:
    from chalicelib.stays.schemas import StayQuery

PAGE_DEFAULT = 25
ROWS_PER_READ = 100  # as many as one batch read takes
LOOKED_AT_MAX = 1000  # per page: at most some 1,000 read units
TOTALS_READ = 4000  # of small entries: some 1 MB, DynamoDB's page
TOTALS_PAGES_MAX = 1000  # four million stays, above any property's history

List = Literal["guest", "arrivals", "departures", "in_house", "property_changes", "chain_changes"]
Read = Callable[[int, Key | None], Page[Stay]]

# The attributes that make up a position in each list: those of its index and the record's own.
_POSITION: dict[List, tuple[str, ...]] = {
    "guest": ("guest_key", "id"),
    "arrivals": ("property_key", "arrival", "guest_key", "id"),
    "departures": ("property_key", "departure", "guest_key", "id"),
    "in_house": ("in_house_key", "room_order", "guest_key", "id"),
    "property_changes": ("property_key", "change_order", "guest_key", "id"),
    "chain_changes": ("change_order",),
}


@dataclass(frozen=True)
class StayPage:
    """Some stays in order, and the cursor of those that follow."""

    items: list[Stay]
    next: str | None


@dataclass(frozen=True)
class Totals:
    """Figures of one property. Revenue in minor units and room nights, both of checked-out stays only."""

    bookings: int
    by_status: dict[str, int]
    revenue: int
    nights: int


@dataclass(frozen=True)
class Filters:
    """Which stays are wanted. Days are `YYYY-MM-DD`, `updated_since` is sortable text."""

    property_id: str | None = None
    guest_id: str | None = None
    guest_ids: tuple[str, ...] = ()  # under all of which the guest's stays may lie
    statuses: frozenset[str] | None = None
    arrival_from: str | None = None
    arrival_to: str | None = None
    departure_from: str | None = None
    departure_to: str | None = None
    updated_since: str | None = None

    @property
    def has_arrival(self) -> bool:
        """Whether days of arrival are asked for."""
        return self.arrival_from is not None or self.arrival_to is not None

    @property
    def has_departure(self) -> bool:
        """Whether days of departure are asked for."""
        return self.departure_from is not None or self.departure_to is not None

    def purpose(self, name: List) -> str:
        """What a cursor of this list is good for."""
        statuses = ",".join(sorted(self.statuses or ()))
        days = f"{self.arrival_from}|{self.arrival_to}|{self.departure_from}|{self.departure_to}"
        return f"stays|{name}|{self.property_id}|{self.guest_id}|{statuses}|{days}|{self.updated_since}"

    def wants(self, stay: Stay) -> bool:
        """Whether a stay is one of those, whatever an index that lags behind says of it."""
        return (
            self.property_id in (None, stay.property_id)
            and (not self.guest_ids or stay.guest_id in self.guest_ids)
            and (self.statuses is None or str(stay.status) in self.statuses)
            and (self.arrival_from or "") <= str(stay.arrival) <= (self.arrival_to or "~")
            and (self.departure_from or "") <= str(stay.departure) <= (self.departure_to or "~")
            and (self.updated_since is None or sortable(stay.updated_at) >= self.updated_since)
        )


# -- which list ----------------------------------------------------------------------------------------------------


def list_for(filters: Filters) -> List:
    """The list that answers these filters with one index. Raises Invalid for a combination that none answers."""
    if filters.guest_id is not None:
        return "guest"
    if filters.property_id is None:
        _refuse_without_property(filters)
        return "chain_changes"
    has_days = filters.has_arrival or filters.has_departure
    if filters.updated_since is not None and (has_days or filters.statuses):
        raise Invalid.field("?updated_since", N_("With a property, updated_since goes without status and days."))
    if filters.has_arrival and filters.has_departure:
        raise Invalid.field("?departure_from", N_("With a property, filter by arrival or by departure, not by both."))
    if filters.has_arrival:
        return "arrivals"
    if filters.has_departure:
        return "departures"
    if filters.statuses == frozenset({"in_house"}):
        return "in_house"
    if filters.statuses:
        raise Invalid.field("?status", N_("With a property, this status needs days of arrival or of departure."))
    return "property_changes"


def _refuse_without_property(filters: Filters) -> None:
    if filters.statuses or filters.has_arrival or filters.has_departure:
        raise Invalid.field("?property_id", N_("Status and days are filtered for one property or one guest."))


# -- pages ---------------------------------------------------------------------------------------------------------


def list_page(scope: Scope, query: StayQuery) -> StayPage:
    """A page of stays by the filters of the query.

    Changes come newest first; with `updated_since` oldest first, so that a reader goes on from where it stopped. Raises
    NotFound for a property beyond the wall and Invalid for filters that no index answers.
    """
    filters = Filters(
        property_id=query.property_id,
        guest_id=query.guest_id,
        statuses=frozenset({query.status}) if query.status else None,
        arrival_from=_text(query.arrival_from),
        arrival_to=_text(query.arrival_to),
        departure_from=_text(query.departure_from),
        departure_to=_text(query.departure_to),
        updated_since=query.updated_since,
    )
    if filters.guest_id is not None:
        guest = guests.find(scope, filters.guest_id)
        filters = replace(filters, guest_ids=tuple(guest.ids) if guest else (filters.guest_id,))
    filters = _within_the_wall(scope, filters)
    return _page(scope, list_for(filters), filters, limit=query.limit, after=query.cursor)


def arrivals(
    scope: Scope,
    property_id: str,
    day: date | None = None,
    *,
    status: str | None = None,
    limit: int = PAGE_DEFAULT,
    cursor: str | None = None,
) -> StayPage:
    """Who arrives at a property on a day (its present business day): booked, in house or gone again; or in a status."""
    on = _day_of(scope, property_id, day)
    filters = Filters(property_id, statuses=_expected(status), arrival_from=on, arrival_to=on)
    return _page(scope, "arrivals", filters, limit=limit, after=cursor)


def departures(
    scope: Scope,
    property_id: str,
    day: date | None = None,
    *,
    status: str | None = None,
    limit: int = PAGE_DEFAULT,
    cursor: str | None = None,
) -> StayPage:
    """Who departs from a property on a day (its present business day): still to go or gone; or in a status."""
    on = _day_of(scope, property_id, day)
    filters = Filters(property_id, statuses=_expected(status), departure_from=on, departure_to=on)
    return _page(scope, "departures", filters, limit=limit, after=cursor)


def ended(
    scope: Scope, property_id: str, first: date, last: date, *, limit: int = PAGE_DEFAULT, cursor: str | None = None
) -> StayPage:
    """The stays of a property that ended on the days from `first` to `last`, the earliest first."""
    directory.property_of(scope, property_id)
    since, until = first.isoformat(), last.isoformat()
    filters = Filters(
        property_id, statuses=frozenset({"checked_out"}), departure_from=since, departure_to=until
    )
    return _page(scope, "departures", filters, limit=limit, after=cursor)


def in_house(scope: Scope, property_id: str, *, limit: int = PAGE_DEFAULT, cursor: str | None = None) -> StayPage:
    """Who is in a property now, by room."""
    directory.property_of(scope, property_id)
    filters = Filters(property_id, statuses=frozenset({"in_house"}))
    return _page(scope, "in_house", filters, limit=limit, after=cursor)


def leaving_from(scope: Scope, property_id: str, first: date, *, limit: int, after: Key | None) -> Page[Stay]:
    """Some stays of a property that end on a day or later, by departure, whole, and the key to go on from. For work."""
    page = Stay.departing(scope, property_id, first.isoformat(), None, limit=limit, after=after)
    return Page(Stay.full(page.items), page.next_key)


def today_at(scope: Scope, property_id: str) -> date:
    """The present business day of a property: until its closing hour the night belongs to the day before."""
    house = directory.property_of(scope, property_id)
    return business_day(scope.now, str(house.time_zone), time.fromisoformat(str(house.business_day_close)))


def totals(scope: Scope, property_id: str) -> Totals:
    """Figures over all stays of a property, streamed from an index. Seconds for a hundred thousand stays."""
    directory.property_of(scope, property_id)
    by_status: Counter[str] = Counter()
    revenue = nights = 0
    after: Key | None = None
    for _ in range(TOTALS_PAGES_MAX):
        page = Stay.figures(scope, property_id, limit=TOTALS_READ, after=after)
        by_status.update(entry.status for entry in page.items)
        left = [entry for entry in page.items if entry.status == "checked_out"]
        revenue += sum(entry.revenue for entry in left)
        nights += sum(entry.nights for entry in left)
        after = page.next_key
        if after is None:
            return Totals(by_status.total(), dict(by_status), revenue, nights)
    raise OverflowError("a property has more stays than its totals can be counted over")


# -- inside --------------------------------------------------------------------------------------------------------


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _expected(status: str | None) -> frozenset[str]:
    return frozenset({status}) if status else rules.EXPECTED


def _day_of(scope: Scope, property_id: str, day: date | None) -> str:
    today = today_at(scope, property_id)
    return (day or today).isoformat()


def _within_the_wall(scope: Scope, filters: Filters) -> Filters:
    """The filters of a caller who sees some properties only: its one property is meant, of several one is named."""
    if filters.property_id is not None:
        directory.property_of(scope, filters.property_id)
        return filters
    if scope.property_ids is None or filters.guest_id is not None:
        return filters
    if len(scope.property_ids) != 1:
        raise Invalid.field("?property_id", N_("Name a property or a guest: you see some properties only."))
    return replace(filters, property_id=next(iter(scope.property_ids)))


def _page(scope: Scope, name: List, filters: Filters, *, limit: int, after: str | None) -> StayPage:
    purpose = filters.purpose(name)
    position = cursor.decode(scope, purpose, after)
    read = _reader(scope, name, filters)
    found: list[tuple[Stay, Key]] = []
    rows = min(limit + 1, ROWS_PER_READ)  # one more than asked for tells whether there is more
    for _ in range(LOOKED_AT_MAX // ROWS_PER_READ):
        page = read(rows, position)
        positions = {entry.id: _position(name, entry) for entry in page.items}
        stays = page.items if name == "guest" else Stay.full(page.items)
        found.extend((stay, positions[stay.id]) for stay in stays if _is_seen(scope, stay) and filters.wants(stay))
        position = page.next_key
        if position is None or len(found) > limit:
            break
        rows = ROWS_PER_READ
    if len(found) > limit:
        found = found[:limit]
        position = found[-1][1]
    return StayPage([stay for stay, _ in found], cursor.encode(scope, purpose, position))


def _is_seen(scope: Scope, stay: Stay) -> bool:
    return scope.sees_property(stay.property_id)


def _position(name: List, entry: Stay) -> Key:
    return {attribute: {"S": str(getattr(entry, attribute))} for attribute in _POSITION[name]}


def _reader(scope: Scope, name: List, filters: Filters) -> Read:
    """How to read some entries of a list from a position on."""
    house = str(filters.property_id)
    days = filters.arrival_from, filters.arrival_to
    days_out = filters.departure_from, filters.departure_to
    is_forward = filters.updated_since is not None
    readers: dict[List, Read] = {
        "guest": lambda rows, at: _of_guest(scope, filters.guest_ids, rows, at),
        "arrivals": lambda rows, at: Stay.arriving(scope, house, *days, limit=rows, after=at),
        "departures": lambda rows, at: Stay.departing(scope, house, *days_out, limit=rows, after=at),
        "in_house": lambda rows, at: Stay.in_house_at(scope, house, limit=rows, after=at),
        "property_changes": lambda rows, at: Stay.changed_at(
            scope, house, filters.updated_since, limit=rows, after=at, is_forward=is_forward
        ),
        "chain_changes": lambda rows, at: _changed(scope, filters.updated_since, rows, at),
    }
    return readers[name]


def _of_guest(scope: Scope, guest_ids: tuple[str, ...], rows: int, position: Key | None) -> Page[Stay]:
    """The next stays under all of a guest's ids, as they became known."""
    later_than = position["id"]["S"] if position else None
    pages = [Stay.of_guest(scope, one, limit=rows, later_than=later_than) for one in guest_ids]
    found = list(heapq.merge(*(page.items for page in pages), key=lambda stay: str(stay.id)))
    has_more = len(found) > rows or any(page.next_key is not None for page in pages)
    kept = found[:rows]
    return Page(kept, _position("guest", kept[-1]) if has_more and kept else None)


def _changed(scope: Scope, since: str | None, rows: int, position: Key | None) -> Page[Stay]:
    """The next entries of the chain's changes: the shards' next ones, merged."""
    at = position["change_order"]["S"] if position else None
    is_forward = since is not None
    shards = [
        Stay.changed_in_shard(
            scope,
            shard,
            since=(at or since) if is_forward else None,
            before=None if is_forward else at,
            limit=rows,
            is_forward=is_forward,
        )
        for shard in range(CHANGE_SHARDS)
    ]
    merged = list(heapq.merge(*shards, key=lambda entry: str(entry.change_order), reverse=not is_forward))
    has_more = len(merged) > rows or any(len(shard) == rows for shard in shards)
    kept = merged[:rows]
    return Page(kept, _position("chain_changes", kept[-1]) if has_more and kept else None)
