"""Lists of guests by their last change, and searches: pages of bounded cost, the wall applied to every guest shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib.directory import service as directory
from chalicelib.guests import rules
from chalicelib.guests.models import (
    GIVEN,
    NAMES,
    ContactPoint,
    Guest,
    HouseGuest,
    Listed,
    Span,
    Stream,
    contact_key,
    listed,
    name_bucket,
)
from chalicelib.guests.service.reading import find_many, ids_by_external
from chalicelib.kernel import cursor, text
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid, Malformed
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key

if TYPE_CHECKING:
    from chalicelib.guests.schemas import GuestSearchIn

LISTED_MAX = 1000  # rows of a list read for one page; a rare language may leave it short
SEARCHED_MAX = 200  # rows of a search read for one page
SHARD_PAGE_MIN = 8
SEARCH_PAGE_MAX = 50


@dataclass(frozen=True)
class GuestPage:
    """Some guests in order, and the cursor of the next page or None. A page may be short while there is more."""

    guests: list[Guest]
    next: str | None


# -- lists -------------------------------------------------------------------------------------------------


def list_page(
    scope: Scope,
    *,
    limit: int,
    after: str | None = None,
    property_id: str | None = None,
    updated_since: datetime | None = None,
    language: str | None = None,
    is_newest_first: bool = False,
) -> GuestPage:
    """Guests by their last change: the oldest change first, for whoever keeps a copy, or the newest first.

    Raises NotFound for a property beyond the wall, Malformed for a cursor of another list.
    """
    houses: frozenset[str] | None = scope.property_ids
    if property_id is not None:
        houses = frozenset({directory.property_of(scope, property_id).id})
    since = sortable(updated_since) if updated_since else ""
    purpose = f"guests|{property_id or ''}|{since}|{language or ''}|{is_newest_first}"
    place = cursor.decode(scope, purpose, after)
    span = Span(updated_since, place["at"]["S"] if place else None, not is_newest_first)
    # One house is read in one go, with the row that tells whether there is more; of several streams each gives a part.
    page_size = limit + 1 if houses is not None and len(houses) == 1 else max(SHARD_PAGE_MIN, limit // 2)
    rows = listed(scope, span, houses, page_size=page_size)
    chosen, last, is_more = _chosen(rows, language, limit)
    found = Guest.many(scope, [one.guest_id for one in chosen], is_consistent=False)
    guests = [found[one.guest_id] for one in chosen if one.guest_id in found]
    # A row may be ahead of its guest, or behind: of one who is merged, or whom the house does not know.
    shown = [guest for guest in guests if not guest.merged_into and _is_listed(guest, scope.property_ids, houses)]
    next_key: Key | None = {"at": {"S": last}} if is_more else None
    return GuestPage(shown, cursor.encode(scope, purpose, next_key))


def _is_listed(guest: Guest, wall: frozenset[str] | None, houses: frozenset[str] | None) -> bool:
    return all(one is None or not one.isdisjoint(guest.property_ids) for one in (wall, houses))


def _chosen(rows: Iterator[Listed], language: str | None, limit: int) -> tuple[list[Listed], str, bool]:
    """The rows to show, the place of the last one read for them, and whether there is more."""
    chosen: dict[str, Listed] = {}
    last = ""
    for row in islice(rows, LISTED_MAX):
        fits = language in (None, row.language) and row.guest_id not in chosen
        if fits and len(chosen) == limit:
            return list(chosen.values()), last, True
        if fits:
            chosen[row.guest_id] = row
        last = row.position
    return list(chosen.values()), last, next(rows, None) is not None


# -- search ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Criteria:
    """What is looked for, in the forms in which it is compared. All of it must fit."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    number: tuple[str, str | None, str] | None = None
    property_id: str | None = None

    def fit(self, guest: Guest) -> bool:
        """Whether a guest is one of those looked for."""
        names = (guest.name_key or "", guest.given_key or "")
        return (
            (self.name is None or any(rules.begins(one, str(self.name)) for one in names))
            and (self.email is None or self.email in map(text.email_key, guest.emails))
            and (self.phone is None or self.phone in guest.phones)
            and (self.number is None or self.number in map(rules.external_tuple, guest.external_ids))
            and (self.property_id is None or self.property_id in guest.property_ids)
        )


def search(scope: Scope, wanted: GuestSearchIn) -> GuestPage:
    """The guests within the wall that fit everything that is wanted; by name where a name or a house is.

    Raises Invalid, NotFound for a property beyond the wall, Malformed for a cursor of another search.
    """
    criteria = _criteria(scope, wanted)
    purpose = "guest-search|" + keyed_hash(json.dumps(vars(criteria), sort_keys=True))
    if criteria.number is not None:
        found = find_many(scope, ids_by_external(scope, [criteria.number]).values())
        return GuestPage([guest for guest in _distinct(found.values()) if criteria.fit(guest)], None)
    streams = _streams(scope, criteria)
    place = cursor.decode(scope, purpose, wanted.cursor)
    guests, next_key = _filled(scope, streams, criteria, wanted.limit, place)
    return GuestPage(guests, cursor.encode(scope, purpose, next_key))


def _distinct(guests: Iterable[Guest]) -> list[Guest]:
    """Each guest once: two ids may be one guest's."""
    return list({str(guest.id): guest for guest in guests}.values())


def _criteria(scope: Scope, wanted: GuestSearchIn) -> Criteria:
    home = directory.property_of(scope, wanted.property_id) if wanted.property_id else None
    faults = rules.Faults()
    name = wanted.name and faults.read("/name", rules.name_prefix, wanted.name)
    if wanted.name == "":
        faults.add("/name", InvalidValue(N_("has no letters to search by")))
    phone = None
    if wanted.phone is not None:
        country = home.country if home else _country(scope)
        phone = faults.read("/phone", text.normalise_phone, wanted.phone, country)
    if faults.errors:
        raise Invalid(errors=tuple(faults.errors))
    key = wanted.external_id
    return Criteria(
        name=name or None,
        email=text.email_key(wanted.email) if wanted.email else None,
        phone=phone,
        number=(key.system, key.property_id, key.id) if key else None,
        property_id=wanted.property_id,
    )


def _country(scope: Scope) -> str:
    """How a number without + is read: as dialled at the caller's only property, else at the chain's."""
    only = next(iter(scope.property_ids)) if scope.property_ids and len(scope.property_ids) == 1 else None
    home = directory.find_property(scope, only) if only else None
    return str(home.country if home else directory.chain_of(scope).country)


def _streams(scope: Scope, criteria: Criteria) -> list[Stream]:
    """Where to read, in order: the partition of the most exact criterion, or the indexes of names."""
    if criteria.email is not None:
        return [Stream(ContactPoint, contact_key(scope, "email", criteria.email))]
    if criteria.phone is not None:
        return [Stream(ContactPoint, contact_key(scope, "phone", criteria.phone))]
    prefix = criteria.name or ""
    prefixes = {index: rules.key_prefix(prefix, is_family_first=index == NAMES) for index in (NAMES, GIVEN)}
    if criteria.property_id is None and scope.property_ids is None:
        buckets = {index: name_bucket(scope.chain_id, start) for index, start in prefixes.items()}
        return [Stream(Guest, buckets[index], index, start) for index, start in prefixes.items()]
    houses = [criteria.property_id] if criteria.property_id else sorted(scope.property_ids or ())
    indexes = (NAMES, GIVEN) if prefix else (NAMES,)
    return [Stream(HouseGuest, scope.key(house), one, prefixes[one], house) for one in indexes for house in houses]


def _filled(
    scope: Scope, streams: list[Stream], criteria: Criteria, limit: int, place: Key | None
) -> tuple[list[Guest], Key | None]:
    """Up to `limit` guests from a place on, and the place to go on from."""
    number = int(place["stream"]["N"]) if place else 0
    after: Key | None = (place.get("key") or None) if place else None
    guests: list[Guest] = []
    rows_read = 0
    shown_until: Key | None = place
    while number < len(streams):
        if rows_read >= SEARCHED_MAX:
            return guests, shown_until
        page = _page(streams[number], limit, after)
        rows_read += max(1, len(page.items))
        ids = [streams[number].guest_id_of(row) for row in page.items]
        found = Guest.many(scope, ids, is_consistent=False)
        for row in page.items:
            guest = found.get(streams[number].guest_id_of(row))
            is_seen = guest is not None and not guest.merged_into and scope.sees_any(guest.property_ids)
            if guest is not None and is_seen and criteria.fit(guest) and _first(streams, guest) == number:
                if len(guests) == limit:
                    return guests, shown_until
                guests.append(guest)
            shown_until = {"stream": {"N": str(number)}, "key": streams[number].key_of(row)}
        after = streams[number].key_of(page.items[-1]) if page.items and page.next_key else None
        if page.next_key is None:
            number += 1
            shown_until = {"stream": {"N": str(number)}, "key": {}}
    return guests, None


def _page(stream: Stream, limit: int, after: Key | None) -> Any:
    try:
        return stream.page(limit=min(limit + 1, SEARCH_PAGE_MAX), after=after)
    except LookupError:
        raise Malformed(N_("The list has changed where the cursor points: begin anew.")) from None


def _first(streams: list[Stream], guest: Guest) -> int:
    """The stream that shows a guest, who may be in several: the first one."""
    return next((number for number, stream in enumerate(streams) if _holds(stream, guest)), len(streams))


def _holds(stream: Stream, guest: Guest) -> bool:
    if stream.property_id is not None and stream.property_id not in guest.property_ids:
        return False
    if stream.index is None:
        return True
    return str(getattr(guest, stream.sort_name) or "").startswith(stream.prefix)
