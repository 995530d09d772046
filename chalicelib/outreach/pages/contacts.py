"""All that passed between a guest and the house: the latest on the guest's page, everything on a page of its own."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.deliveries import CHANNEL_LABELS as SENT_ON
from chalicelib.outreach.pages.deliveries import STATUS_LABELS as DELIVERY_LABELS
from chalicelib.outreach.pages.deliveries import STATUS_LOOKS as DELIVERY_LOOKS
from chalicelib.outreach.rules import calls
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import contacts
from chalicelib.web.pages import Call, View, panel
from chalicelib.web.rendering import url

PATH = "/portal/guests/{guest_id}/contacts"
PANEL_ROWS = 10
PAGE_ROWS = 25
TEXT_SHOWN = 240  # characters of what was said: the whole of it is in the thread

CHANNEL_LABELS = {**SENT_ON, "telephone": N_("Telephone")}
MESSAGE_LABELS = {
    "received": N_("Received"),
    "queued": N_("Being sent"),
    "claimed": N_("Being sent"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "failed": N_("Failed"),
    "unknown": N_("Outcome unknown"),
}
MESSAGE_LOOKS = {
    "received": "plain", "queued": "", "claimed": "", "sent": "good", "delivered": "good", "failed": "bad",
    "unknown": "warn",
}  # fmt: skip
HOTLINE_LABELS = {"answered": N_("Answered"), "open": N_("Waits for an answer")}
HOTLINE_LOOKS = {"answered": "good", "open": "warn"}
OUTCOME_LOOKS = {"reached": "good", "done": "good", "wrong_number": "bad", "declined": "bad", "not_possible": "bad"}
# What became of a contact, by the room that it comes from: words and looks.
STATUS_LABELS = {
    "delivery": DELIVERY_LABELS,
    "message": MESSAGE_LABELS,
    "hotline": HOTLINE_LABELS,
    "task": calls.OUTCOME_LABELS,
}
STATUS_LOOKS = {
    "delivery": DELIVERY_LOOKS,
    "message": MESSAGE_LOOKS,
    "hotline": HOTLINE_LOOKS,
    "task": OUTCOME_LOOKS,
}


@panel("guest", permission="guests:read", order=8)
def contacts_panel(scope: Scope, subject_id: str, language: str) -> View:
    """The latest contacts of a guest, and the ways to all of them and to the thread."""
    page = contacts.contacts_page(scope, subject_id, limit=PANEL_ROWS, after=None)
    context = {"guest_id": subject_id, "contacts": page.items, "has_more": page.next is not None, **_words(scope)}
    return View("outreach/pages/contacts_panel.html", context)


@pages.get(PATH, permission="guests:read")
def contacts_page(call: Call) -> View:
    """All contacts of a guest, the latest first."""
    scope, guest_id = call.scope, call.path_params["guest_id"]
    guest, after = guests.get(scope, guest_id), call.parameter("cursor") or None
    page = contacts.contacts_page(scope, guest_id, limit=PAGE_ROWS, after=after)
    here = PATH.format(guest_id=guest_id)
    return View(
        "outreach/pages/contacts.html",
        {
            "guest": guest,
            "contacts": page.items,
            "first": here if after else None,
            "next": url(here, cursor=page.next) if page.next else None,
            **_words(scope),
        },
    )


def _words(scope: Scope) -> dict[str, object]:
    """The labels that the templates put things into words with."""
    return {
        "by_id": {str(house.id): house for house in directory.properties(scope)},
        "zone": str(directory.chain_of(scope).time_zone),
        "channel_labels": CHANNEL_LABELS,
        "occasion_labels": {name: occasion.label for name, occasion in OCCASIONS.items()},
        "task_labels": calls.KIND_LABELS,
        "contact_labels": STATUS_LABELS,
        "contact_looks": STATUS_LOOKS,
        "text_shown": TEXT_SHOWN,
    }
