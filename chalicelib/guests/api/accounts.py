"""REST endpoints of corporate accounts and key guests."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.guests.rules.accounts import name_in
from chalicelib.guests.schemas import ExternalIdOut
from chalicelib.guests.schemas.accounts import (
    AccountGuestIn,
    AccountGuestOut,
    AccountIn,
    AccountOut,
    AccountPatch,
    AccountQuery,
    CaredForOut,
    CareIn,
    CareOut,
)
from chalicelib.guests.service import Guest, accounts, caring
from chalicelib.guests.service.accounts import Account, Belonging
from chalicelib.kernel import text
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("guests")

DEMO_GUEST = {"guest_id": "gst_0000000000000000000000g000"}
DEMO_ACCOUNT = {"account_id": "acc_0000000000000000000000a000"}
DEMO_STAFF = {"staff_id": "stf_0000000000000000000000h000"}


@api.post("/v1/accounts", permission="guests:write", body=AccountIn, answers=AccountOut, refusals=(409,))
def create_account(scope: Scope, body: AccountIn) -> Answer:
    """Create a corporate account. Its owner has to be an active member of staff."""
    account = accounts.create_account(scope, body)
    return Answer(_account_out(scope, account), location=f"/v1/accounts/{account.id}")


@api.get("/v1/accounts", permission="guests:read", query=AccountQuery, answers=AccountOut, is_list=True)
def list_accounts(scope: Scope, query: AccountQuery) -> Listing:
    """The chain's accounts by name, or those whose name begins so, in either language."""
    page = accounts.accounts_page(scope, name=query.begins, limit=query.limit, after=query.cursor)
    return Listing([_account_out(scope, one) for one in page.accounts], page.next)


@api.get("/v1/accounts/{account_id}", permission="guests:read", answers=AccountOut, path_examples=DEMO_ACCOUNT)
def get_account(scope: Scope, account_id: str) -> AccountOut:
    """One account."""
    return _account_out(scope, accounts.account_of(scope, account_id))


@api.patch(
    "/v1/accounts/{account_id}",
    permission="guests:write",
    body=AccountPatch,
    answers=AccountOut,
    refusals=(409,),
    path_examples=DEMO_ACCOUNT,
)
def update_account(scope: Scope, account_id: str, body: AccountPatch, expected_version: int) -> AccountOut:
    """Change an account: fields that are absent stay as they are, null empties a field."""
    return _account_out(scope, accounts.change_account(scope, account_id, body, expected_version))


@api.get(
    "/v1/accounts/{account_id}/guests",
    permission="guests:read",
    query=PageQuery,
    answers=AccountGuestOut,
    is_list=True,
    path_examples=DEMO_ACCOUNT,
)
def list_account_guests(scope: Scope, account_id: str, query: PageQuery) -> Listing:
    """Guests of an account whom the caller sees. A page may hold fewer than asked for while there is more."""
    page = accounts.guests_of(scope, account_id, limit=query.limit, after=query.cursor)
    return Listing([_membership_out(account_id, one) for one in page.items], page.next)


@api.get(
    "/v1/accounts/{account_id}/guests/{guest_id}",
    permission="guests:read",
    answers=AccountGuestOut,
    path_examples={**DEMO_ACCOUNT, **DEMO_GUEST},
)
def get_account_guest(scope: Scope, account_id: str, guest_id: str) -> AccountGuestOut:
    """A guest's part in an account."""
    return _membership_out(account_id, accounts.guest_in(scope, account_id, guest_id))


@api.put(
    "/v1/accounts/{account_id}/guests/{guest_id}",
    permission="guests:write",
    body=AccountGuestIn,
    answers=AccountGuestOut,
    refusals=(409,),
    path_examples={**DEMO_ACCOUNT, **DEMO_GUEST},
)
def put_account_guest(scope: Scope, account_id: str, guest_id: str, body: AccountGuestIn) -> Answer:
    """Say that a guest belongs to an account: in which role, since when and until when."""
    found, is_new = accounts.add_guest(
        scope, account_id, guest_id, role=body.role, since=body.since, until=body.until
    )
    return Answer(_membership_out(account_id, found), status=201 if is_new else 200)


@api.delete(
    "/v1/accounts/{account_id}/guests/{guest_id}",
    permission="guests:write",
    path_examples={**DEMO_ACCOUNT, **DEMO_GUEST},
)
def delete_account_guest(scope: Scope, account_id: str, guest_id: str, expected_version: int) -> None:
    """Take a guest off an account. Who has left it is better given a last day."""
    accounts.remove_guest(scope, account_id, guest_id, expected_version)


@api.get("/v1/guests/{guest_id}/care", permission="guests:read", answers=CareOut, path_examples=DEMO_GUEST)
def get_care(scope: Scope, guest_id: str) -> CareOut:
    """Whether somebody is a key guest, and who looks after them."""
    return _care_out(service.get(scope, guest_id))


@api.put(
    "/v1/guests/{guest_id}/care",
    permission="guests:write",
    body=CareIn,
    answers=CareOut,
    refusals=(409,),
    path_examples=DEMO_GUEST,
)
def put_care(scope: Scope, guest_id: str, body: CareIn) -> CareOut:
    """Make somebody a key guest or not, and say who looks after them: an active member of staff."""
    guest = caring.set_care(scope, guest_id, is_key=body.is_key, owner_id=body.owner_id, expected_version=None)
    return _care_out(guest)


@api.get(
    "/v1/staff/{staff_id}/cares",
    permission="guests:read",
    query=PageQuery,
    answers=CaredForOut,
    is_list=True,
    path_examples=DEMO_STAFF,
)
def list_cares(scope: Scope, staff_id: str, query: PageQuery) -> Listing:
    """The key guests and accounts that a member of staff looks after, as far as the caller sees them."""
    page = caring.cares_of(scope, staff_id, limit=query.limit, after=query.cursor)
    of_accounts = [
        CaredForOut(kind="account", id=one.id, name=name_in(one.names, scope.language), is_key=bool(one.is_key))
        for one in page.accounts
    ]
    of_guests = [
        CaredForOut(
            kind="guest",
            id=one.id,
            name=text.display_name(one.given_name, one.family_name, one.language or "en"),
            is_key=bool(one.is_key),
        )
        for one in page.guests
    ]
    return Listing([*of_accounts, *of_guests], page.next)


# -- shapes ------------------------------------------------------------------------------------------------


def _account_out(scope: Scope, account: Account) -> AccountOut:
    contacts = service.find_many(scope, account.contact_ids) if account.contact_ids else {}
    return AccountOut(
        id=account.id,
        names=dict(account.names),
        external_ids=[
            ExternalIdOut(**key)
            for key in account.external_ids
            if key["property_id"] is None or scope.sees_property(key["property_id"])
        ],
        country=account.country,
        contact_ids=[one for one in account.contact_ids if one in contacts],
        owner_id=account.owner_id,
        is_key=bool(account.is_key),
        created_at=format_instant(account.created_at),
        updated_at=format_instant(account.updated_at),
        version=int(account.version),
    )


def _membership_out(account_id: str, found: Belonging) -> AccountGuestOut:
    row = found.membership
    return AccountGuestOut(
        account_id=account_id,
        guest_id=found.guest.id,
        role=row.role,
        since=row.since,
        until=row.until,
        version=int(row.version),
    )


def _care_out(guest: Guest) -> CareOut:
    return CareOut(
        guest_id=guest.id, is_key=bool(guest.is_key), owner_id=guest.owner_id, version=int(guest.version)
    )
