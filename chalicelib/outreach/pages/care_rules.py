"""A rule of care: all that has held, from when to when; and for head office the form of what is to hold next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel.errors import Forbidden, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried, whole
from chalicelib.outreach.pages.obligations import PLAN
from chalicelib.outreach.pages.versions import makers_of, number_in, withdrawal_of, words_of
from chalicelib.outreach.rules import care as rules
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.schemas.obligations import CarePolicyIn
from chalicelib.outreach.service import care
from chalicelib.web.pages import Call, Redirect, View
from chalicelib.web.rendering import url

ONE = f"{PLAN}/{{rule}}"
PAGE_ROWS = 25
ASKED = {
    "grace_days": N_("How many days later a call is still in time"),
    "days": N_("Within how many days after the stay"),
    "per_month": N_("How many contacts in each calendar month"),
    "stays": N_("How many stays make a regular guest"),
    "window_days": N_("Within how many days these stays lie"),
    "contact_day": N_("On which day of the month our own message leaves"),
}
HINTS = {
    "days": N_("Our message leaves on the second day: below 3 a person has to be faster."),
    "contact_day": N_("Only to those who have not been written to or spoken with that month."),
}
YES = "yes"


@pages.get(ONE, permission="occasions:read")
def care_rule_page(call: Call) -> View:
    """A rule's versions, the latest first, of the chain or of a property."""
    return _page(call, call.parameter("property") or None, Filled())


@pages.post(ONE, permission="occasions:write")
def publish_care_rule_page(call: Call) -> View | Redirect:
    """Publish the next version. Houses read what holds, and head office decides it for them."""
    rule, property_id = call.path_params["rule"], call.form.get("property_id") or None
    if call.scope.property_ids is not None:
        raise Forbidden()
    if rule not in rules.RULE_NAMES:
        raise NotFound()

    def publish(scope: Scope) -> None:
        body = read(CarePolicyIn, _told(call.form, rule, property_id))
        care.publish(
            scope, rule, body.settings, is_on=body.is_on, may_override=body.may_override,
            property_id=body.property_id, seen=whole(call.form.get("seen", "")), valid_from=body.valid_from,
        )  # fmt: skip

    filled = tried(call, publish)
    if filled is not None:
        return _page(call, property_id, filled)
    return Redirect(url(ONE.format(rule=rule), property=property_id))


@pages.post(f"{ONE}/withdraw", permission="occasions:write")
def withdraw_care_rule_page(call: Call) -> View | Redirect:
    """Withdraw a version that has not begun."""
    rule, property_id = call.path_params["rule"], call.form.get("property_id") or None
    number = number_in(call.form)
    if call.scope.property_ids is not None:
        raise Forbidden()

    def withdraw(scope: Scope) -> None:
        care.withdraw(scope, rule, number, property_id=property_id)

    filled = tried(call, withdraw)
    if filled is not None:
        return _page(call, property_id, filled, withdrawal_of(number))
    return Redirect(url(ONE.format(rule=rule), property=property_id))


def _told(form: Mapping[str, str], rule: str, property_id: str | None) -> dict[str, Any]:
    """What the form says. A property's version is on as long as the chain's is, and allows nobody another."""
    told: dict[str, Any] = {"is_on": True, "property_id": property_id}
    if property_id is None:
        told |= {"is_on": form.get("is_on") == YES, "may_override": form.get("may_override") == YES}
    told |= given(form, "valid_from")
    told |= {name: whole(form.get(name, "")) for name in rules.BOUNDS[rule]}
    if rule == "blessings":
        told["occasions"] = [one for one in rules.BLESSINGS if form.get(f"occasion_{one}") == YES]
    return told


def _page(call: Call, property_id: str | None, filled: Filled, form: str = "new") -> View:
    """The page; `form` is the form that `filled` belongs to."""
    scope, rule, after = call.scope, call.path_params["rule"], call.parameter("cursor") or None
    known = care.versions_of(scope, rule, property_id)
    shown, following = care.versions_page(scope, rule, property_id, limit=PAGE_ROWS, after=after)
    held, chain = care.policy_of(scope, rule, property_id), directory.chain_of(scope)
    houses, path = directory.properties(scope), ONE.format(rule=rule)
    is_allowed = property_id is None or care.policy_of(scope, rule).may_override
    may_write = scope.may("occasions:write") and scope.property_ids is None
    return View(
        "outreach/pages/care_rule.html",
        {
            "rule": rules.RULES[rule],
            "path": path,
            "versions": shown,
            "makers": makers_of(scope, [one.policy for one in shown]),
            "held": held,
            "seen": known[-1].number if known else 0,
            "is_allowed": is_allowed,
            "may_write": may_write and is_allowed,
            "may_withdraw": may_write,
            "houses": houses,
            "chosen": property_id,
            "house": next((one for one in houses if one.id == property_id), None),
            "chain": chain,
            **words_of(scope),
            "bounds": rules.BOUNDS[rule],
            "asked": ASKED,
            "hints": HINTS,
            "blessings": rules.BLESSINGS if rule == "blessings" else (),
            "occasion_labels": {name: one.label for name, one in OCCASIONS.items()},
            "form": form,
            "filled": filled,
            "key": new_id("frm"),
            "first": url(path, property=property_id) if after else None,
            "next": url(path, property=property_id, cursor=following) if following else None,
        },
        status=422 if filled.is_refused else 200,
    )
