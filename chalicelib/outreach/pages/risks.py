"""Guests who will be silent before long, and opening a task for one of them, or for any guest, by hand."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.errors import Invalid, Malformed
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried
from chalicelib.outreach.rules import calls
from chalicelib.outreach.rules.silence import business_days_after
from chalicelib.outreach.schemas.calls import ABOUT_LENGTH_MAX, TaskIn
from chalicelib.outreach.schemas.risks import AHEAD_DAYS
from chalicelib.outreach.service import foreboding, tasks
from chalicelib.web.pages import Call, Redirect, View, navigation
from chalicelib.web.rendering import url

LIST = "/portal/at-risk"
NEW = "/portal/guests/{guest_id}/tasks"
PAGE_ROWS = 50
CHOICES = (7, AHEAD_DAYS, 30, 90)  # days ahead
DUE_DAYS = 2  # working days, as for calls that silence opens

navigation(N_("At risk"), LIST, permission="tasks:read", order=42, under="/portal/deliveries")


@pages.get(LIST, permission="tasks:read")
def at_risk_page(call: Call) -> View:
    """Whose day comes near at a property, the next first, while a word can still keep them."""
    scope, houses = call.scope, directory.properties(call.scope)
    chosen = call.parameter("property") or (str(houses[0].id) if houses else "")
    text = call.parameter("days", str(AHEAD_DAYS)) or str(AHEAD_DAYS)
    if text not in map(str, CHOICES):
        raise Malformed()
    after, here = call.parameter("cursor") or None, {"property": chosen, "days": text}
    found, following = (
        foreboding.silent_soon(scope, chosen, within_days=int(text), limit=PAGE_ROWS, after=after)
        if chosen
        else ([], None)
    )
    return View(
        "outreach/pages/at_risk.html",
        {
            "rows": found,
            "houses": houses,
            "property_id": chosen,
            "days": int(text),
            "choices": CHOICES,
            "is_watching": foreboding.is_watching(scope),
            "may_open": scope.may("tasks:write"),
            "first": url(LIST, **here) if after else None,
            "next": url(LIST, **here, cursor=following) if following else None,
        },
    )


@pages.get(NEW, permission="tasks:write")
def new_task_page(call: Call) -> View:
    """The form of a task for a guest."""
    return _form(call, Filled())


@pages.post(NEW, permission="tasks:write")
def open_task_page(call: Call) -> View | Redirect:
    """Open a task for a guest."""
    form, opened = call.form, []

    def open_(scope: Scope) -> None:
        values: dict[str, object] = dict(given(form, "property_id", "kind", "due_on", "about"))
        values |= {"guest_id": call.path_params["guest_id"], "asks_reason": form.get("asks_reason") == "on"}
        task = tasks.open_by_hand(scope, **read(TaskIn, values).model_dump())
        opened.append(str(task.id))

    filled = tried(call, open_)
    if filled is not None:
        return _form(call, filled)
    return Redirect(f"/portal/calls/{opened[0]}" if opened else "/portal/calls")


def _form(call: Call, filled: Filled) -> View:
    scope = call.scope
    guest = guests.get(scope, call.path_params["guest_id"])
    houses = directory.properties(scope)
    chosen = call.parameter("property") or str(guest.home_property_id or "")
    house = next((one for one in houses if str(one.id) == chosen), houses[0] if houses else None)
    if house is None:
        raise Invalid.field("/property_id", N_("There is no property yet."))
    today = local_day(scope.now, str(house.time_zone))
    return View(
        "outreach/pages/new_task.html",
        {
            "guest": guest,
            "houses": houses,
            "chosen": str(house.id),
            "filled": filled,
            "key": new_id("frm"),
            "today": today.isoformat(),
            "due_on": business_days_after(today, DUE_DAYS).isoformat(),
            "kind_labels": calls.KIND_LABELS,
            "length": ABOUT_LENGTH_MAX,
        },
        status=422 if filled.is_refused else 200,
    )
