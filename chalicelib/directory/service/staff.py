"""Members of staff: who they are, what they may do, and the address that signs them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.directory import rules
from chalicelib.directory.models import SignIn, Staff
from chalicelib.directory.service import granting, listing, passwords
from chalicelib.directory.service.writing import apply, given, require_version
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, keyed_hash, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.tenancy import ADDRESSES, inside, through
from chalicelib.kernel.text import email_key
from chalicelib.kernel.unit import Unit

if TYPE_CHECKING:
    from chalicelib.directory.schemas import StaffIn, StaffPatch, StaffQuery

ROLE_NOT_HELD = N_("You cannot give a role that may do more than you.")


class EmailTaken(AlreadyExists):
    """The address signs somebody in; where, nobody is told."""

    type, title = "email_taken", N_("This e-mail address is in use")


def email_hash(email: str) -> str:
    """The key under which an address is looked up at sign-in, over all chains."""
    return keyed_hash("sign-in", email_key(email))


def create_staff(scope: Scope, body: StaffIn, *, id: str | None = None) -> tuple[Staff, bool]:
    """A new member of staff and True; or, for the very same content once more, the one there is and False.

    Raises Invalid for unknown properties, Forbidden for a role beyond the caller's own powers, EmailTaken.
    """
    _require_grantable(scope, body.role, body.property_ids)
    with inside(scope.chain_id), through(ADDRESSES):
        pointer = SignIn.find(email_hash(body.email))
    if pointer is not None:
        return _same_again(scope, pointer, body), False
    now = real_now()
    staff = Staff(
        chain_id=scope.chain_id,
        id=id or new_id("stf"),
        **body.model_dump(exclude={"password", "property_ids"}),
        property_ids=_set_of(body.property_ids),
        password_hash=passwords.hashed(body.password),
        password_changed_at=now,
        created_at=scope.now,
        updated_at=scope.now,
    )
    unit = Unit(scope)
    unit.create(staff)
    unit.create(_pointer(staff), refusal=EmailTaken())
    unit.audit("staff.created", staff.id, role=staff.role)
    with inside(scope.chain_id), through(ADDRESSES):
        unit.commit()
    return staff, True


def staff_of(scope: Scope, staff_id: str) -> Staff:
    """A member of staff; for a limited caller, one who works for a property of theirs. Raises NotFound."""
    staff = Staff.find(scope.chain_id, staff_id) if is_id(staff_id, "stf") else None
    if staff is None or not granting.is_seen(scope, staff.property_ids):
        raise NotFound()
    return staff


def update_staff(scope: Scope, staff_id: str, patch: StaffPatch, expected_version: int) -> Staff:
    """Change a member of staff. A new password ends the sessions that began before.

    Raises NotFound, Stale, Forbidden for one who may do more than the caller, Conflict for locking oneself out.
    """
    staff = staff_of(scope, staff_id)
    require_version(staff, expected_version)
    granting.require_not_stronger(scope, rules.ROLES[staff.role].permissions, staff.property_ids)
    changes = given(patch)
    if "property_ids" in changes:
        changes["property_ids"] = _set_of(patch.property_ids)
    password = changes.pop("password", None)
    old_email = staff.email
    changed = apply(staff, changes)
    if {"role", "property_ids"} & set(changed):
        sent = patch.property_ids if "property_ids" in changed else sorted(staff.property_ids or ())
        _require_grantable(scope, staff.role, sent or None)
    if {"role", "property_ids", "is_disabled"} & set(changed) and scope.actor.id == staff.id:
        raise Conflict(N_("You cannot take your own rights away; ask another administrator."))
    if password is not None:
        staff.password_hash = passwords.hashed(password)
        staff.password_changed_at = real_now()
        changed.append("password")
    if not changed:
        return staff
    staff.updated_at = scope.now
    unit = Unit(scope)
    unit.update(staff)
    unit.audit("staff.updated", staff.id, fields=",".join(changed))
    if "email" in changed and email_hash(old_email) != email_hash(staff.email):
        with inside(scope.chain_id), through(ADDRESSES):
            _move_pointer(unit, old_email, staff)
            unit.commit()
    else:
        unit.commit()
    return staff


def staff_page(scope: Scope, query: StaffQuery) -> listing.Found[Staff]:
    """The staff that the caller sees, oldest first."""

    def is_wanted(one: Staff) -> bool:
        return (
            granting.is_seen(scope, one.property_ids)
            and query.role in (None, one.role)
            and query.is_disabled in (None, one.is_disabled)
            and (query.property_id is None or query.property_id in (one.property_ids or ()))
            and (query.updated_since is None or one.updated_at >= query.updated_since)
        )

    return listing.find(
        scope,
        f"staff|{query.role}|{query.property_id}|{query.is_disabled}|{query.updated_since}",
        lambda limit, after: Staff.page(scope.chain_id, limit=limit, after=after),
        is_wanted,
        query,
    )


def _require_grantable(scope: Scope, role: str, property_ids: list[str] | None) -> None:
    if not rules.is_reach_right(role, property_ids):
        raise Invalid.field("/property_ids", rules.WRONG_REACH, "reach")
    unknown = granting.unknown_properties(scope, property_ids)
    if unknown:
        raise Invalid(errors=unknown)
    if not rules.lies_within(rules.ROLES[role].permissions, property_ids, scope.permissions, scope.property_ids):
        raise Forbidden(ROLE_NOT_HELD)


def _same_again(scope: Scope, pointer: SignIn, body: StaffIn) -> Staff:
    """The member of staff who has the address, if all that was sent says the same. Raises EmailTaken."""
    staff = Staff.find(scope.chain_id, pointer.staff_id) if pointer.chain_id == scope.chain_id else None
    if staff is None or staff.is_disabled or not granting.is_seen(scope, staff.property_ids):
        raise EmailTaken()
    sent: dict[str, Any] = body.model_dump(exclude={"password"}) | {"property_ids": _set_of(body.property_ids)}
    if any(getattr(staff, name) != value for name, value in sent.items()):
        raise EmailTaken()
    if not passwords.is_right(body.password, staff.password_hash):
        raise EmailTaken()
    return staff


def _pointer(staff: Staff) -> SignIn:
    return SignIn(email_hash=email_hash(staff.email), chain_id=staff.chain_id, staff_id=staff.id)


def _move_pointer(unit: Unit, old_email: str, staff: Staff) -> None:
    old = SignIn.find(email_hash(old_email))
    if old is not None:
        unit.delete(old)
    unit.create(_pointer(staff), refusal=EmailTaken())


def _set_of(property_ids: list[str] | None) -> set[str] | None:
    return set(property_ids) if property_ids else None
