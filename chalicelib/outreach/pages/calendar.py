"""The calendar in the portal: festivals, the chain's own days and the months' messages of the coming year."""

from __future__ import annotations

from itertools import groupby

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars.lunar import lunar_day
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.chain_days import LANGUAGE_LABELS
from chalicelib.outreach.rules.care import month_of
from chalicelib.outreach.rules.festivals import FESTIVALS
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import care, year_ahead
from chalicelib.outreach.service.monthly import RULE
from chalicelib.web.pages import Call, View, navigation

PATH = "/portal/calendar"

navigation(N_("Year ahead"), PATH, permission="occasions:read", order=44, under="/portal/deliveries")


@pages.get(PATH, permission="occasions:read")
def calendar_page(call: Call) -> View:
    """What is kept in the coming twelve months, month by month, and for whom."""
    scope = call.scope
    houses, chain = directory.properties(scope), directory.chain_of(scope)
    only = str(houses[0].id) if len(houses) == 1 and scope.property_ids is not None else None
    chosen = call.parameter("property") or only
    found = year_ahead.year_ahead(scope, chosen)
    return View(
        "outreach/pages/calendar.html",
        {
            "months": [(month, list(days)) for month, days in groupby(found, key=lambda one: month_of(one.day))],
            "lunar": {one.day: lunar_day(one.day) for one in found},
            "houses": houses,
            "by_id": {str(house.id): house for house in houses},
            "chosen": chosen,
            "hour": f"{int(chain.greeting_hour):02}:00",
            "regular": care.policy_of(scope, RULE, chosen).settings,
            "language_labels": LANGUAGE_LABELS,
            "festival_labels": {name: festival.label for name, festival in FESTIVALS.items()},
            "occasion_labels": {name: one.label for name, one in OCCASIONS.items()},
        },
    )
