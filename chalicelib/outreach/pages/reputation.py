"""How the mail of each property stands, and the button by which head office lifts a pause."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.rules.reputation import rates
from chalicelib.outreach.service import reputation
from chalicelib.web.pages import Call, Redirect, View, navigation
from chalicelib.web.rendering import url

PATH = "/portal/sending"
PAGE_HOUSES = 25  # a query each
CAUSES = {
    "bounces": N_("Too many bounces"),
    "complaints": N_("Too many complaints"),
    "by_hand": N_("Paused by hand"),
}

navigation(N_("Sending"), PATH, permission="deliveries:read", order=47, under="/portal/deliveries")


@pages.get(PATH, permission="deliveries:read")
def sending_page(call: Call) -> View:
    """Each property that the reader sees: what became of its mails of two weeks, and whether they are paused."""
    scope, text = call.scope, call.parameter("from") or "0"
    if not text.isdecimal() or len(text) > 6:
        raise Malformed()
    houses, start = directory.properties(scope), int(text)
    shown = houses[start : start + PAGE_HOUSES]
    found = reputation.standings(scope, shown)
    end = start + PAGE_HOUSES
    return View(
        "outreach/pages/sending.html",
        {
            "rows": [(house, found[str(house.id)], rates(found[str(house.id)].counts)) for house in shown],
            "causes": CAUSES,
            "zone": str(directory.chain_of(scope).time_zone),
            "may_lift": scope.may("occasions:write") and scope.property_ids is None,
            "first": url(PATH) if start else None,
            "next": url(PATH, **{"from": str(end)}) if end < len(houses) else None,
        },
    )


@pages.post("/portal/sending/{property_id}/liftings", permission="occasions:write")
def lift_page(call: Call) -> Redirect:
    """Lift the pause that was shown; if it has been lifted meanwhile, there is nothing left to do."""
    scope, property_id = call.scope, call.path_params["property_id"]
    version = call.form.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        raise Malformed()
    reputation.lift(scope, property_id, int(version))
    return Redirect(PATH)
