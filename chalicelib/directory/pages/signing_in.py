"""Signing in and out of the portal, its language, and who the frame says is signed in."""

from __future__ import annotations

from typing import Any

from chalicelib.directory import service
from chalicelib.directory.pages.base import pages
from chalicelib.directory.schemas import ActivityQuery
from chalicelib.kernel import calendars
from chalicelib.kernel.errors import NotFound, TooMany, Unauthenticated
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.scope import Scope
from chalicelib.web import wording
from chalicelib.web.pages import SIGN_IN, Call, Redirect, View, frame_facts, panel, safe_next
from chalicelib.web.sessions import ended_cookie, language_cookie, session_cookie

PLACES_SHOWN_MAX = 10  # in the account menu; nobody works the desks of more
ACTIVITY_SHOWN_MAX = 10
CHAIN_NOTICES = {
    "generated_identities": N_(
        "Generated identities: names and contact data of this demo chain are generated, not real."
    ),
}
ACTOR_KINDS = {
    "staff": N_("Staff"),
    "key": N_("A program"),
    "system": N_("Hospes"),
    "guest": N_("The guest"),
    "operator": N_("The operator"),
}
ROLE_LABELS = {
    "hq_admin": N_("HQ administrator"),
    "hq_analyst": N_("HQ analyst"),
    "property_manager": N_("Property manager"),
    "front_desk": N_("Front desk"),
    "marketing": N_("Marketing"),
}


@pages.get("/", is_public=True)
def start_of_all(call: Call) -> Redirect:
    """The bare address leads to the portal."""
    return Redirect("/portal")


@pages.get("/portal", is_public=True)
def portal_start(call: Call) -> Redirect:
    """The first screen of whoever is signed in."""
    if call.caller is None:
        return Redirect(SIGN_IN)
    return Redirect("/portal/properties" if len(service.properties(call.scope)) > 1 else "/portal/arrivals")


@pages.get("/portal/sign-in", is_public=True)
def sign_in_page(call: Call) -> View | Redirect:
    """The form that signs staff in."""
    if call.caller is not None:
        return Redirect(safe_next(call.parameter("next")))
    return _form(call, next_page=call.parameter("next"))


@pages.post("/portal/sign-in", is_public=True)
def sign_in(call: Call) -> View | Redirect:
    """Check e-mail and password; wrong ones are refused alike, and slowly after a while."""
    email, password = call.form.get("email", "").strip(), call.form.get("password", "")
    next_page = call.form.get("next", "")
    try:
        staff = service.sign_in(email, password, call.request.source_ip)
    except TooMany as refusal:
        wait = translator(call.language).ngettext(
            "Too many wrong passwords. Try again in %(num)d second.",
            "Too many wrong passwords. Try again in %(num)d seconds.",
            refusal.retry_after_s,
        ) % {"num": refusal.retry_after_s}
        return _form(call, email=email, next_page=next_page, error=wait, status=429)
    except Unauthenticated:
        error = translator(call.language).gettext(N_("E-mail or password is not right."))
        return _form(call, email=email, next_page=next_page, error=error, status=401)
    return Redirect(safe_next(next_page), (session_cookie(str(staff.chain_id), str(staff.id)),))


@pages.post("/portal/sign-out", is_public=True)
def sign_out(call: Call) -> Redirect:
    """End the session, for every copy of its cookie."""
    if call.caller is not None and call.session is not None:
        service.sign_out(call.caller, call.session.signed_in_at)
    return Redirect(SIGN_IN, (ended_cookie(),))


@pages.post("/portal/language", is_public=True)
def choose_language(call: Call) -> Redirect:
    """Remember a language for this browser and go on where one was."""
    language = "zh" if call.form.get("language") == "zh" else "en"
    return Redirect(safe_next(call.form.get("back", "")), (language_cookie(language),))


@frame_facts
def who_is_here(scope: Scope) -> dict[str, Any]:
    """Name, role and chain of the signed-in person, and the test clock of a test chain."""
    staff, chain = service.staff_of(scope, scope.actor.id), service.chain_of(scope)
    own = service.properties(scope)[:PLACES_SHOWN_MAX] if scope.property_ids is not None else []
    return {
        "name": staff.name,
        "initials": wording.initials(*_parts_of(str(staff.name))),
        "role_label": ROLE_LABELS[str(staff.role)],
        "chain_name": chain.name,
        "places": " · ".join(wording.house_name(house, scope.language) for house in own),
        "is_test_chain": scope.is_test,
        "sees_clock": scope.may("clock:read"),
        "now_iso": calendars.format_instant(scope.now),
        "now_text": calendars.format_instant_local(scope.now, str(chain.time_zone), scope.language),
        "notice": CHAIN_NOTICES.get(str(chain.notice)),
    }


@panel("guest", permission="audit:read", order=90)
def activity_panel(scope: Scope, subject_id: str, language: str) -> View:
    """What was done to a guest, in sentences."""
    query = ActivityQuery(subject_id=subject_id, limit=ACTIVITY_SHOWN_MAX)
    entries, more = service.activity_page(scope, query)
    names = {entry.actor.id: _actor_name(scope, entry.actor.kind, entry.actor.id) for entry in entries}
    zone = str(service.chain_of(scope).time_zone)
    shown = {"entries": entries, "has_more": more is not None, "names": names, "zone": zone}
    return View("directory/activity_panel.html", shown)


def _actor_name(scope: Scope, kind: str, actor_id: str) -> str:
    """Who it was, as far as the reader may know."""
    if kind == "staff":
        try:
            return str(service.staff_of(scope, actor_id).name)
        except NotFound:
            pass
    return translator(scope.language).gettext(ACTOR_KINDS.get(kind, kind))


def _parts_of(name: str) -> tuple[str, str]:
    """The first and the last word of a name, for its initials."""
    words = name.split()
    return ("", words[0]) if len(words) < 2 else (words[0], words[-1])


def _form(call: Call, *, email: str = "", next_page: str = "", error: str = "", status: int = 200) -> View:
    return View("directory/sign_in.html", {"email": email, "next_page": next_page, "error": error}, status=status)
