"""Points in the portal: a panel on the guest's page, and the member's own page with the ledger and the desk's forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.calendars import parse_day
from chalicelib.kernel.errors import FieldError, Invalid, NotFound
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.pages import claims
from chalicelib.loyalty.pages.claims import CAUSE_LABELS
from chalicelib.loyalty.pages.forms import Attempt, tried, whole_number
from chalicelib.loyalty.schemas.values import CODE
from chalicelib.web.pages import Call, Pages, Redirect, View, panel

pages = Pages("loyalty")

SHOWN = 25
IN_PANEL = 3
CLAIMS_SHOWN = 10

STATUS_LABELS = {"active": N_("Active"), "suspended": N_("Suspended"), "closed": N_("Closed")}
STATUS_LOOKS = {"active": "good", "suspended": "warn", "closed": "plain"}
REASON_LABELS = {
    "goodwill": N_("Goodwill"),
    "missing_stay": N_("A stay was missing"),
    "service_failure": N_("Something went wrong"),
    "correction": N_("Correction of a mistake"),
}


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
    member_id = call.path_params["member_id"]

    def redeem(scope: Scope) -> None:
        points = whole_number(call.form.get("points", ""))
        reward = call.form.get("reward", "").strip() or "reward"
        if not re.fullmatch(CODE, reward):  # it is noted in the activity log, where nobody's name belongs
            raise Invalid.field("/reward", N_("This does not have the expected form."))
        use_on = _day(call.form, "use_on") if call.form.get("use_on", "").strip() else None
        service.redeem(scope, member_id, points=points, reward=reward, property_id=_own_property(scope), use_on=use_on)

    return _done(call, member_id, "redeem_points", redeem)


@pages.post("/portal/members/{member_id}/adjustments", permission="points:write")
def adjust_page(call: Call) -> View | Redirect:
    """Give or take points by hand."""
    member_id = call.path_params["member_id"]

    def adjust(scope: Scope) -> None:
        points = whole_number(call.form.get("points", ""))
        why = call.form.get("reason", "")
        if why not in REASON_LABELS:
            raise Invalid.field("/reason", N_("Choose a reason."))
        owner = _own_property(scope) or "chain"
        service.adjust(scope, member_id, points=points, reason=why, cost_owner=owner)

    return _done(call, member_id, "adjust_points", adjust)


@pages.post("/portal/members/{member_id}/claims", permission="points:write")
def claim_page(call: Call) -> View | Redirect:
    """Note that the guest misses the points of a stay."""
    member_id, form = call.path_params["member_id"], call.form

    def claim(scope: Scope) -> None:
        cause = form.get("cause", "")
        if cause not in CAUSE_LABELS:
            raise Invalid.field("/cause", N_("Choose a cause."))
        service.open_claim(
            scope,
            member_id,
            property_id=form.get("property_id", ""),
            arrival=_day(form, "arrival"),
            departure=_day(form, "departure"),
            cause=cause,
            points=whole_number(form.get("points", "")),
        )

    return _done(call, member_id, "claim_points", claim)


@pages.post("/portal/members/{member_id}/pool", permission="points:write")
def pool_page(call: Call) -> View | Redirect:
    """Open a pool in this member's account, or let this member join the pool of another one, found by number."""
    member_id, number = call.path_params["member_id"], call.form.get("number", "")

    def start(scope: Scope) -> None:
        if not number.strip():
            service.open_pool(scope, member_id)
            return
        try:
            owners = service.by_number(scope, number)
        except InvalidValue as reason:
            raise Invalid(errors=(FieldError("/number", reason.reason, "invalid", reason.values),)) from None
        if not owners or owners[0].pool_id is None:
            raise Invalid.field("/number", N_("This member is not in a pool."), "unknown")
        service.join_pool(scope, owners[0].pool_id, member_id)

    return _done(call, member_id, "pool", start)


@pages.post("/portal/members/{member_id}/contributions", permission="points:write")
def contribute_page(call: Call) -> View | Redirect:
    """Put points into the household's pool."""
    member_id = call.path_params["member_id"]

    def put_in(scope: Scope) -> None:
        points = whole_number(call.form.get("points", ""))
        service.contribute(scope, _pool_id(scope, member_id), member_id, points)

    return _done(call, member_id, "pool", put_in)


@pages.post("/portal/members/{member_id}/departures", permission="points:write")
def leave_page(call: Call) -> View | Redirect:
    """Leave the household's pool."""
    member_id = call.path_params["member_id"]
    return _done(call, member_id, "pool", lambda scope: _left(scope, member_id))


def _left(scope: Scope, member_id: str) -> None:
    service.leave_pool(scope, _pool_id(scope, member_id), member_id)


def _pool_id(scope: Scope, member_id: str) -> str:
    pool_id = service.get(scope, member_id).pool_id
    if pool_id is None:
        raise Invalid.field("/pool", N_("This member is not in a pool."))
    return pool_id


def _day(form: dict[str, str], name: str) -> date:
    try:
        return parse_day(form.get(name, "").strip())
    except InvalidValue as reason:
        raise Invalid(errors=(FieldError(f"/{name}", reason.reason, "invalid", reason.values),)) from None


def _done(call: Call, member_id: str, name: str, act: Callable[[Scope], None]) -> View | Redirect:
    """Do what a form asks for, or show the member's page with what was wrong."""
    attempt = tried(call, name, act)
    return _member_view(call, member_id, attempt) if attempt else Redirect(f"/portal/members/{member_id}")


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
    houses = directory.properties(scope)
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
            "by_id": {str(house.id): house for house in houses},
            "houses": houses,
            "claims": service.claims_of(scope, member_id, limit=CLAIMS_SHOWN, after=None)[0] if member.claims else [],
            "pool": _pool(scope, member),
            "has_pools": bool(service.rules_of_today(scope, programme).pool_members_max),
            "cause_labels": CAUSE_LABELS,
            "claim_labels": claims.STATUS_LABELS,
            "claim_looks": claims.STATUS_LOOKS,
            "may_write": scope.may("points:write") and member.status == "active",
        },
        status=422 if attempt.refused else 200,
    )


def _pool(scope: Scope, member: service.Member) -> dict[str, Any] | None:
    """The household's pool: who is in it, of those whom the reader sees."""
    if member.pool_id is None:
        return None
    try:
        record = service.pool(scope, member.pool_id)
    except NotFound:  # its owner is a guest of other houses only
        return {"is_owner": False, "members": [], "hidden": 1}
    seen = service.get_many(scope, record.members)
    names = guests.find_many(scope, {str(one.guest_id) for one in seen.values()})
    people = [
        (id, names.get(str(seen[id].guest_id)), id == record.owner_id) for id in sorted(record.members) if id in seen
    ]
    return {
        "is_owner": record.owner_id == member.id,
        "members": people,
        "hidden": len(record.members) - len(people),
    }


def _entries(scope: Scope, member_id: str, limit: int, language: str) -> list[tuple[Any, Any]]:
    member = service.get(scope, member_id)
    programme = service.programme_of(scope, str(member.programme_id))
    found, _ = service.entries(scope, member_id, limit=limit, after=None)
    return [(entry, service.explain_entry(scope, programme, entry, language)) for entry in found]


def _name(programme: service.Programme, language: str) -> str:
    names = dict(programme.names or {})
    return str(names.get(language) or programme.name)
