"""What the pages of a chain's channels share: who may change what, the words, and a save over the version seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, tried, whole
from chalicelib.outreach.pages.deliveries import CHANNEL_LABELS
from chalicelib.outreach.rules.channels import Settings
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import channels
from chalicelib.web.pages import Call, Redirect, View

ORDER = "/portal/channels"
TEXTS, CONNECTORS, VERSIONS = f"{ORDER}/texts", f"{ORDER}/connectors", f"{ORDER}/versions"
OF_ALL = {ORDER: N_("Which message goes where"), TEXTS: N_("Texts")}
OF_HEAD_OFFICE = {CONNECTORS: N_("Connectors and the app"), VERSIONS: N_("Versions")}

PURPOSE_LABELS = {"service": N_("Service"), "greeting": N_("Greeting"), "marketing": N_("Marketing")}
LANGUAGE_LABELS = {"zh": N_("Chinese"), "en": N_("English")}
PLATFORM_LABELS = {"ios": N_("iPhone and iPad"), "android": N_("Android")}
OCCASION_LABELS = {name: one.label for name, one in OCCASIONS.items()}


def room_page(call: Call, template: str, form: str, filled: Filled, shown: dict[str, Any], **also: Any) -> View:
    """A page of the room. `form` is the form that `filled` belongs to."""
    scope = call.scope
    is_hq = scope.property_ids is None
    return View(
        f"outreach/pages/channels/{template}",
        {
            "rooms": OF_ALL | (OF_HEAD_OFFICE if is_hq else {}),
            "is_hq": is_hq,
            "may_change": is_hq and scope.may("occasions:write"),
            "channel_labels": CHANNEL_LABELS,
            "purpose_labels": PURPOSE_LABELS,
            "language_labels": LANGUAGE_LABELS,
            "occasion_labels": OCCASION_LABELS,
            "platform_labels": PLATFORM_LABELS,
            "zone": str(directory.chain_of(scope).time_zone),
            "form": form,
            "filled": filled,
            "key": new_id("frm"),
            **shown,
            **also,
        },
        status=422 if filled.is_refused else 200,
    )


def leads_back(to: str, *paths: str) -> None:
    """Lead from where only forms are posted to the page that they stand on: as when the language is changed on an
    answer that says what is wrong.
    """

    def back(call: Call) -> Redirect:
        return Redirect(to)

    for path in paths:
        pages.get(path, permission="occasions:read")(back)


def saved(call: Call, change: Callable[[Settings], Settings]) -> Filled | None:
    """Publish the settings as `change` makes them, over the version that the form was made from and no other.

    None when it is done, else what the page is to show again. Raises Forbidden for callers of single properties.
    """
    channels.require_chain(call.scope)

    def publish(scope: Scope) -> None:
        wanted = change(channels.settings_now(scope))
        channels.publish(scope, wanted, seen=whole(call.form.get("seen", "")))

    return tried(call, publish)


def refuse(errors: Iterable[FieldError]) -> None:
    """Raise Invalid for all that is wrong, if anything is."""
    found = tuple(errors)
    if found:
        raise Invalid(errors=found)
