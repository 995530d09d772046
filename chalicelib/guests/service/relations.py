"""Use-cases about who belongs with whom: relations of two guests, and which of them are children."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import cast

from chalicelib.directory import service as directory
from chalicelib.guests.models import Guest
from chalicelib.guests.models.relations import HOUSEHOLD, Relation
from chalicelib.guests.rules.relations import INVERSES, RELATIONS_MAX, TooManyRelations, check_relation
from chalicelib.guests.service import writing
from chalicelib.guests.service.reading import get
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel import calendars, cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound, Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

ADULT_YEARS = 18


@dataclass(frozen=True)
class Related:
    """Another guest, and what they are to the one who was asked about."""

    guest: Guest
    relation: Relation


@dataclass(frozen=True)
class Belongings:
    """Who belongs with a guest, as far as the caller sees them, and the guest's household."""

    related: list[Related]
    household_id: str | None


def relations_of(scope: Scope, guest_id: str, after: str | None = None) -> Belongings:
    """Who belongs with a guest. Raises NotFound.

    They are few, so that there is one page and no cursor is ever given out: any `after` is refused as Malformed.
    """
    cursor.decode(scope, f"relations|{guest_id}", after)
    guest = get(scope, guest_id)
    rows = [row for one in guest.ids for row in Relation.of_guest(scope, one)]
    relations = {str(row.other): row for row in rows if row.other != HOUSEHOLD}
    others = _seen(scope, relations)
    related = [
        Related(other, relations[asked]) for asked, other in others.items() if other.id not in guest.ids
    ]
    household = next((str(row.household_id) for row in rows if row.other == HOUSEHOLD), None)
    return Belongings(related, household)


def relation(scope: Scope, guest_id: str, other_id: str) -> Related:
    """What one guest is to another. Raises NotFound, also if the caller sees only one of them."""
    guest, other = get(scope, guest_id), get(scope, other_id)
    row = Relation.one(scope, guest.id, other.id)
    if row is None:
        raise NotFound()
    return Related(other, row)


def relate(scope: Scope, guest_id: str, other_id: str, kind: str, *, is_child: bool = False) -> tuple[Related, bool]:
    """Say what the other guest is to this one, and so what this one is to the other; and whether it is new.

    Saying the same again changes nothing. Raises NotFound, Invalid, TooManyRelations.
    """
    if guest_id == other_id:
        get(scope, guest_id)  # who is beyond the wall is not there, before anything else is said
    check_relation(guest_id, other_id, kind, is_child=is_child)
    return retried(lambda: _relate(scope, guest_id, other_id, kind, is_child))


def unrelate(scope: Scope, guest_id: str, other_id: str, expected_version: int | None = None) -> None:
    """Take a relation away on both sides. Raises NotFound, and Stale for another version than expected."""
    if expected_version is not None:
        _unrelate(scope, guest_id, other_id, expected_version)
    else:
        retried(lambda: _unrelate(scope, guest_id, other_id, None))


def is_child_companion(scope: Scope, guest: Guest) -> bool:
    """Whether the guest is a child who comes along with others: such guests are never greeted.

    The mark ends by itself with the birthday that makes an adult. No read.
    """
    if not guest.is_child_companion:
        return False
    return not _is_adult(scope, guest)


# -- inside ------------------------------------------------------------------------------------------------


def _relate(scope: Scope, guest_id: str, other_id: str, kind: str, is_child: bool) -> tuple[Related, bool]:
    guest, other = get(scope, guest_id), get(scope, other_id)
    row, back = Relation.one(scope, guest.id, other.id), Relation.one(scope, other.id, guest.id)
    if row is not None and (row.kind, bool(row.is_child)) == (kind, is_child):
        return Related(other, row), False
    unit = Unit(scope)
    is_new = row is None
    row = row or _row(scope, guest.id, other.id)
    back = back or _row(scope, other.id, guest.id)
    row.kind, row.is_child = kind, is_child or None
    back.kind, back.makes_child = INVERSES[kind], is_child or None
    for one in (row, back):
        if one.version:
            unit.update(one)
        else:
            _check_room(scope, one.guest_id)
            unit.create(one, refusal=Stale())
    _mark(scope, unit, other, back)
    unit.unchanged(guest)
    unit.audit("guest.related", guest.id, other_id=other.id, kind=kind)
    unit.commit()
    return Related(other, row), is_new


def _unrelate(scope: Scope, guest_id: str, other_id: str, expected_version: int | None) -> None:
    guest, other = get(scope, guest_id), get(scope, other_id)
    row, back = Relation.one(scope, guest.id, other.id), Relation.one(scope, other.id, guest.id)
    if row is None or back is None:
        raise NotFound()
    if expected_version is not None and int(row.version) != expected_version:
        raise Stale()
    unit = Unit(scope)
    unit.delete(row)
    unit.delete(back)
    for one, gone in ((guest, row), (other, back)):
        if gone.makes_child:
            gone.makes_child = None
            _mark(scope, unit, one, gone)
    unit.audit("guest.unrelated", guest.id, other_id=other.id, kind=str(row.kind))
    unit.commit()


def _row(scope: Scope, guest_id: str, other_id: str) -> Relation:
    return Relation(guest_key=scope.key(guest_id), other=other_id, created_at=scope.now)


def _check_room(scope: Scope, guest_id: str) -> None:
    known = [row for row in Relation.of_guest(scope, guest_id) if row.other != HOUSEHOLD]
    if len(known) >= RELATIONS_MAX:
        raise TooManyRelations()


def _mark(scope: Scope, unit: Unit, guest: Guest, changed: Relation) -> None:
    """Let the guest's record say whether any relation makes a child of them, so that no greeting has to ask."""
    others = [row for row in Relation.of_guest(scope, guest.id) if row.other != changed.other]
    is_child = bool(changed.makes_child) or any(row.makes_child for row in others)
    if bool(guest.is_child_companion) == is_child:
        unit.unchanged(guest)
        return
    before = Footprint.of(guest)
    guest.is_child_companion = is_child or None
    writing.stage_changed(unit, guest, before)
    writing.announce(unit, guest, {"is_child_companion"}, is_new=False)


def _is_adult(scope: Scope, guest: Guest) -> bool:
    if not guest.birth_date:
        return False
    chain = directory.chain_of(scope)
    today = calendars.local_day(scope.now, str(chain.time_zone))
    born = date.fromisoformat(str(guest.birth_date))
    return calendars.age_on(born, today, cast(calendars.LeapRule, chain.leap_rule)) >= ADULT_YEARS


def _seen(scope: Scope, guest_ids: Iterable[str]) -> dict[str, Guest]:
    """The guests within the wall, by the id that was asked for; who was merged is the survivor."""
    asked = list(guest_ids)
    found = Guest.many(scope, asked) if asked else {}
    gone = {one: str(guest.merged_into) for one, guest in found.items() if guest.merged_into}
    survivors = Guest.many(scope, gone.values()) if gone else {}
    resolved = {one: survivors.get(gone[one]) if one in gone else found.get(one) for one in asked}
    return {one: guest for one, guest in resolved.items() if guest is not None and scope.sees_any(guest.property_ids)}
