"""Corporate accounts in the portal: the list, an account's page, what the reader looks after, and a guest's panel."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from chalicelib.directory import service as directory
from chalicelib.guests import service
from chalicelib.guests.rules.accounts import ACCOUNT_NAME_LENGTH_MAX, is_current, name_in
from chalicelib.guests.schemas.accounts import AccountGuestIn, AccountIn, AccountPatch
from chalicelib.guests.service import accounts, caring
from chalicelib.guests.service.lookup import look_up
from chalicelib.kernel import calendars
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.web import searches
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation, panel
from chalicelib.web.problems import invalid
from chalicelib.web.rendering import url

pages = Pages("guests")
navigation(N_("Accounts"), "/portal/accounts", permission="guests:read", order=32, under="/portal/guests")

LIST, PAGE_ROWS = "/portal/accounts", 50


@pages.get(LIST, permission="guests:read")
def accounts_page(call: Call) -> View:
    """The chain's accounts by name, those that a name begins like, or what the reader looks after."""
    scope, is_mine, words = call.scope, call.parameter("mine") == "yes", ""
    after, cared = call.parameter("cursor") or None, None
    search_id = call.parameter("search")
    if search_id:
        try:
            words = searches.recall(scope, search_id).get("q", "")
        except searches.SearchForgotten:
            search_id = ""
    if is_mine:
        cared = caring.cares_of(scope, scope.actor.id, limit=PAGE_ROWS, after=after)
        shown, following = cared.accounts, cared.next
    else:
        page = accounts.accounts_page(scope, name=words or None, limit=PAGE_ROWS, after=after)
        shown, following = page.accounts, page.next
    address = {"mine": "yes" if is_mine else None, "search": search_id}
    return View(
        "guests/accounts.html",
        {
            "accounts": [(one, name_in(one.names, call.language)) for one in shown],
            "key_guests": cared.guests if cared else [],
            "is_mine": is_mine,
            "words": words,
            "length": ACCOUNT_NAME_LENGTH_MAX,
            "first": url(LIST, **address) if after else None,
            "next": url(LIST, **address, cursor=following) if following else None,
        },
    )


@pages.post("/portal/accounts/searches", permission="guests:read")
def search_accounts_page(call: Call) -> Redirect:
    """Keep what is searched for: some companies are called after a person."""
    words = call.form.get("q", "").strip()[:ACCOUNT_NAME_LENGTH_MAX]
    return Redirect(url(LIST, search=searches.keep(call.scope, {"q": words})) if words else LIST)


@pages.post(LIST, permission="guests:write")
def create_account_page(call: Call) -> Redirect:
    """A new account by its names."""
    names = {one: call.form.get(f"name_{one}", "") for one in ("en", "zh")}
    try:
        body = AccountIn.model_validate({"names": {one: name for one, name in names.items() if name.strip()}})
    except ValidationError as error:
        raise invalid(error) from None
    return Redirect(f"{LIST}/{accounts.create_account(call.scope, body).id}")


@pages.get("/portal/accounts/{account_id}", permission="guests:read")
def account_page(call: Call) -> View:
    """One account: its names and owner, who speaks for it, who belongs to it."""
    scope = call.scope
    account = accounts.account_of(scope, call.path_params["account_id"])
    page = accounts.guests_of(scope, account.id, limit=PAGE_ROWS, after=call.parameter("cursor") or None)
    here = f"{LIST}/{account.id}"
    today = calendars.local_day(scope.now, str(directory.chain_of(scope).time_zone))
    return View(
        "guests/account.html",
        {
            "account": account,
            "name": name_in(account.names, call.language),
            "owner": _staff(scope, account.owner_id),
            "contacts": list(service.find_many(scope, account.contact_ids).values()),
            "belongings": [(one, is_current(one.membership.until, today)) for one in page.items],
            "is_own": account.owner_id == scope.actor.id,
            "first": here if call.parameter("cursor") else None,
            "next": url(here, cursor=page.next) if page.next else None,
        },
    )


@pages.post("/portal/accounts/{account_id}", permission="guests:write")
def change_account_page(call: Call) -> Redirect:
    """Names, whether it is a key account, and whether the reader looks after it from now on."""
    scope, account_id = call.scope, call.path_params["account_id"]
    account = accounts.account_of(scope, account_id)
    owner_id: str | None = str(account.owner_id) if account.owner_id else None
    if call.form.get("is_own"):
        owner_id = scope.actor.id
    elif owner_id == scope.actor.id:
        owner_id = None
    names = {one: call.form.get(f"name_{one}", "").strip() or None for one in ("en", "zh")}
    try:
        patch = AccountPatch.model_validate(
            {"names": names, "is_key": bool(call.form.get("is_key")), "owner_id": owner_id}
        )
    except ValidationError as error:
        raise invalid(error) from None
    accounts.change_account(scope, account_id, patch, int(account.version))
    return Redirect(f"{LIST}/{account_id}")


@pages.post("/portal/accounts/{account_id}/guests", permission="guests:write")
def add_account_guest_page(call: Call) -> Redirect:
    """Add the only guest who fits the words, or change their part in the account."""
    scope, account_id = call.scope, call.path_params["account_id"]
    guest_id = call.form.get("guest_id") or _only_one(scope, call.form.get("q", ""))
    sent = {name: call.form[name] for name in ("role", "since", "until") if call.form.get(name)}
    try:
        body = AccountGuestIn.model_validate_strings(sent)
    except ValidationError as error:
        raise invalid(error) from None
    accounts.add_guest(scope, account_id, guest_id, role=body.role, since=body.since, until=body.until)
    return Redirect(f"{LIST}/{account_id}")


@panel("guest", permission="guests:read", order=6)
def care_panel(scope: Scope, guest_id: str, language: str) -> View:
    """The guest's companies, and who looks after a key guest."""
    guest = service.get(scope, guest_id)
    found = accounts.accounts_of_guest(scope, guest_id)
    return View(
        "guests/care_panel.html",
        {
            "guest": guest,
            "owner": _staff(scope, guest.owner_id),
            "accounts": [(account, name_in(account.names, language), row) for account, row in found],
            "is_own": guest.owner_id == scope.actor.id,
        },
    )


@pages.post("/portal/guests/{guest_id}/care", permission="guests:write")
def care_page(call: Call) -> Redirect:
    """Key guest or not, and whether the reader looks after them from now on."""
    scope, guest_id = call.scope, call.path_params["guest_id"]
    guest = service.get(scope, guest_id)
    owner_id: str | None = str(guest.owner_id) if guest.owner_id else None
    if call.form.get("is_own"):
        owner_id = scope.actor.id
    elif owner_id == scope.actor.id:
        owner_id = None
    caring.set_care(
        scope, guest_id, is_key=bool(call.form.get("is_key")), owner_id=owner_id, expected_version=int(guest.version)
    )
    return Redirect(f"/portal/guests/{guest_id}")


def _staff(scope: Scope, staff_id: Any) -> directory.Staff | None:
    """A member of staff by id, if the reader sees them."""
    try:
        return directory.staff_of(scope, str(staff_id)) if staff_id else None
    except NotFound:
        return None


def _only_one(scope: Scope, words: str) -> str:
    found = look_up(scope, words).own
    if len(found) != 1:
        raise Invalid.field("/q", N_("Nobody, or several guests fit: type a whole phone number or e-mail address."))
    return found[0].guest.id
