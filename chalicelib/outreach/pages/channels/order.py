"""Which message goes where: read by all who are asked about occasions, put in order by head office."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, read
from chalicelib.outreach.pages.channels.room import ORDER, PURPOSE_LABELS, leads_back, refuse, room_page, saved
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.rules.channels import CHANNEL_NAMES, CONNECTED, NEVER
from chalicelib.outreach.schemas.channels import AllowedIn
from chalicelib.outreach.service import channels
from chalicelib.web.pages import Call, Redirect, View, navigation

HOUSE_RULE = f"{ORDER}/house-rule"
PLACE_TAKEN = N_("Another channel has this place already.")
NO_CHANNEL = N_("Choose at least one channel.")
NO_PLACE = N_("This is not one of the values allowed.")

navigation(N_("Channels"), ORDER, permission="occasions:read", order=46, under="/portal/deliveries")
leads_back(ORDER, HOUSE_RULE)


@pages.get(ORDER, permission="occasions:read")
def channels_page(call: Call) -> View:
    """The channels of each kind of message, first wanted first."""
    return _page(call, "", Filled())


@pages.post(ORDER, permission="occasions:write")
def order_channels_page(call: Call) -> View | Redirect:
    """Put the channels of each kind of message in another order."""
    filled = saved(call, lambda before: replace(before, allowed=_told(call.form)))
    return _page(call, "order", filled) if filled is not None else Redirect(ORDER)


@pages.post(HOUSE_RULE, permission="occasions:write")
def follow_house_rule_page(call: Call) -> View | Redirect:
    """Go back to the house's own rule of what goes where; all else stays as it is."""
    filled = saved(call, lambda before: replace(before, allowed=rules.ALLOWED))
    return _page(call, "reset", filled) if filled is not None else Redirect(ORDER)


def may_go(purpose: str) -> tuple[str, ...]:
    """The channels that a kind of message can go on at all."""
    return tuple(name for name in CHANNEL_NAMES if name not in NEVER.get(purpose, ()))


def _told(form: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The channels of each kind of message by the places that the form gives them. Raises Invalid."""
    refuse(error for purpose in PURPOSE_LABELS for error in _faults(purpose, form))
    ordered = {purpose: _in_order(purpose, form) for purpose in PURPOSE_LABELS}
    body: AllowedIn = read(AllowedIn, ordered)
    return {purpose: tuple(getattr(body, purpose)) for purpose in PURPOSE_LABELS}


def _faults(purpose: str, form: Mapping[str, str]) -> Iterator[FieldError]:
    """What is wrong with the places of a kind of message. Gaps are not: only the order counts."""
    names, taken = may_go(purpose), set[str]()
    for name in names:
        place = form.get(f"{purpose}_{name}", "")
        if place and place not in map(str, range(1, len(names) + 1)):
            yield FieldError(f"/{purpose}_{name}", NO_PLACE)
        elif place in taken:
            yield FieldError(f"/{purpose}_{name}", PLACE_TAKEN)
        taken |= {place} if place else set()
    if not taken:
        yield FieldError(f"/{purpose}", NO_CHANNEL)


def _in_order(purpose: str, form: Mapping[str, str]) -> list[str]:
    places = {name: form.get(f"{purpose}_{name}", "") for name in may_go(purpose)}
    return sorted((name for name, place in places.items() if place), key=lambda name: int(places[name]))


def _page(call: Call, form: str, filled: Filled) -> View:
    scope = call.scope
    settings = channels.settings_now(scope)
    idle = {name for name in CONNECTED if name not in channels.known_of(scope).connectors}
    places = {
        purpose: {name: str(place) for place, name in enumerate(settings.channels_for(purpose), start=1)}
        for purpose in PURPOSE_LABELS
    }
    return room_page(
        call, "order.html", form, filled,
        {
            "settings": settings,
            "names": CHANNEL_NAMES,
            "may_go": {purpose: may_go(purpose) for purpose in PURPOSE_LABELS},
            "places": places,
            "idle": idle | (set() if settings.applications else {"push"}),
            "is_house_rule": replace(settings, allowed=rules.ALLOWED).says_the_same(settings),
            "house_rule": rules.ALLOWED,
        },
    )  # fmt: skip
