"""The test clock in the portal: where it stands, how far it is told to go on, and how that comes along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from chalicelib.directory import service
from chalicelib.directory.pages.base import pages
from chalicelib.kernel import calendars, testclock
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.web.pages import Call, Redirect, View
from chalicelib.web.problems import said

PATH = "/portal/clock"
STEPS = {1: N_("A day on"), 7: N_("A week on"), 30: N_("30 days on"), 365: N_("365 days on")}
STEPS_BY_NAME = {str(days): days for days in STEPS}


@pages.get(PATH, permission="clock:read")
def clock_page(call: Call) -> View:
    """Where the clock stands, and while it advances how far it has come."""
    return _page(call)


@pages.post(PATH, permission="clock:write")
def advance_page(call: Call) -> View | Redirect:
    """Let the chain live on, by days or to an instant of the chain's own time."""
    try:
        testclock.request_advance(call.scope, to=_wanted(call.scope, call.form))
    except Invalid as refusal:
        return _page(call, wrong=said(refusal.errors[0], call.language), status=422)
    return Redirect(PATH)


def _wanted(scope: Scope, form: Mapping[str, str]) -> datetime:
    """Where the clock is to go: some days beyond what the form was shown with, so that a form that is sent twice is
    one step; or to a day and an hour of the chain's zone. Raises Invalid.
    """
    days, day, hour = form.get("days", ""), form.get("day", ""), form.get("hour", "")
    try:
        if days:
            return calendars.parse_instant(form.get("from", "")) + timedelta(days=STEPS_BY_NAME[days])
        at = time.fromisoformat(hour) if hour else time(12)
        return calendars.local_instant(calendars.parse_day(day), at, str(service.chain_of(scope).time_zone))
    except (InvalidValue, ValueError, KeyError, OverflowError):
        raise Invalid.field("/to", N_("Give a day, and the hour as 12:00.")) from None


def _page(call: Call, *, wrong: str = "", status: int = 200) -> View:
    scope = call.scope
    record = testclock.clock_of(scope)
    target, zone = record.target_at, str(service.chain_of(scope).time_zone)
    shown: dict[str, Any] = {
        "now": record.now,
        "target": from_sortable(target) if target else None,
        "ahead": calendars.format_instant(from_sortable(target) if target else record.now),
        "overdue": 0 if target else testclock.overdue_count(scope, record.now),
        "zone": zone,
        "day": call.form.get("day") or calendars.local_day(record.now, zone).isoformat(),
        "hour": call.form.get("hour") or "12:00",
        "steps": STEPS,
        "may_advance": scope.may("clock:write"),
        "wrong": wrong,
    }
    return View("directory/clock.html", shown, status=status)
