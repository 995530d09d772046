"""Use-cases of corporate accounts. An account is the chain's; of its guests a caller sees those within the wall."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from chalicelib.guests import rules
from chalicelib.guests.models import Guest
from chalicelib.guests.models.accounts import Account as Account
from chalicelib.guests.models.accounts import AccountGuest
from chalicelib.guests.rules.accounts import (
    ACCOUNT_NUMBERS_MAX,
    ACCOUNTS_OF_GUEST_MAX,
    LANGUAGES,
    TooManyAccounts,
    check_period,
)
from chalicelib.guests.service.caring import check_owner, stage_owner
from chalicelib.guests.service.particulars import numbers_after
from chalicelib.guests.service.reading import find_many, get
from chalicelib.kernel import cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError, Invalid, Malformed, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import keyed_hash, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key
from chalicelib.kernel.unit import Unit, retried

if TYPE_CHECKING:
    from chalicelib.guests.schemas import AccountIn, AccountPatch


@dataclass(frozen=True)
class AccountPage:
    """Some accounts by name, and the cursor of those that follow."""

    accounts: list[Account]
    next: str | None


@dataclass(frozen=True)
class Belonging:
    """A guest in an account."""

    guest: Guest
    membership: AccountGuest


@dataclass(frozen=True)
class BelongingPage:
    """Some guests of an account, and the cursor of those that follow. A page may be short while there is more."""

    items: list[Belonging]
    next: str | None


def create_account(scope: Scope, body: AccountIn, *, id: str | None = None) -> Account:
    """A new account. Raises Invalid, OwnerUnfit."""
    account = Account(
        account_key=scope.key(id or new_id("acc")), chain_key=scope.chain_id, created_at=scope.now,
        updated_at=scope.now,
    )  # fmt: skip
    changed = _apply(scope, account, body.model_dump(exclude_unset=True))
    unit = Unit(scope)
    unit.create(account)
    if account.owner_id:
        check_owner(scope, str(account.owner_id))
        stage_owner(unit, account.id, None, str(account.owner_id))
    unit.audit("account.created", account.id, fields=",".join(sorted(changed)))
    unit.commit()
    return account


def account_of(scope: Scope, account_id: str) -> Account:
    """An account of the chain. Raises NotFound."""
    account = Account.one(scope, account_id)
    if account is None:
        raise NotFound()
    return account


def change_account(scope: Scope, account_id: str, patch: AccountPatch, expected_version: int) -> Account:
    """Change an account: absent fields stay. Raises NotFound, Stale, Invalid, OwnerUnfit."""
    account = account_of(scope, account_id)
    if int(account.version) != expected_version:
        raise Stale()
    owner = str(account.owner_id) if account.owner_id else None
    changed = _apply(scope, account, patch.model_dump(exclude_unset=True))
    if not changed:
        return account
    account.updated_at = scope.now
    unit = Unit(scope)
    unit.update(account)
    if "owner_id" in changed:
        if account.owner_id:
            check_owner(scope, str(account.owner_id))
        stage_owner(unit, account.id, owner, str(account.owner_id) if account.owner_id else None)
    unit.audit("account.changed", account.id, fields=",".join(sorted(changed)))
    unit.commit()
    return account


def accounts_page(scope: Scope, *, name: str | None = None, limit: int = 25, after: str | None = None) -> AccountPage:
    """The chain's accounts by name, or those whose name in either language begins like `name`.

    Raises Invalid for a name without letters, Malformed for a cursor of another list.
    """
    faults = rules.Faults()
    written = faults.read("?name", rules.name_prefix, name) if name else ""
    if written is None:
        raise Invalid(errors=tuple(faults.errors))
    prefix = rules.key_prefix(written, is_family_first=True) if written else ""
    purpose = f"accounts|{keyed_hash('account-name', written)}"
    place = cursor.decode(scope, purpose, after)
    number = int(place["stream"]["N"]) if place else 0
    start: Key | None = (place.get("key") or None) if place else None
    shown: list[Account] = []
    ahead: Key | None = None
    for stream in range(number, 2 if prefix else 1):
        rows, following = _rows(scope, prefix, stream, limit - len(shown), start if stream == number else None)
        shown += [one for one in rows if _fits(one, written) and not (stream and _is_first(one, prefix))]
        ahead = {"stream": {"N": str(stream)}, "key": following} if following else None
        if ahead is None and not stream and prefix:
            ahead = {"stream": {"N": "1"}, "key": {}}
        if following or len(shown) >= limit:
            break
    else:
        ahead = None
    return AccountPage(shown, cursor.encode(scope, purpose, ahead))


# -- guests of an account ----------------------------------------------------------------------------------


def add_guest(
    scope: Scope, account_id: str, guest_id: str, *, role: str | None, since: date | None, until: date | None
) -> tuple[Belonging, bool]:
    """Say that a guest belongs to an account, in which role and when; and whether it is new.

    Saying the same again changes nothing. Raises NotFound, Invalid, TooManyAccounts.
    """
    faults = rules.Faults()
    faults.read("/until", check_period, since, until)
    if faults.errors:
        raise Invalid(errors=tuple(faults.errors))
    days = since.isoformat() if since else None, until.isoformat() if until else None
    return retried(lambda: _add_guest(scope, account_id, guest_id, role, days))


def remove_guest(scope: Scope, account_id: str, guest_id: str, expected_version: int) -> None:
    """Take a guest off an account, as if it had been a mistake. Raises NotFound, Stale."""
    found = guest_in(scope, account_id, guest_id)
    back = AccountGuest.one(scope, guest_id, account_id)
    if back is None:
        raise NotFound()
    if int(found.membership.version) != expected_version:
        raise Stale()
    unit = Unit(scope)
    unit.delete(found.membership)
    unit.delete(back)
    unit.audit("account.guest_removed", account_id, guest_id=guest_id)
    unit.commit()


def guest_in(scope: Scope, account_id: str, guest_id: str) -> Belonging:
    """A guest's part in an account. Raises NotFound."""
    guest = get(scope, guest_id)
    row = AccountGuest.one(scope, account_id, guest.id) if Account.one(scope, account_id) is not None else None
    if row is None:
        raise NotFound()
    return Belonging(guest, row)


def guests_of(scope: Scope, account_id: str, *, limit: int = 25, after: str | None = None) -> BelongingPage:
    """Guests of an account whom the caller sees. Raises NotFound, Malformed."""
    account_of(scope, account_id)
    purpose = f"account-guests|{account_id}"
    page = AccountGuest.of(scope, account_id, limit=limit, after=cursor.decode(scope, purpose, after))
    seen = find_many(scope, [str(row.other_id) for row in page.items])
    items = [Belonging(seen[str(row.other_id)], row) for row in page.items if row.other_id in seen]
    return BelongingPage(items, cursor.encode(scope, purpose, page.next_key))


def accounts_of_guest(scope: Scope, guest_id: str, after: str | None = None) -> list[tuple[Account, AccountGuest]]:
    """The accounts that a guest belongs to; they are few, so that no cursor is ever given out. Raises NotFound."""
    cursor.decode(scope, f"guest-accounts|{guest_id}", after)
    guest = get(scope, guest_id)
    rows = [row for one in guest.ids for row in AccountGuest.of(scope, one, limit=ACCOUNTS_OF_GUEST_MAX).items]
    found = Account.many(scope, [str(row.other_id) for row in rows]) if rows else {}
    return [(found[str(row.other_id)], row) for row in rows if row.other_id in found]


# -- inside ------------------------------------------------------------------------------------------------


def _apply(scope: Scope, account: Account, given: Mapping[str, Any]) -> set[str]:
    """Put what was sent into the record; answers what is different now. Raises Invalid."""
    values = dict(given)
    if "names" in values:
        values["names"] = {one: name for one, name in (values["names"] or {}).items() if name}
        if not values["names"]:
            raise Invalid.field("/names", N_("needs a name in one language at least"))
    for name, nothing in (("external_ids", []), ("contact_ids", []), ("is_key", False)):
        if name in values:
            values[name] = values[name] or nothing
    if "external_ids" in values:
        values["external_ids"] = _numbers(scope, account, values["external_ids"])
    if "contact_ids" in values:
        values["contact_ids"] = _contacts(scope, account, values["contact_ids"])
    changed = {name for name, value in values.items() if getattr(account, name) != value}
    for name in changed:
        setattr(account, name, values[name])
    if "names" in changed:
        ordered = [account.names[one] for one in LANGUAGES if account.names.get(one)]
        keys = [rules.name_keys("", name).by_family for name in ordered]
        account.name_key = keys[0]
        account.other_name_key = keys[1] if len(keys) > 1 and keys[1] != keys[0] else None
    return changed


def _numbers(scope: Scope, account: Account, wanted: list[rules.ExternalKey]) -> list[rules.ExternalKey]:
    """The company's numbers: those that the caller may not touch stay. Raises Invalid for another's house."""
    faults = rules.Faults()
    numbers = numbers_after(
        scope, account.external_ids or [], wanted, is_all=True, most=ACCOUNT_NUMBERS_MAX, faults=faults
    )
    if faults.errors:
        raise Invalid(errors=tuple(faults.errors))
    return numbers


def _contacts(scope: Scope, account: Account, wanted: list[str]) -> list[str]:
    """Who speaks for the company: those whom the caller does not see stay. Raises Invalid for an unknown guest."""
    seen = find_many(scope, {*wanted, *account.contact_ids})
    for number, guest_id in enumerate(wanted):
        if guest_id not in seen:
            error = FieldError(f"/contact_ids/{number}", N_("There is no such guest."), "unknown")
            raise Invalid(errors=(error,))
    return list(dict.fromkeys([*(one for one in account.contact_ids if one not in seen), *wanted]))


def _rows(scope: Scope, prefix: str, stream: int, limit: int, start: Key | None) -> tuple[list[Account], Key | None]:
    """Some accounts by their first names, or by their other ones, and where to go on without personal data."""
    try:
        page = Account.by_name(scope, prefix, is_other=bool(stream), limit=limit, after=start)
    except LookupError:
        raise Malformed(N_("The list has changed where the cursor points: begin anew.")) from None
    found = Account.many(scope, [one.id for one in page.items]) if page.items else {}
    return [found[one.id] for one in page.items if one.id in found], Account.public_key(page.next_key)


def _is_first(account: Account, prefix: str) -> bool:
    """Whether an account was shown by its first name already."""
    return str(account.name_key).startswith(prefix)


def _fits(account: Account, written: str) -> bool:
    keys = [str(account.name_key), str(account.other_name_key or "")]
    return not written or any(rules.begins(key, written) for key in keys)


def _add_guest(
    scope: Scope, account_id: str, guest_id: str, role: str | None, days: tuple[str | None, str | None]
) -> tuple[Belonging, bool]:
    account, guest = account_of(scope, account_id), get(scope, guest_id)
    row, back = AccountGuest.one(scope, account.id, guest.id), AccountGuest.one(scope, guest.id, account.id)
    if row is not None and (row.role, row.since, row.until) == (role, *days):
        return Belonging(guest, row), False
    unit = Unit(scope)
    is_new = row is None
    if is_new and len(AccountGuest.of(scope, guest.id, limit=ACCOUNTS_OF_GUEST_MAX).items) >= ACCOUNTS_OF_GUEST_MAX:
        raise TooManyAccounts()
    row = row or AccountGuest(owner_key=scope.key(account.id), other_id=guest.id, created_at=scope.now)
    back = back or AccountGuest(owner_key=scope.key(guest.id), other_id=account.id, created_at=scope.now)
    for one in (row, back):
        one.role, one.since, one.until = role, *days
        if one.version:
            unit.update(one)
        else:
            unit.create(one, refusal=Stale())
    unit.unchanged(guest)
    unit.audit("account.guest_added", account.id, guest_id=guest.id)
    unit.commit()
    return Belonging(guest, row), is_new
