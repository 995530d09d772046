"""On a guest's page: how the guest can be reached, why a channel is not taken, and what they want to be reached by."""

from __future__ import annotations

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.channels.room import PURPOSE_LABELS
from chalicelib.outreach.pages.deliveries import CHANNEL_LABELS
from chalicelib.outreach.rules.channels import CHANNEL_NAMES
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.vocabulary import REASONS
from chalicelib.outreach.service import reaching, showing
from chalicelib.web.pages import Call, Redirect, View, panel


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
        "outreach/pages/channels/panel.html",
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
