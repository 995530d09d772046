"""Who belongs with a guest, on the guest's page: relations and the household, with what is needed to change them."""

from __future__ import annotations

from typing import Any

from chalicelib.guests import service
from chalicelib.guests.rules.relations import (
    ADDRESS_LENGTH_MAX,
    INVERSES,
    clean_address,
    clean_household_name,
)
from chalicelib.guests.service import households, relations
from chalicelib.guests.service.lookup import Found, look_up
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.web.pages import Call, Pages, Redirect, View, panel
from chalicelib.web.problems import said

pages = Pages("guests")

KINDS = {
    "companion": N_("Travelling companion"),
    "spouse": N_("Spouse"),
    "parent": N_("Parent"),
    "child": N_("Child"),
    "sibling": N_("Brother or sister"),
    "relative": N_("Relative"),
    "friend": N_("Friend"),
    "colleague": N_("Colleague"),
    "assistant": N_("Assistant"),
    "principal": N_("Works for"),
}


@panel("guest", permission="guests:read", order=5)
def relations_panel(scope: Scope, guest_id: str, language: str) -> View:
    """Who belongs with the guest."""
    found = relations.relations_of(scope, guest_id)
    home = households.household_of_guest(scope, guest_id) if found.household_id else None
    return View(
        "guests/relations_panel.html",
        {
            "guest_id": guest_id,
            "related": sorted(found.related, key=lambda one: list(INVERSES).index(str(one.relation.kind))),
            "home": home,
            "member_ids": [one.id for one in home.members] if home else [],
            "kinds": KINDS,
            "address_length": ADDRESS_LENGTH_MAX,
        },
    )


@pages.post("/portal/guests/{guest_id}/relations", permission="guests:write")
def relate_page(call: Call) -> View | Redirect:
    """Relate the guest to another one: to the only one who fits the words, or to the one chosen among them."""
    scope, guest_id = call.scope, call.path_params["guest_id"]
    guest = service.get(scope, guest_id)
    kind, is_child = call.form.get("kind", ""), bool(call.form.get("is_child"))
    other_id, words = call.form.get("other_id", ""), call.form.get("q", "").strip()
    fitting: list[Found] = []
    error = ""
    if kind not in INVERSES:
        raise Invalid.field("/kind", N_("is none of the kinds of relation"))
    try:
        if not other_id:
            fitting = [one for one in look_up(scope, words).own if one.guest.id != guest_id]
            other_id = fitting[0].guest.id if len(fitting) == 1 else ""
        if other_id:
            relations.relate(scope, guest_id, other_id, kind, is_child=is_child)
            return Redirect(f"/portal/guests/{guest_id}")
    except Invalid as refusal:
        error = said(refusal.errors[0], call.language)
    shown: dict[str, Any] = {"guest": guest, "fitting": fitting, "words": words, "error": error}
    return View(
        "guests/relation_choice.html", {**shown, "kind": kind, "kinds": KINDS, "is_child": is_child}, status=422
    )


@pages.post("/portal/guests/{guest_id}/relations/removals", permission="guests:write")
def unrelate_page(call: Call) -> Redirect:
    """Take a relation away."""
    guest_id = call.path_params["guest_id"]
    relations.unrelate(call.scope, guest_id, call.form.get("other_id", ""))
    return Redirect(f"/portal/guests/{guest_id}")


@pages.post("/portal/guests/{guest_id}/household", permission="guests:write")
def household_page(call: Call) -> Redirect:
    """Say who lives with the guest: those who are ticked, of the guests that belong with them."""
    scope, guest_id = call.scope, call.path_params["guest_id"]
    found = relations.relations_of(scope, guest_id)
    home = households.household_of_guest(scope, guest_id)
    choice = [one.guest.id for one in found.related] + ([one.id for one in home.members] if home else [])
    members = [guest_id, *(one for one in dict.fromkeys(choice) if one != guest_id and call.form.get(f"with_{one}"))]
    try:
        name = clean_household_name(call.form.get("name", ""))
        address = clean_address(call.form.get("address", ""))
    except InvalidValue as reason:
        raise Invalid.field("/address", reason.reason) from None
    if home is None:
        households.create_household(scope, name=name, address=address, member_ids=members)
    elif call.form.get("end"):
        households.end_household(scope, home.household.id, int(home.household.version))
    else:
        version = int(home.household.version)
        household_id = home.household.id
        households.change_household(scope, household_id, version, name=name, address=address, member_ids=members)
    return Redirect(f"/portal/guests/{guest_id}")


@pages.get("/portal/guests/{guest_id}/relations", permission="guests:read")
def relations_again(call: Call) -> Redirect:
    """Whoever opens the form's own address wants to see the guest."""
    return Redirect(f"/portal/guests/{call.path_params['guest_id']}")
