"""Messages in the portal: every one and every silence with its reason; on the guest's page also what is to come."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.pages.base import one_of, pages
from chalicelib.outreach.rules.channels import CHEAPEST, ONLY, PREFERRED
from chalicelib.outreach.rules.channels import read as read_choice
from chalicelib.outreach.rules.vocabulary import MOVED, OCCASIONS, REASONS, STATUSES
from chalicelib.outreach.service import DeliveryFilter
from chalicelib.web.pages import Call, View, navigation, panel
from chalicelib.web.rendering import url

navigation(N_("Deliveries"), "/portal/deliveries", permission="deliveries:read", order=40)

LIST = "/portal/deliveries"
PAGE_ROWS = 50
OF_GUEST_SHOWN = 20

STATUS_LABELS = {
    "claimed": N_("Being sent"),
    "parked": N_("Sent or not: not known yet"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "bounced": N_("Bounced"),
    "complained": N_("Complaint"),
    "failed": N_("Failed"),
    "unknown": N_("Outcome unknown"),
    "skipped": N_("Not sent"),
}
STATUS_LOOKS = {
    "claimed": "",
    "parked": "warn",
    "sent": "good",
    "delivered": "good",
    "bounced": "bad",
    "complained": "bad",
    "failed": "bad",
    "unknown": "warn",
    "skipped": "plain",
}
CHANNEL_LABELS = {
    "email": N_("E-mail"),
    "sms": N_("Text message"),
    "push": N_("App"),
    "wechat": N_("WeChat"),
    "whatsapp": N_("WhatsApp"),
    "call": N_("Call"),
    "letter": N_("Letter"),
    "gift": N_("Gift"),
    "visit": N_("In person"),
}
WHY_LABELS = {
    PREFERRED: N_("The guest prefers it."),
    CHEAPEST: N_("It costs least."),
    ONLY: N_("No other was left."),
}


@pages.get(LIST, permission="deliveries:read")
def deliveries_page(call: Call) -> View:
    """Every message and every skip that the reader may see, the latest decision first."""
    scope = call.scope
    wanted = DeliveryFilter(
        property_id=call.parameter("property") or None,
        status=one_of(call.parameter("status"), STATUSES),
        occasion=one_of(call.parameter("occasion"), OCCASIONS),
    )
    if wanted.property_id is not None:
        directory.property_of(scope, wanted.property_id)
    after = call.parameter("cursor") or None
    page = service.deliveries_page(scope, wanted, limit=PAGE_ROWS, after=after)
    here = {"property": wanted.property_id, "status": wanted.status, "occasion": wanted.occasion}
    houses = directory.properties(scope)
    return View(
        "outreach/pages/deliveries.html",
        {
            "deliveries": page.items,
            "names": guests.find_many(scope, {one.guest_id for one in page.items}),
            "houses": houses,
            "wanted": wanted,
            "is_filtered": any(here.values()),
            "first": url(LIST, **here) if after else None,
            "next": url(LIST, **here, cursor=page.next) if page.next else None,
            **_words(scope, houses),
        },
    )


@panel("guest", permission="occasions:read", order=10)
def occasions_panel(scope: Scope, subject_id: str, language: str) -> View:
    """The days of the coming year on which a guest will be written to, and why or why not."""
    start, end = service.occasion_days(scope, None, None)
    found = service.occasions_of_guest(scope, subject_id, start, end)
    return View("outreach/pages/occasions_panel.html", {"occasions": found, **_words(scope)})


@panel("guest", permission="deliveries:read", order=30)
def deliveries_panel(scope: Scope, subject_id: str, language: str) -> View:
    """What was sent to a guest, and what was not."""
    found = service.deliveries_of_guest(scope, subject_id, OF_GUEST_SHOWN + 1)
    shown = found[:OF_GUEST_SHOWN]
    context = {"deliveries": shown, "has_more": len(found) > len(shown), **_words(scope)}
    return View("outreach/pages/deliveries_panel.html", context)


def _words(scope: Scope, houses: list[directory.Property] | None = None) -> dict[str, object]:
    """The labels that the templates put things into words with."""
    found = houses if houses is not None else directory.properties(scope)
    return {
        "by_id": {str(house.id): house for house in found},
        "zone": str(directory.chain_of(scope).time_zone),
        "status_labels": STATUS_LABELS,
        "status_looks": STATUS_LOOKS,
        "channel_labels": CHANNEL_LABELS,
        "occasion_labels": {name: occasion.label for name, occasion in OCCASIONS.items()},
        "reasons": REASONS,
        "moved": MOVED,
        "why_labels": WHY_LABELS,
        "choice_of": lambda delivery: read_choice(delivery.chosen),
    }
