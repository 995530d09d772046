"""Guests in the portal: the list with its filters, the search, and the page that answers who somebody is.

Nothing personal stands in an address: what is searched for is kept under an id (see `web.searches`).
"""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, time
from typing import Any, cast

from pydantic import ValidationError

from chalicelib.directory import service as directory
from chalicelib.guests import rules, service
from chalicelib.guests.schemas import GuestQuery, GuestSearchIn
from chalicelib.guests.service import Guest, GuestPage
from chalicelib.kernel import calendars
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.web import searches, wording
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation, panels_of
from chalicelib.web.problems import invalid, said
from chalicelib.web.rendering import url

pages = Pages("guests")
navigation(N_("Guests"), "/portal/guests", permission="guests:read", order=30)

LIST = "/portal/guests"
PAGE_ROWS = 50
WORDS = ("q", "system", "number")  # the fields of a search
PHONE_DIGITS_MIN = 5  # fewer may be a room, or part of a name

PURPOSE_LABELS = {
    "service": N_("Service"),
    "greeting": N_("Greetings"),
    "marketing": N_("Offers"),
    "survey": N_("Surveys"),
    "personalisation": N_("Personalisation"),
    "membership": N_("Membership"),
    "cross_property": N_("Sharing between properties"),
    "cross_border": N_("Transfer abroad"),
}
CHANNEL_LABELS = {
    "email": N_("E-mail"),
    "sms": N_("Text message"),
    "phone": N_("Telephone"),
    "letter": N_("Letter"),
    "push": N_("App"),
    "wechat": N_("WeChat"),
    "whatsapp": N_("WhatsApp"),
}
SOURCE_LABELS = {"api": N_("a connected system"), "import": N_("an import"), "portal": N_("the portal")}


@dataclass
class Asked:
    """What the address of the list asks for, as far as it could be read, and what is wrong with the rest."""

    property_id: str | None = None
    language: str = ""
    since: str = ""
    order: str = ""
    cursor: str | None = None
    search_id: str = ""
    words: dict[str, str] = field(default_factory=dict)
    is_forgotten: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        """Whether fewer guests are shown than there are."""
        return bool(self.property_id or self.language or self.since)

    def address(self, **changes: str | None) -> str:
        """The address of the list as it is, but for the changes."""
        parts = {"search": self.search_id, "property": self.property_id, "language": self.language}
        return url(LIST, **{**parts, "since": self.since, "order": self.order, **changes})


# -- list ----------------------------------------------------------------------------------------------------


@pages.get(LIST, permission="guests:read")
def guests_page(call: Call) -> View:
    """The guests that the reader sees, by their last change; or those that a search found."""
    scope = call.scope
    asked = _asked(call)
    houses = directory.properties(scope)
    found = GuestPage([], None)
    if not asked.errors:
        try:
            found = _searched(scope, asked) if asked.words else _listed(scope, asked)
        except Invalid as refusal:
            asked.errors = _by_field(refusal, asked, call.language)
    is_first = asked.cursor is None
    return View(
        "guests/list.html",
        {
            "asked": asked,
            "guests": found.guests,
            "houses": houses,
            "by_id": {str(house.id): house for house in houses},
            "kind": _kind(asked.words),
            "first": None if is_first else asked.address(),
            "next": asked.address(cursor=found.next) if found.next else None,
            "zone": str(directory.chain_of(scope).time_zone),
            "language_tags": sorted(wording.LANGUAGES),
            "has_own_search": True,
        },
        status=422 if asked.errors else 200,
    )


@pages.post("/portal/guests/searches", permission="guests:read")
def search_guests_page(call: Call) -> Redirect:
    """Keep what is searched for, and lead to an address that does not tell it."""
    words = {name: call.form.get(name, "").strip()[: rules.NAME_LENGTH_MAX] for name in WORDS}
    house = call.form.get("property") or None
    if not words["q"] and not words["number"]:
        return Redirect(url(LIST, property=house))
    return Redirect(url(LIST, search=searches.keep(call.scope, words), property=house))


@pages.get("/portal/guests/searches", permission="guests:read")
def search_again(call: Call) -> Redirect:
    """Whoever opens the form's own address wants to search."""
    return Redirect(LIST)


def _asked(call: Call) -> Asked:
    asked = Asked(
        property_id=call.parameter("property") or None,
        language=call.parameter("language"),
        since=call.parameter("since"),
        order="oldest" if call.parameter("order") == "oldest" else "",
        cursor=call.parameter("cursor") or None,
        search_id=call.parameter("search"),
    )
    if asked.search_id:
        try:
            asked.words = searches.recall(call.scope, asked.search_id)
        except searches.SearchForgotten:
            asked.search_id, asked.is_forgotten, asked.cursor = "", True, None
    return asked


def _listed(scope: Scope, asked: Asked) -> GuestPage:
    since = _midnight(scope, asked.since) if asked.since else None
    try:
        language = GuestQuery.model_validate({"language": asked.language or None}).language
    except ValidationError as error:
        raise invalid(error) from None
    return service.list_page(
        scope,
        limit=PAGE_ROWS,
        after=asked.cursor,
        property_id=asked.property_id,
        updated_since=since,
        language=language,
        is_newest_first=asked.order != "oldest",
    )


def _midnight(scope: Scope, day: str) -> datetime:
    """When a day began where head office is."""
    try:
        zone = str(directory.chain_of(scope).time_zone)
        return calendars.local_instant(calendars.parse_day(day), time(0), zone)
    except InvalidValue as error:
        raise Invalid.field("/since", error.reason) from None


# -- search ------------------------------------------------------------------------------------------------


def _searched(scope: Scope, asked: Asked) -> GuestPage:
    """Whom a search finds. Raises Invalid with what is wrong with its words."""
    words, kind = asked.words, _kind(asked.words)
    if kind == "number":
        return _numbered(scope, words["system"], words["number"], asked.property_id)
    wanted = {kind: words["q"], "property_id": asked.property_id, "limit": PAGE_ROWS, "cursor": asked.cursor}
    try:
        return service.search(scope, GuestSearchIn.model_validate(wanted))
    except ValidationError as error:
        raise invalid(error) from None


def _kind(words: dict[str, str]) -> str:
    """What somebody means by the words of a search, from how they look."""
    if words.get("number"):
        return "number"
    text = words.get("q", "")
    if "@" in text or "＠" in text:
        return "email"
    digits = sum(character.isdigit() for character in text)
    is_number = all(character.isdigit() or character in "+＋ ()-./" for character in text)
    return "phone" if is_number and digits >= PHONE_DIGITS_MIN else "name"


def _numbered(scope: Scope, system: str, number: str, property_id: str | None) -> GuestPage:
    """Whoever has a number in another system, be it a house's or the chain's."""
    try:
        name = rules.clean_system(system.lower())
    except InvalidValue as error:
        raise Invalid.field("/system", error.reason) from None
    houses: list[str | None] = [str(house.id) for house in directory.properties(scope)]
    keys = [(name, house, number) for house in [*houses, None]]
    found = service.find_many(scope, service.ids_by_external(scope, keys).values())
    fitting = [guest for guest in found.values() if property_id is None or property_id in guest.property_ids]
    return GuestPage(sorted(fitting, key=lambda guest: str(guest.name_key)), None)


def _by_field(refusal: Invalid, asked: Asked, language: str) -> dict[str, str]:
    """What is wrong, by the field of the form that it belongs to."""
    fields = {"name": "q", "email": "q", "phone": "q"}
    written = {**asked.words, "language": asked.language, "since": asked.since}
    found: dict[str, str] = {}
    for error in refusal.errors:
        pointed = error.pointer.strip("/?").split("/", 1)[0]
        name = fields.get(pointed, pointed)
        # Reasons of values are told of what was written: “x” is not a phone number.
        subject = f"“{written.get(name, '')}” " if error.detail[:1].islower() else ""
        found.setdefault(name, subject + said(error, language))
    return found


# -- one guest ---------------------------------------------------------------------------------------------


@pages.get("/portal/guests/{guest_id}", permission="guests:read")
def guest_page(call: Call) -> View | Redirect:
    """Who somebody is: particulars, consents, and what other contexts know of them."""
    scope = call.scope
    guest = service.get(scope, call.path_params["guest_id"])
    if guest.id != call.path_params["guest_id"]:
        return Redirect(f"/portal/guests/{guest.id}")
    chain = directory.chain_of(scope)
    houses = {str(house.id): house for house in directory.properties(scope)}
    today = calendars.local_day(scope.now, str(chain.time_zone))
    born = calendars.parse_day(str(guest.birth_date)) if guest.birth_date else None
    return View(
        "guests/guest.html",
        {
            "guest": guest,
            "born": born,
            "age": calendars.age_on(born, today, cast(calendars.LeapRule, chain.leap_rule)) if born else None,
            "is_birthday": born is not None and (born.month, born.day) == (today.month, today.day),
            "home": houses.get(str(guest.home_property_id)),
            "known_at": [house for house_id, house in houses.items() if house_id in guest.property_ids],
            "houses": houses,
            "numbers": [one for one in guest.external_ids if _is_visible(scope, one["property_id"])],
            "consents": _consents(guest),
            "channels": _channels(guest),
            "purpose_labels": PURPOSE_LABELS,
            "channel_labels": CHANNEL_LABELS,
            "source_label": SOURCE_LABELS.get(str(guest.source)),
            "zone": str(chain.time_zone),
            "panels": panels_of("guest", call, guest.id),
        },
    )


def _is_visible(scope: Scope, property_id: str | None) -> bool:
    return property_id is None or scope.sees_property(property_id)


def _consents(guest: Guest) -> dict[str, dict[str, Any]]:
    """What the guest has said, by purpose and channel, in the order of purposes."""
    found: dict[str, dict[str, Any]] = {}
    for purpose in rules.PURPOSES:
        for channel in rules.CHANNELS:
            one = guest.consents.get(rules.consent_key(purpose, channel))
            if one is not None:
                found.setdefault(purpose, {})[channel] = one
    return found


def _channels(guest: Guest) -> list[str]:
    """The channels that the guest has said anything about."""
    named = {key.split(":", 1)[1] for key in guest.consents}
    return [channel for channel in rules.CHANNELS if channel in named]
