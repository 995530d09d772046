"""The quality of contact points in the portal: figures of each house, and the worklist with what to do about each."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests.rules.quality import HOUSELESS, STALE_MONTHS_MAX, STALE_MONTHS_MIN
from chalicelib.guests.service import quality
from chalicelib.kernel.errors import Forbidden, Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation
from chalicelib.web.rendering import url

pages = Pages("guests")
navigation(N_("Contact quality"), "/portal/data-quality", permission="guests:read", order=34, under="/portal/guests")

PAGE, PAGE_ROWS, HOUSES_SHOWN = "/portal/data-quality", 50, 100

REASONS = {"bounced": N_("Came back"), "malformed": N_("Cannot be right"), "stale": N_("Not heard of for long")}
WHAT_TO_DO = {
    "bounced": N_("Ask for a new one at the next visit, then change it on the guest's page."),
    "malformed": N_("Correct it on the guest's page."),
    "stale": N_("Ask whether it still holds, then mark it as checked."),
}


@pages.get(PAGE, permission="guests:read")
def quality_page(call: Call) -> View:
    """Figures of the houses that the reader sees, and what is to be looked at in one of them."""
    scope = call.scope
    houses = directory.properties(scope)
    chosen = call.parameter("property") or (str(houses[0].id) if houses else HOUSELESS)
    figures, _ = quality.figures(scope, limit=HOUSES_SHOWN)
    found = quality.findings(scope, chosen, limit=PAGE_ROWS, after=call.parameter("cursor") or None)
    return View(
        "guests/quality.html",
        {
            "houses": houses,
            "by_id": {str(one.id): one for one in houses},
            "houseless": HOUSELESS,
            "chosen": chosen,
            "figures": figures,
            "findings": found.items,
            "reasons": REASONS,
            "what_to_do": WHAT_TO_DO,
            "stale_months": quality.rule(scope),
            "months": (STALE_MONTHS_MIN, STALE_MONTHS_MAX),
            "may_rule": scope.property_ids is None and scope.may("guests:write"),
            "zone": str(directory.chain_of(scope).time_zone),
            "first": url(PAGE, property=chosen) if call.parameter("cursor") else None,
            "next": url(PAGE, property=chosen, cursor=found.next) if found.next else None,
        },
    )


@pages.post("/portal/data-quality/rule", permission="guests:write")
def quality_rule_page(call: Call) -> Redirect:
    """The months of the rule; all contact points are looked at now."""
    if call.scope.property_ids is not None:
        raise Forbidden()
    months = call.form.get("stale_months", "")
    if not months.isascii() or not months.isdigit() or not STALE_MONTHS_MIN <= int(months) <= STALE_MONTHS_MAX:
        raise Invalid.field("/stale_months", N_("is not a number of months between 3 and 120"))
    quality.set_rule(call.scope, int(months))
    return Redirect(PAGE)


@pages.post("/portal/data-quality/verifications", permission="guests:write")
def verify_page(call: Call) -> Redirect:
    """A contact point that was checked with the guest."""
    form = call.form
    quality.verify(call.scope, form.get("guest_id", ""), form.get("kind", ""), form.get("value", ""))
    return Redirect(url(PAGE, property=form.get("property") or None))
