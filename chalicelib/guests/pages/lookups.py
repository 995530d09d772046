"""The desk's lookup in the portal: the search box of every page leads here."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests.rules.lookups import QUERY_LENGTH_MAX, TooManyFinds
from chalicelib.guests.service.lookup import Lookup, look_up
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.web import searches
from chalicelib.web.pages import Call, Pages, Redirect, View, search_box
from chalicelib.web.problems import said
from chalicelib.web.rendering import url

pages = Pages("guests")
search_box(N_("Find a guest"), "/portal/lookups", permission="guests:read")

PAGE = "/portal/lookups"

WAYS = {
    "membership": N_("membership number"),
    "external_id": N_("number in another system"),
    "email": N_("e-mail address"),
    "phone": N_("phone number"),
    "room": N_("room"),
    "name": N_("name"),
    "initials": N_("initials"),
    "pinyin": N_("sound of the name"),
}


@pages.post(PAGE, permission="guests:read")
def keep_lookup(call: Call) -> Redirect:
    """Keep what is looked up, and lead to an address that does not tell it."""
    words = call.form.get("q", "").strip()[:QUERY_LENGTH_MAX]
    return Redirect(url(PAGE, search=searches.keep(call.scope, {"q": words})) if words else PAGE)


@pages.get(PAGE, permission="guests:read")
def lookup_page(call: Call) -> View:
    """Whom the words may mean, and why."""
    words, errors, found, is_forgotten, wait_minutes = "", {}, Lookup([], []), False, 0
    search_id = call.parameter("search")
    if search_id:
        try:
            words = searches.recall(call.scope, search_id).get("q", "")
        except searches.SearchForgotten:
            is_forgotten = True
    if words:
        try:
            found = look_up(call.scope, words)
        except Invalid as refusal:
            errors = {"q": f"“{words}” {said(refusal.errors[0], call.language)}"}
        except TooManyFinds as refusal:
            wait_minutes = -(-refusal.retry_after_s // 60)
    houses = directory.properties(call.scope)
    return View(
        "guests/lookups.html",
        {
            "words": words,
            "errors": errors,
            "found": found,
            "ways": WAYS,
            "houses": houses,
            "by_id": {str(house.id): house for house in houses},
            "is_forgotten": is_forgotten,
            "wait_minutes": wait_minutes,
            "has_own_search": True,
        },
        status=429 if wait_minutes else 422 if errors else 200,
    )
