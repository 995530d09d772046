"""Care in the portal: the contact plan, printed from the rules; what became of it by property and month; and on the
guest's page what is owed to them."""

from __future__ import annotations

import re
from datetime import date

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.rules import care as rules
from chalicelib.outreach.rules.obligations import OWN_REASONS
from chalicelib.outreach.rules.vocabulary import OCCASIONS, REASONS
from chalicelib.outreach.service import care, compliance
from chalicelib.outreach.service.compliance import ObligationFilter
from chalicelib.web.pages import Call, View, navigation, panel
from chalicelib.web.rendering import url
from chalicelib.web.wording import span_of_days

PLAN, CARE = "/portal/contact-plan", "/portal/care"
PAGE_ROWS = 25
OF_GUEST_SHOWN = 12
_MONTH = re.compile(r"(20|21)[0-9]{2}-(0[1-9]|1[0-2])")

STATUS_LABELS = {
    "open": N_("Still open"),
    "kept": N_("Fulfilled"),
    "breached": N_("Not fulfilled"),
    "excused": N_("Excused"),
}
STATUS_LOOKS = {"open": "warn", "kept": "good", "breached": "bad", "excused": "plain"}
# By which occasions what is owed is written, besides what people do.
WRITTEN_BY = {"silence": (), "new_guest": ("first_stay",), "loyal_guest": ("monthly_contact",)}

navigation(N_("Contact plan"), PLAN, permission="occasions:read", order=46, under="/portal/deliveries")
navigation(N_("Care"), CARE, permission="deliveries:read", order=47, under="/portal/deliveries")


@pages.get(PLAN, permission="occasions:read")
def contact_plan(call: Call) -> View:
    """What each class of guest is owed, how often and when; for the chain or as it holds at a property."""
    scope = call.scope
    property_id = call.parameter("property") or None
    found, _ = care.policies_page(scope, property_id, limit=len(rules.RULE_NAMES), after=None)
    written, chain = service.in_force(scope), directory.chain_of(scope)
    rows = [
        {
            "policy": one,
            "rule": rules.RULES[one.rule],
            "next": care.next_of(scope, one.rule, property_id),
            "occasions": [
                (OCCASIONS[name].label, written[name].is_on)
                for name in WRITTEN_BY.get(one.rule, one.occasions)
            ],
        }
        for one in found
    ]  # fmt: skip
    houses = directory.properties(scope)
    return View(
        "outreach/pages/contact_plan.html",
        {
            "rows": rows,
            "houses": houses,
            "chosen": property_id,
            "house": next((one for one in houses if one.id == property_id), None),
            "chain": chain,
            "zone": str(chain.time_zone),
            "hour": f"{int(chain.greeting_hour):02}:00",
            "now": scope.now,
        },
    )


@pages.get(CARE, permission="deliveries:read")
def care_page(call: Call) -> View:
    """What was owed in a month, house by house, what became of it, and why."""
    scope = call.scope
    property_id, month = call.parameter("property") or None, _month_of(call)
    status = call.parameter("status") or "breached"
    if status not in STATUS_LABELS:
        raise Malformed()
    first, last = rules.first_of(month), rules.last_of(month)
    found = compliance.compliance(scope, property_id, start=first, end=last)
    wanted = ObligationFilter(property_id, None, None, status, first, last)
    after = call.parameter("cursor") or None
    page = compliance.obligations_page(scope, wanted, limit=PAGE_ROWS, after=after)
    here = {"property": property_id, "month": month, "status": status}
    houses = directory.properties(scope)
    return View(
        "outreach/pages/care.html",
        {
            "rows": found.rows,
            "total": found.total,
            "is_complete": found.is_complete,
            "obligations": page.items,
            "names": guests.find_many(scope, {one.guest_id for one in page.items}),
            "houses": houses,
            "chosen": property_id,
            "status": status,
            "month": month,
            "title": span_of_days(first, last, call.language),
            "before": url(CARE, **{**here, "month": rules.month_before(month)}),
            "behind": url(CARE, **{**here, "month": rules.month_after(month)}),
            "first": url(CARE, **here) if after else None,
            "next": url(CARE, **here, cursor=page.next) if page.next else None,
            **_words(scope, houses),
        },
    )


@panel("guest", permission="deliveries:read", order=15)
def obligations_panel(scope: Scope, subject_id: str, language: str) -> View:
    """What we owe a guest, and whether we have kept to it."""
    found = compliance.obligations_of_guest(scope, subject_id, OF_GUEST_SHOWN + 1)
    shown = sorted(found[:OF_GUEST_SHOWN], key=lambda one: one.status != "open")
    context = {"obligations": shown, "has_more": len(found) > len(shown), **_words(scope, directory.properties(scope))}
    return View("outreach/pages/obligations_panel.html", context)


def _month_of(call: Call) -> str:
    text = call.parameter("month")
    if not text:
        today: date = local_day(call.scope.now, directory.chain_of(call.scope).time_zone)
        return rules.month_of(today)
    if not _MONTH.fullmatch(text):
        raise Malformed()
    return text


def _words(scope: Scope, houses: list[directory.Property]) -> dict[str, object]:
    """The labels that the templates put things into words with."""
    return {
        "by_id": {str(house.id): house for house in houses},
        "zone": str(directory.chain_of(scope).time_zone),
        "status_labels": STATUS_LABELS,
        "status_looks": STATUS_LOOKS,
        "rule_labels": {name: rule.label for name, rule in rules.RULES.items()},
        "reason_words": {**{code: one.why for code, one in REASONS.items()}, **OWN_REASONS},
    }
