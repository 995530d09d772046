"""Key guests and accounts: who looks after them in person."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests.models import Guest
from chalicelib.guests.models.accounts import Account, Care
from chalicelib.guests.rules.accounts import OwnerUnfit
from chalicelib.guests.service import writing
from chalicelib.guests.service.reading import find_many, get
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel import cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


@dataclass(frozen=True)
class CarePage:
    """What a member of staff looks after, and the cursor of what follows. A page may be short while there is more."""

    accounts: list[Account]
    guests: list[Guest]
    next: str | None


def set_care(scope: Scope, guest_id: str, *, is_key: bool, owner_id: str | None, expected_version: int | None) -> Guest:
    """Make a guest a key guest or not, and say who looks after them; nothing is written if that is so already.

    Raises NotFound, Stale, OwnerUnfit.
    """
    guest = get(scope, guest_id)
    if expected_version is not None and int(guest.version) != expected_version:
        raise Stale()
    owner = str(guest.owner_id) if guest.owner_id else None
    if (bool(guest.is_key), owner) == (is_key, owner_id):
        return guest
    if owner_id is not None and owner_id != owner:
        check_owner(scope, owner_id)
    before = Footprint.of(guest)
    guest.is_key, guest.owner_id = is_key or None, owner_id
    unit = Unit(scope)
    writing.stage_changed(unit, guest, before)
    stage_owner(unit, guest.id, owner, owner_id)
    unit.audit("guest.care_changed", guest.id, is_key=is_key, owner_id=owner_id)
    writing.announce(unit, guest, {"is_key", "owner_id"}, is_new=False)
    unit.commit()
    return guest


def cares_of(scope: Scope, staff_id: str, *, limit: int, after: str | None = None) -> CarePage:
    """What somebody looks after, as far as the caller sees it. Raises NotFound, Malformed."""
    if staff_id != scope.actor.id:
        directory.staff_of(scope, staff_id)
    purpose = f"cares|{staff_id}"
    page = Care.of(scope, staff_id, limit=limit, after=cursor.decode(scope, purpose, after))
    ids = [str(row.subject_id) for row in page.items]
    accounts = Account.many(scope, [one for one in ids if one.startswith("acc_")]) if ids else {}
    guests = find_many(scope, ids)
    return CarePage(
        [accounts[one] for one in ids if one in accounts],
        [guests[one] for one in ids if one in guests],
        cursor.encode(scope, purpose, page.next_key),
    )


def check_owner(scope: Scope, staff_id: str) -> None:
    """Raise OwnerUnfit for whoever is no active member of the chain's staff, or beyond the caller's wall."""
    try:
        is_active = not directory.staff_of(scope, staff_id).is_disabled
    except NotFound:
        is_active = False
    if not is_active:
        raise OwnerUnfit.field("/owner_id", N_("is no active member of staff of this chain"))


def stage_owner(unit: Unit, subject_id: str, before: str | None, after: str | None) -> None:
    """Move a guest or an account from one owner's list to another's. The rows are guarded by the subject's version."""
    if before == after:
        return
    scope = unit.scope
    if before is not None:
        unit.delete(_care(scope, before, subject_id))
    if after is not None:
        unit.put(_care(scope, after, subject_id))


def _care(scope: Scope, staff_id: str, subject_id: str) -> Care:
    return Care(staff_key=scope.key(staff_id), subject_id=subject_id, since=scope.now, version=1)
