"""What the chain has its guests written for, to be read by everybody who is asked about it."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.kernel.i18n import N_
from chalicelib.outreach import service
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.rules.policies import purpose_of
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.web.pages import Call, View, navigation

PATH = "/portal/occasions"
PAGE_ROWS = 100  # there are fewer occasions than this
PURPOSE_LABELS = {"greeting": N_("Greeting"), "service": N_("Service"), "marketing": N_("Marketing")}

navigation(N_("Occasions"), PATH, permission="occasions:read", order=45, under="/portal/deliveries")


@pages.get(PATH, permission="occasions:read")
def occasions_page(call: Call) -> View:
    """Each occasion: whether guests are written to, since when, by which version, and with which offer."""
    found, _ = service.policies_page(call.scope, limit=PAGE_ROWS, after=None)
    chain = directory.chain_of(call.scope)
    return View(
        "outreach/pages/occasions.html",
        {
            "policies": [
                (one, OCCASIONS[one.occasion], purpose_of(one, OCCASIONS[one.occasion].purpose)) for one in found
            ],
            "purpose_labels": PURPOSE_LABELS,
            "zone": str(chain.time_zone),
            "hour": f"{int(chain.greeting_hour):02}:00",
        },
    )
