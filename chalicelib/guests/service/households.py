"""Use-cases of households: a guest belongs to one or none, and the caller sees those members that they know."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.guests.models import Guest
from chalicelib.guests.models.relations import HOUSEHOLD, Household, Relation
from chalicelib.guests.rules.relations import HOUSEHOLD_MEMBERS_MAX, InHousehold, members_after
from chalicelib.guests.service.reading import find_many, get
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


@dataclass(frozen=True)
class Home:
    """A household, and those of its members that the caller sees."""

    household: Household
    members: list[Guest]


def create_household(
    scope: Scope, *, name: str | None, address: str | None, member_ids: Iterable[str], id: str | None = None
) -> Home:
    """A new household; for the very same content once more, the one that there is.

    Raises Invalid for guests that the caller does not see, InHousehold for one who belongs to another.
    """
    wanted = list(dict.fromkeys(member_ids))
    members = _members(scope, wanted)
    known = _same(scope, name, address, wanted)
    if known is not None:
        return Home(known, [members[one] for one in wanted])
    household = Household(
        household_key=scope.key(id or new_id("hhd")), name=name, address=address, member_ids=wanted,
        created_at=scope.now, updated_at=scope.now,
    )  # fmt: skip
    unit = Unit(scope)
    unit.create(household)
    for guest_id in wanted:
        unit.create(_pointer(scope, guest_id, household.id), refusal=InHousehold())
    unit.audit("household.created", household.id, members=len(wanted))
    unit.commit()
    return Home(household, [members[one] for one in wanted])


def household_of(scope: Scope, household_id: str) -> Home:
    """A household of which the caller sees a member. Raises NotFound."""
    household = Household.one(scope, household_id) if is_id(household_id, "hhd") else None
    members = find_many(scope, household.member_ids) if household is not None else {}
    if household is None or not members:
        raise NotFound()
    return Home(household, [members[one] for one in household.member_ids if one in members])


def household_of_guest(scope: Scope, guest_id: str) -> Home | None:
    """The household that a guest belongs to. Raises NotFound for a guest beyond the wall."""
    guest = get(scope, guest_id)
    for one in guest.ids:
        row = Relation.one(scope, one, HOUSEHOLD)
        if row is not None:
            return household_of(scope, str(row.household_id))
    return None


def change_household(
    scope: Scope,
    household_id: str,
    expected_version: int,
    *,
    name: str | None,
    address: str | None,
    member_ids: Iterable[str] | None,
) -> Home:
    """Change a household; members that the caller does not see stay. Raises NotFound, Stale, Invalid, InHousehold."""
    home = household_of(scope, household_id)
    household = home.household
    if int(household.version) != expected_version:
        raise Stale()
    before: list[str] = list(household.member_ids)
    seen = {guest.id for guest in home.members}
    wanted = [one for one in before if one in seen] if member_ids is None else list(dict.fromkeys(member_ids))
    after = members_after((one for one in before if one not in seen), wanted)
    members = _members(scope, wanted, count=len(after))
    if (household.name, household.address, before) == (name, address, after):
        return home
    household.name, household.address, household.updated_at = name, address, scope.now
    household.member_ids = after
    unit = Unit(scope)
    unit.update(household)
    for guest_id in sorted(set(after) - set(before)):
        unit.create(_pointer(scope, guest_id, household.id), refusal=InHousehold())
    for guest_id in sorted(set(before) - set(after)):
        unit.delete(_pointer(scope, guest_id, household.id))
    unit.audit("household.changed", household.id, members=len(after))
    unit.commit()
    return Home(household, [members[one] for one in after if one in members])


def end_household(scope: Scope, household_id: str, expected_version: int) -> None:
    """Take a household apart; its guests stay. Raises NotFound, also if a member is beyond the wall, and Stale."""
    home = household_of(scope, household_id)
    if len(home.members) < len(home.household.member_ids):
        raise NotFound()
    if int(home.household.version) != expected_version:
        raise Stale()
    unit = Unit(scope)
    unit.delete(home.household)
    for guest_id in home.household.member_ids:
        unit.delete(_pointer(scope, guest_id, home.household.id))
    unit.audit("household.ended", home.household.id)
    unit.commit()


# -- inside ------------------------------------------------------------------------------------------------


def _same(scope: Scope, name: str | None, address: str | None, member_ids: list[str]) -> Household | None:
    """The household of these very guests, name and address, if there is one."""
    row = Relation.one(scope, member_ids[0], HOUSEHOLD)
    known = Household.one(scope, str(row.household_id)) if row is not None else None
    if known is None or (known.name, known.address, list(known.member_ids)) != (name, address, member_ids):
        return None
    return known


def _members(scope: Scope, guest_ids: list[str], *, count: int | None = None) -> dict[str, Guest]:
    if not guest_ids:
        raise Invalid.field("/member_ids", N_("must not be empty"))
    if (count or len(guest_ids)) > HOUSEHOLD_MEMBERS_MAX:
        limit = {"limit": HOUSEHOLD_MEMBERS_MAX}
        raise Invalid(errors=(FieldError("/member_ids", N_("would be more than %(limit)d"), "invalid", limit),))
    members = find_many(scope, guest_ids)
    if len(members) < len(guest_ids):
        raise Invalid.field("/member_ids", N_("There is no such guest."), "unknown")
    return members


def _pointer(scope: Scope, guest_id: str, household_id: str) -> Relation:
    """The row that keeps a guest in one household. It is made once and never changed, so its version is known."""
    return Relation(
        guest_key=scope.key(guest_id), other=HOUSEHOLD, household_id=household_id, created_at=scope.now, version=1
    )
