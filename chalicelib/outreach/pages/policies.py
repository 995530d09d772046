"""What the chain has its guests written for, to be read by everybody who is asked about it; head office changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel.errors import Forbidden, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried, whole
from chalicelib.outreach.pages.chain_days import LANGUAGE_LABELS
from chalicelib.outreach.pages.channels.room import PURPOSE_LABELS
from chalicelib.outreach.pages.versions import makers_of, number_in, withdrawal_of, words_of
from chalicelib.outreach.rules.policies import purpose_of
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.schemas.policies import OFFER_LENGTH_MAX, OccasionPolicyIn
from chalicelib.outreach.service import Policy, sampling
from chalicelib.web.http import Response
from chalicelib.web.pages import HTML, POLICY, Call, Redirect, View, navigation
from chalicelib.web.rendering import url

PATH = "/portal/occasions"
ONE = f"{PATH}/{{occasion}}"
PAGE_ROWS = 100  # there are fewer occasions than this
VERSION_ROWS = 25
LANGUAGES = ("en", "zh")
YES = "yes"
AS_MAIL = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"  # mails bring theirs

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
                (one, OCCASIONS[one.occasion], _purpose(one), service.next_of(call.scope, one.occasion))
                for one in found
            ],
            "purpose_labels": PURPOSE_LABELS,
            "zone": str(chain.time_zone),
            "hour": f"{int(chain.greeting_hour):02}:00",
        },
    )


@pages.get(ONE, permission="occasions:read")
def occasion_page(call: Call) -> View:
    """All that has been in force for an occasion, the latest first; for head office with the form of what follows."""
    return _page(call, Filled())


@pages.post(ONE, permission="occasions:write")
def publish_occasion_page(call: Call) -> View | Redirect:
    """Publish the next version of an occasion's policy."""
    occasion = call.path_params["occasion"]
    if call.scope.property_ids is not None:
        raise Forbidden()
    if occasion not in OCCASIONS:
        raise NotFound()

    def publish(scope: Scope) -> None:
        body = read(OccasionPolicyIn, _told(call.form))
        offer = {"en": body.offer.en, "zh": body.offer.zh} if body.offer is not None else {}
        service.publish(
            scope, occasion, is_on=body.is_on, offer=offer, seen=whole(call.form.get("seen", "")),
            valid_from=body.valid_from,
        )  # fmt: skip

    filled = tried(call, publish)
    return _page(call, filled) if filled is not None else Redirect(ONE.format(occasion=occasion))


@pages.post(f"{ONE}/withdraw", permission="occasions:write")
def withdraw_occasion_page(call: Call) -> View | Redirect:
    """Withdraw a version that has not begun."""
    occasion, number = call.path_params["occasion"], number_in(call.form)

    def withdraw(scope: Scope) -> None:
        service.withdraw(scope, occasion, number)

    if call.scope.property_ids is not None:
        raise Forbidden()
    filled = tried(call, withdraw)
    if filled is not None:
        return _page(call, filled, withdrawal_of(number))
    return Redirect(ONE.format(occasion=occasion))


@pages.get(f"{ONE}/mail", permission="occasions:read")
def sample_page(call: Call) -> Response:
    """The message for an occasion as a mail program shows it, to a guest who does not exist."""
    language = call.parameter("to") or call.language
    letter = sampling.sample(call.scope, call.path_params["occasion"], language)
    return Response(200, letter["body.html"], {"Content-Type": HTML, "Content-Language": language, POLICY: AS_MAIL})


def _told(form: Mapping[str, str]) -> dict[str, Any]:
    """What the form says. An offer is made in every language or not at all."""
    offer = given({name: form.get(f"offer_{name}", "") for name in LANGUAGES}, *LANGUAGES)
    return {"is_on": form.get("is_on") == YES, "offer": offer or None, **given(form, "valid_from")}


def _page(call: Call, filled: Filled, form: str = "new") -> View:
    """The page; `form` is the form that `filled` belongs to."""
    scope, occasion, after = call.scope, call.path_params["occasion"], call.parameter("cursor") or None
    known = service.versions_of(scope, occasion)
    shown, following = service.versions_page(scope, occasion, limit=VERSION_ROWS, after=after)
    path = ONE.format(occasion=occasion)
    return View(
        "outreach/pages/occasion.html",
        {
            "occasion": OCCASIONS[occasion],
            "path": path,
            "policy": service.held_policy(scope, occasion),
            "seen": known[-1].number,
            "versions": [(one, _purpose(one.policy)) for one in shown],
            "makers": makers_of(scope, [one.policy for one in shown]),
            "may_write": _may_write(scope),
            "purpose_labels": PURPOSE_LABELS,
            "offer_length": OFFER_LENGTH_MAX,
            **words_of(scope),
            "samples": [(one, sampling.sample(scope, occasion, one)) for one in LANGUAGES],
            "language_labels": LANGUAGE_LABELS,
            "form": form,
            "filled": filled,
            "key": new_id("frm"),
            "first": path if after else None,
            "next": url(path, cursor=following) if following else None,
        },
        status=422 if filled.is_refused else 200,
    )


def _purpose(policy: Policy) -> str:
    return purpose_of(policy, OCCASIONS[policy.occasion].purpose)


def _may_write(scope: Scope) -> bool:
    return scope.may("occasions:write") and scope.property_ids is None
