"""Finding one stay, a guest's stays, and those that somebody looks for by a number or a room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.stays.models import Stay, StayPointer

if TYPE_CHECKING:
    from chalicelib.stays.schemas import StaySearchIn

OF_GUEST_MAX = 500  # of one guest: ten a year for half a century; a page shows no more
OF_GUEST_READ = 100
FOUND_MAX = 25  # of a search: systems that use one number, or guests who share a room
LOOKS_MAX = 3  # a stay that moves to another guest is elsewhere at the second look


def find(scope: Scope, stay_id: str) -> Stay | None:
    """The stay with an id, wherever in the chain it is, or None. For work that a fact leads to."""
    if not is_id(stay_id, "sty"):
        return None
    for _ in range(LOOKS_MAX):
        pointer = StayPointer.by_id(scope, stay_id)
        if pointer is None:
            return None
        stay = Stay.one(scope, str(pointer.guest_id), stay_id)
        if stay is not None:
            return stay
    return None


def find_many(scope: Scope, keys: Iterable[tuple[str, str]]) -> dict[str, Stay]:
    """Stays by id, from (guest id, stay id), wherever in the chain they are."""
    return Stay.many(scope, keys)


def get(scope: Scope, stay_id: str) -> Stay:
    """The stay with an id. Raises NotFound beyond the caller's wall, as for one that does not exist."""
    stay = find(scope, stay_id)
    if stay is None or not scope.sees_property(stay.property_id):
        raise NotFound()
    return stay


def by_number(scope: Scope, system: str, property_id: str, external_id: str) -> Stay | None:
    """The stay that a system knows under a number at a property, or None."""
    for _ in range(LOOKS_MAX):
        pointer = StayPointer.by_number(scope, system, property_id, external_id)
        if pointer is None:
            return None
        stay = Stay.one(scope, str(pointer.guest_id), str(pointer.stay_id))
        if stay is not None:
            return stay
    return None


def of_guest(scope: Scope, *guest_ids: str) -> list[Stay]:
    """A guest's stays at the properties that the caller sees, newest arrival first, at most 500 under each id.

    A guest who has absorbed others has several ids: give all of `guest.ids`.
    """
    found: list[Stay] = []
    for guest_id in guest_ids:
        after = None
        for _ in range(OF_GUEST_MAX // OF_GUEST_READ):
            page = Stay.of_guest(scope, guest_id, limit=OF_GUEST_READ, after=after)
            found.extend(stay for stay in page.items if scope.sees_property(stay.property_id))
            after = page.next_key
            if after is None:
                break
    return sorted(found, key=lambda stay: (str(stay.arrival), str(stay.id)), reverse=True)


def held_by(scope: Scope, guest_id: str, since: datetime | None) -> guests.Held:
    """What lies under one id of a guest, for merges: they leave it there."""
    found = of_guest(scope, guest_id)
    new = [str(stay.id) for stay in found if since is not None and stay.created_at >= since]
    is_there = any(stay.status == "in_house" for stay in found)
    return guests.Held(len(found), tuple(new), ("in_house",) if is_there else ())


def search(scope: Scope, body: StaySearchIn) -> list[Stay]:
    """Stays of a property with a number, or in a room now. Raises NotFound for a property beyond the wall."""
    house = directory.property_of(scope, body.property_id)
    property_id = str(house.id)
    if body.room_number is not None:
        page = Stay.in_house_at(scope, property_id, room_number=body.room_number, limit=FOUND_MAX)
        return [stay for stay in Stay.full(page.items) if stay.room_number == body.room_number and stay.is_in_house]
    if body.system is not None:
        one = by_number(scope, body.system, property_id, str(body.external_id))
        return [one] if one is not None else []
    pointers = StayPointer.of_number(scope, property_id, str(body.external_id), limit=FOUND_MAX)
    found = Stay.many(scope, [(str(pointer.guest_id), str(pointer.stay_id)) for pointer in pointers])
    return [found[key] for key in sorted(found)]
