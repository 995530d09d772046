"""Channels in the portal: how a guest can be reached; for head office what goes where, who carries it, and texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from chalicelib.directory import service as directory
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import links
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.deliveries import CHANNEL_LABELS
from chalicelib.outreach.rules.channels import CHANNEL_NAMES, CONNECTED, Wording
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.vocabulary import OCCASIONS, REASONS
from chalicelib.outreach.schemas.channels import ConnectorIn, WordingIn
from chalicelib.outreach.service import channels, connecting, reaching, showing
from chalicelib.web.pages import Call, Redirect, View, navigation, panel
from chalicelib.web.problems import invalid

PATH = "/portal/channels"
CONNECTORS_SHOWN = 20
PURPOSE_LABELS = {"service": N_("Service"), "greeting": N_("Greeting"), "marketing": N_("Marketing")}
LANGUAGE_LABELS = {"zh": N_("Chinese"), "en": N_("English")}

navigation(N_("Channels"), PATH, permission="occasions:read", order=46, under="/portal/deliveries")


@pages.get(PATH, permission="occasions:read")
def channels_page(call: Call) -> View:
    """What goes on which channel, who carries it, and what holds for texts."""
    return _page(call)


@pages.post(f"{PATH}/connectors", permission="occasions:write")
def create_connector_page(call: Call) -> View:
    """A new connector; its secret is shown on the page that answers, and never again."""
    wanted = {name: call.form.get(name, "").strip() for name in ("name", "url", "channel")}
    try:
        body = ConnectorIn.model_validate(wanted)
    except ValidationError as error:
        raise invalid(error) from None
    made, secret = connecting.create_connector(call.scope, name=body.name, url=body.url, channel=body.channel)
    return _page(call, made=made, secret=secret)


@pages.post(f"{PATH}/texts", permission="occasions:write")
def register_text_page(call: Call) -> Redirect:
    """The signature, and a wording as it was registered; an empty one is taken away."""
    wanted = {name: call.form.get(name, "").strip() for name in ("occasion", "language", "template_id", "text")}
    settings = channels.settings_now(call.scope)
    signature = call.form.get("signature", "").strip() or None
    wordings = dict(settings.wordings)
    key = f"{wanted['occasion']}:{wanted['language']}"
    if wanted["text"] or wanted["template_id"]:
        try:
            body = WordingIn.model_validate(wanted)
        except ValidationError as error:
            raise invalid(error) from None
        wordings[key] = Wording(body.template_id, body.text)
    else:
        wordings.pop(key, None)
    if signature is not None and not 2 <= len(signature) <= 20:
        raise Invalid.field("/signature", N_("A signature has two to twenty characters."))
    channels.publish(call.scope, replace(settings, signature=signature, wordings=wordings))
    return Redirect(PATH)


@pages.post("/portal/guests/{guest_id}/channels", permission="guests:write")
def prefer_channel_page(call: Call) -> Redirect:
    """What the guest wants to be reached by first."""
    guest_id, first = call.path_params["guest_id"], call.form.get("first", "")
    if first and first not in CHANNEL_NAMES:
        raise Invalid.field("/first", N_("There is no such channel."))
    record = reaching.channels_of(call.scope, guest_id)
    preferred = [first, *(one for one in record.preferences if one != first)] if first else []
    addresses = [Contact(one["channel"], one["address"]) for one in record.addresses]
    reaching.tell_channels(call.scope, guest_id, preferred, addresses)
    return Redirect(f"/portal/guests/{guest_id}")


@panel("guest", permission="guests:read", order=25)
def channels_panel(scope: Scope, subject_id: str, language: str) -> View:
    """How a guest can be reached, what they prefer, and why a channel is not taken."""
    found = showing.ways_of(scope, subject_id)
    preferred = found.record.preferences
    known = dict.fromkeys([one.channel for one in found.ways] + preferred)
    return View(
        "outreach/pages/channels_panel.html",
        {
            "guest_id": subject_id,
            "ways": found.ways,
            "preferred": preferred,
            "choices": list(known),
            "channel_labels": CHANNEL_LABELS,
            "purpose_labels": PURPOSE_LABELS,
            "reasons": REASONS,
        },
    )


def _page(call: Call, **shown: Any) -> View:
    scope = call.scope
    settings, is_hq = channels.settings_now(scope), scope.property_ids is None
    connectors = connecting.connectors_page(scope, limit=CONNECTORS_SHOWN, after=None)[0] if is_hq else []
    wordings = [(*key.split(":"), one) for key, one in settings.wordings.items()]
    return View(
        "outreach/pages/channels.html",
        {
            "settings": settings,
            "connectors": [(one, links.states_url(scope.chain_id, one.id)) for one in connectors],
            "free": [one for one in CONNECTED if one not in {connector.channel for connector in connectors}],
            "wordings": wordings,
            "is_hq": is_hq,
            "may_change": is_hq and scope.may("occasions:write"),
            "channel_labels": CHANNEL_LABELS,
            "purpose_labels": PURPOSE_LABELS,
            "language_labels": LANGUAGE_LABELS,
            "occasion_labels": {name: one.label for name, one in OCCASIONS.items()},
            "zone": str(directory.chain_of(scope).time_zone),
            "made": None,
            "secret": None,
            **shown,
        },
    )
