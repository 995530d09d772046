"""The queue of claims for missing stays: what waits at the reader's houses, decided on the spot."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.pages.forms import Attempt, tried, whole_number
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation
from chalicelib.web.rendering import url

pages = Pages("loyalty")
navigation(N_("Claims"), "/portal/claims", permission="points:write", order=35, under="/portal/guests")

LIST = "/portal/claims"
PAGE_ROWS = 25

CAUSE_LABELS = {
    "not_credited": N_("The points never came"),
    "booked_elsewhere": N_("Booked elsewhere"),
    "name_differs": N_("Booked under another name"),
    "before_joining": N_("Before joining"),
    "other": N_("Another cause"),
}
REFUSAL_LABELS = {
    "no_proof": N_("Nothing proves the stay"),
    "not_eligible": N_("The stay earns no points"),
    "other_guest": N_("It was another guest's stay"),
    "credited_already": N_("Its points were given already"),
    "too_late": N_("Too long ago"),
}
STATUS_LABELS = {"open": N_("Open"), "approved": N_("Approved"), "rejected": N_("Rejected")}
STATUS_LOOKS = {"open": "warn", "approved": "good", "rejected": "plain"}


@pages.get(LIST, permission="points:write")
def claims_page(call: Call) -> View:
    """Every claim that waits, the oldest of each house first."""
    return _queue(call, None)


@pages.post("/portal/members/{member_id}/claims/{claim_id}/approvals", permission="points:write")
def approve_page(call: Call) -> View | Redirect:
    """Give the points."""
    member_id, claim_id = call.path_params["member_id"], call.path_params["claim_id"]

    def approve(scope: Scope) -> None:
        service.approve_claim(scope, member_id, claim_id, points=whole_number(call.form.get("points", "")))

    attempt = tried(call, claim_id, approve)
    return _queue(call, attempt) if attempt else Redirect(LIST)


@pages.post("/portal/members/{member_id}/claims/{claim_id}/rejections", permission="points:write")
def reject_page(call: Call) -> View | Redirect:
    """Refuse with a reason."""
    member_id, claim_id = call.path_params["member_id"], call.path_params["claim_id"]

    def reject(scope: Scope) -> None:
        service.reject_claim(scope, member_id, claim_id, reason=call.form.get("reason", ""))

    attempt = tried(call, claim_id, reject)
    return _queue(call, attempt) if attempt else Redirect(LIST)


def _queue(call: Call, attempt: Attempt | None) -> View:
    scope, after = call.scope, call.parameter("cursor") or None
    found, following = service.open_claims(scope, limit=PAGE_ROWS, after=after)
    members = service.get_many(scope, {one.member_id for one in found})
    shown = [(one, members[one.member_id]) for one in found if one.member_id in members]
    return View(
        "loyalty/claims.html",
        {
            "claims": shown,
            "names": guests.find_many(scope, {str(member.guest_id) for _, member in shown}),
            "by_id": {str(house.id): house for house in directory.properties(scope)},
            "attempt": attempt or Attempt(),
            "key": new_id("frm"),
            "cause_labels": CAUSE_LABELS,
            "refusal_labels": REFUSAL_LABELS,
            "first": LIST if after else None,
            "next": url(LIST, cursor=following) if following else None,
        },
        status=422 if attempt is not None and attempt.refused else 200,
    )
