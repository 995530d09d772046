"""Points in the portal: a panel on the guest's page, and the member's own page with the ledger and the desk's forms."""

from __future__ import annotations

import hashlib
import re
from dataclasses import field, replace
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid, NotFound, Refusal
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Idempotency, Scope
from chalicelib.kernel.unit import KEY_IN_USE
from chalicelib.loyalty import service
from chalicelib.loyalty.schemas.values import CODE
from chalicelib.web.pages import Call, Pages, Redirect, View, panel
from chalicelib.web.problems import reason, said

pages = Pages("loyalty")

SHOWN = 25
IN_PANEL = 3
KEY_LENGTH_MAX = 40
SENT_BEFORE = N_("This form had been sent already. The entries show what was booked.")

STATUS_LABELS = {"active": N_("Active"), "suspended": N_("Suspended"), "closed": N_("Closed")}
STATUS_LOOKS = {"active": "good", "suspended": "warn", "closed": "plain"}
REASON_LABELS = {
    "goodwill": N_("Goodwill"),
    "missing_stay": N_("A stay was missing"),
    "service_failure": N_("Something went wrong"),
    "correction": N_("Correction of a mistake"),
}


@dataclass
class Attempt:
    """What somebody filled in, and what was wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    told: str = ""


@panel("guest", permission="members:read", order=5)
def points_panel(scope: Scope, subject_id: str, language: str) -> View | None:
    """A guest's points in short, or the way to join. Nothing in a chain without a programme."""
    programmes = service.programmes(scope)
    if not programmes:
        return None
    members = service.of_guest(scope, subject_id)
    joined = {str(member.programme_id) for member in members}
    return View(
        "loyalty/points_panel.html",
        {
            "guest_id": subject_id,
            "members": [(member, _entries(scope, member.id, IN_PANEL, language)) for member in members],
            "names": {str(one.id): _name(one, language) for one in programmes},
            "open_programmes": [one for one in programmes if str(one.id) not in joined],
            "status_labels": STATUS_LABELS,
            "status_looks": STATUS_LOOKS,
        },
    )


@pages.post("/portal/members", permission="members:write")
def join_page(call: Call) -> Redirect:
    """Make a guest a member, as agreed at the desk."""
    member, _ = service.enrolled(
        call.scope,
        programme_id=call.form.get("programme_id", ""),
        guest_id=call.form.get("guest_id", ""),
        consent_source="front_desk",
        property_id=None,
    )
    return Redirect(f"/portal/members/{member.id}")


@pages.get("/portal/members/{member_id}", permission="members:read")
def member_page(call: Call) -> View:
    """A member: points, their last days, the ledger with reasons, and what the desk may do."""
    return _member_view(call, call.path_params["member_id"], Attempt())


@pages.post("/portal/members/{member_id}/redemptions", permission="points:write")
def redeem_page(call: Call) -> View | Redirect:
    """Redeem points at the desk."""
    member_id, attempt = call.path_params["member_id"], Attempt(dict(call.form))

    def redeem(scope: Scope, points: int) -> None:
        reward = call.form.get("reward", "").strip() or "reward"
        if not re.fullmatch(CODE, reward):  # it is noted in the activity log, where nobody's name belongs
            raise Invalid.field("/reward", N_("This does not have the expected form."))
        service.redeem(scope, member_id, points=points, reward=reward, property_id=_own_property(scope))

    return _done(call, member_id, attempt, "redeem_points", redeem)


@pages.post("/portal/members/{member_id}/adjustments", permission="points:write")
def adjust_page(call: Call) -> View | Redirect:
    """Give or take points by hand."""
    member_id, attempt = call.path_params["member_id"], Attempt(dict(call.form))

    def adjust(scope: Scope, points: int) -> None:
        why = call.form.get("reason", "")
        if why not in REASON_LABELS:
            raise Invalid.field("/reason", N_("Choose a reason."))
        owner = _own_property(scope) or "chain"
        service.adjust(scope, member_id, points=points, reason=why, cost_owner=owner)

    return _done(call, member_id, attempt, "adjust_points", adjust)


def _done(call: Call, member_id: str, attempt: Attempt, field_name: str, act: Any) -> View | Redirect:
    """Do it once, however often the form is sent; say on the page what is wrong with it."""
    try:
        act(_once(call), _whole_number(call.form.get("points", "")))
    except NotFound:
        raise
    except Refusal as refusal:
        say = translator(call.language).gettext
        if refusal.detail == KEY_IN_USE:  # the same form was sent before, and has been done
            return _member_view(call, member_id, Attempt(told=say(SENT_BEFORE)))
        attempt.refused = " ".join(_texts(refusal, call.language)) or say(refusal.title)
        attempt.errors = {field_name: attempt.refused}
        return _member_view(call, member_id, attempt)
    return Redirect(f"/portal/members/{member_id}")


def _texts(refusal: Refusal, language: str) -> list[str]:
    told = [said(error, language) for error in refusal.errors]
    whole = reason(refusal, language)
    return told or ([whole] if whole else [])


def _once(call: Call) -> Scope:
    """The scope with the form's own key, so that a form that is sent twice acts once."""
    key = call.form.get("key", "")
    if not key or len(key) > KEY_LENGTH_MAX:
        raise Invalid.field("/key", N_("Open the page anew and try again."))
    body = hashlib.sha256(repr(sorted(call.form.items())).encode()).hexdigest()
    return replace(call.scope, idempotency=Idempotency(f"form {key}", body))


def _whole_number(text: str) -> int:
    cleaned = text.strip().replace(",", "").replace("，", "")
    try:
        return int(cleaned)
    except ValueError:
        raise Invalid.field("/points", N_("Write a whole number of points.")) from None


def _own_property(scope: Scope) -> str | None:
    """The house that the reader speaks for, if it is one."""
    houses = directory.properties(scope)
    return str(houses[0].id) if scope.property_ids is not None and houses else None


def _member_view(call: Call, member_id: str, attempt: Attempt) -> View:
    scope = call.scope
    member = service.get(scope, member_id)
    programme = service.programme_of(scope, str(member.programme_id))
    guest = guests.get(scope, str(member.guest_id))
    found, following = service.entries(scope, member_id, limit=SHOWN, after=call.parameter("cursor") or None)
    explained = [(entry, service.explain_entry(scope, programme, entry, call.language)) for entry in found]
    return View(
        "loyalty/member.html",
        {
            "member": member,
            "guest": guest,
            "programme": _name(programme, call.language),
            "lots": service.lots(scope, member_id),
            "entries": explained,
            "next": f"/portal/members/{member_id}?cursor={following}" if following else None,
            "first": f"/portal/members/{member_id}" if call.parameter("cursor") else None,
            "attempt": attempt,
            "key": new_id("frm"),
            "reason_labels": REASON_LABELS,
            "status_labels": STATUS_LABELS,
            "status_looks": STATUS_LOOKS,
            "by_id": {str(house.id): house for house in directory.properties(scope)},
            "may_write": scope.may("points:write") and member.status == "active",
        },
        status=422 if attempt.refused else 200,
    )


def _entries(scope: Scope, member_id: str, limit: int, language: str) -> list[tuple[Any, Any]]:
    member = service.get(scope, member_id)
    programme = service.programme_of(scope, str(member.programme_id))
    found, _ = service.entries(scope, member_id, limit=limit, after=None)
    return [(entry, service.explain_entry(scope, programme, entry, language)) for entry in found]


def _name(programme: service.Programme, language: str) -> str:
    names = dict(programme.names or {})
    return str(names.get(language) or programme.name)
