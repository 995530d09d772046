"""The call desk in the portal: what is to be done today, and one call with its brief, its script and its outcome."""

from __future__ import annotations

from datetime import date

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import one_of, pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried
from chalicelib.outreach.pages.deliveries import STATUS_LABELS as DELIVERY_LABELS
from chalicelib.outreach.pages.deliveries import STATUS_LOOKS as DELIVERY_LOOKS
from chalicelib.outreach.rules import calls
from chalicelib.outreach.rules.calls import Agreed, Told
from chalicelib.outreach.rules.festivals import FESTIVALS
from chalicelib.outreach.rules.vocabulary import OCCASIONS, REASONS
from chalicelib.outreach.schemas.calls import ABOUT_LENGTH_MAX, NOTE_LENGTH_MAX, AttemptIn, TaskPatch
from chalicelib.outreach.service import briefing, preventing, queueing, scripts, tasks
from chalicelib.outreach.service.queueing import TaskFilter
from chalicelib.outreach.service.tasks import Task
from chalicelib.web.pages import Call, Redirect, View, navigation
from chalicelib.web.rendering import url

LIST = "/portal/calls"
PAGE_ROWS = 50
AT_RISK_ROWS = 25
STATUS_LOOKS = {"open": "warn", "done": "good", "cancelled": "plain", "expired": "bad"}

navigation(N_("Calls"), LIST, permission="tasks:read", order=41, under="/portal/deliveries")


@pages.get(LIST, permission="tasks:read")
def calls_page(call: Call) -> View:
    """What is to be done, the most urgent first, and why guests have stayed away of late."""
    scope = call.scope
    wanted = TaskFilter(
        property_id=call.parameter("property") or None,
        status=one_of(call.parameter("status", "open") or "open", calls.TASK_STATUSES),
        kind=one_of(call.parameter("kind"), calls.KINDS),
        assigned_to=scope.actor.id if one_of(call.parameter("whose"), ("mine",)) else None,
    )
    after = call.parameter("cursor") or None
    page = queueing.tasks_page(scope, wanted, limit=PAGE_ROWS, after=after)
    report = queueing.reasons(scope, property_id=wanted.property_id)
    here = {"property": wanted.property_id, "status": wanted.status, "kind": wanted.kind}
    here["whose"] = "mine" if wanted.assigned_to else None
    houses = directory.properties(scope)
    return View(
        "outreach/pages/calls.html",
        {
            "tasks": page.items,
            "names": guests.find_many(scope, {one.guest_id for one in page.items}) if page.items else {},
            "houses": houses,
            "wanted": wanted,
            "today": {str(house.id): local_day(scope.now, house.time_zone).isoformat() for house in houses},
            "report": report,
            "told": {name: count for name, count in report.total.items() if count},
            "first": url(LIST, **here) if after else None,
            "next": url(LIST, **here, cursor=page.next) if page.next else None,
            **_words(scope),
        },
    )


@pages.get(f"{LIST}/{{task_id}}", permission="tasks:read")
def call_page(call: Call) -> View:
    """One task: who the guest is, what to say, and what came of it."""
    return _task_page(call, tasks.get(call.scope, call.path_params["task_id"]), Filled())


@pages.post(f"{LIST}/{{task_id}}/attempts", permission="tasks:write")
def attempt_page(call: Call) -> View | Redirect:
    """Note what came of an attempt."""
    task_id = call.path_params["task_id"]
    tasks.get(call.scope, task_id)
    form = call.form

    def note(scope: Scope) -> None:
        values: dict[str, object] = dict(given(form, "outcome", "reason", "again_on", "note"))
        agreed = given(form, "agreed_what", "agreed_due_on")
        if agreed:
            kind = form.get("agreed_kind", "call")
            values["agreed"] = {"kind": kind, **{name.removeprefix("agreed_"): one for name, one in agreed.items()}}
        body = read(AttemptIn, values)
        known = Agreed(**body.agreed.model_dump()) if body.agreed is not None else None
        tasks.note_attempt(scope, task_id, Told(body.outcome, body.reason, known, body.again_on, body.note))

    filled = tried(call, note)
    if filled is None:
        return Redirect(f"{LIST}/{task_id}")
    return _task_page(call, tasks.get(call.scope, task_id), filled)


@pages.post(f"{LIST}/{{task_id}}/assignments", permission="tasks:write")
def assign_page(call: Call) -> View | Redirect:
    """Give a task to somebody else."""
    return _changed(call, "assign", {"assigned_to": call.form.get("assigned_to", "").strip() or None})


@pages.post(f"{LIST}/{{task_id}}/cancellations", permission="tasks:write")
def cancel_page(call: Call) -> View | Redirect:
    """Cancel a task."""
    return _changed(call, "cancel", {"status": "cancelled"})


def _changed(call: Call, form: str, values: dict[str, object]) -> View | Redirect:
    task_id = call.path_params["task_id"]
    tasks.get(call.scope, task_id)

    def change(scope: Scope) -> None:
        body = read(TaskPatch, {**values, **given(call.form, "why")})
        if form == "cancel":
            tasks.cancel(scope, task_id, body.why, None)
        else:
            tasks.assign(scope, task_id, body.assigned_to, body.why, None)

    filled = tried(call, change)
    if filled is None:
        return Redirect(f"{LIST}/{task_id}")
    return _task_page(call, tasks.get(call.scope, task_id), filled, form=form)


def _task_page(call: Call, task: Task, filled: Filled, *, form: str = "note") -> View:
    """The page of a task; `form` is the form that `filled` belongs to."""
    scope, may_write = call.scope, call.scope.may("tasks:write")
    try:
        brief = briefing.brief_of(scope, task)
    except NotFound:
        return View("outreach/pages/call_without_guest.html", {"task": task, **_words(scope)})
    language = one_of(call.parameter("script"), ("en", "zh")) or brief.language
    house = directory.property_of(scope, task.property_id)
    at_risk, more = preventing.at_risk(scope, str(task.id), limit=AT_RISK_ROWS, after=call.parameter("cursor") or None)
    here = f"{LIST}/{task.id}"
    return View(
        "outreach/pages/call.html",
        {
            "task": task,
            "brief": brief,
            "script": scripts.script_of(scope, task, brief, language),
            "script_language": language,
            "house": house,
            "zone": str(house.time_zone),
            "today": local_day(scope.now, house.time_zone).isoformat(),
            "is_late": date.fromisoformat(str(task.due_on)) < local_day(scope.now, house.time_zone),
            "at_risk": at_risk,
            "next": url(here, cursor=more) if more else None,
            "first": here if call.parameter("cursor") else None,
            "filled": filled if form == "note" else Filled(),
            "change": filled if form != "note" else Filled(),
            "form": form,
            "doers": tasks.doers(scope, task.property_id) if may_write and task.is_open else [],
            "changers": {one["by"]: _name_of(scope, one["by"]) for one in task.changes or ()},
            "key": new_id("frm"),
            "outcomes": calls.outcomes_of(str(task.kind)),
            "lengths": {"note": NOTE_LENGTH_MAX, "about": ABOUT_LENGTH_MAX},
            "manager": _name_of(scope, task.assigned_to),
            **_words(scope),
        },
        status=422 if filled.is_refused else 200,
    )


def _name_of(scope: Scope, staff_id: str | None) -> str:
    try:
        return str(directory.staff_of(scope, staff_id).name) if staff_id else ""
    except NotFound:
        return ""


def _words(scope: Scope) -> dict[str, object]:
    """The labels that the templates put things into words with."""
    return {
        "by_id": {str(house.id): house for house in directory.properties(scope)},
        "kind_labels": calls.KIND_LABELS,
        "status_labels": calls.STATUS_LABELS,
        "status_looks": STATUS_LOOKS,
        "outcome_labels": calls.OUTCOME_LABELS,
        "reason_labels": calls.REASON_LABELS,
        "occasion_labels": {name: occasion.label for name, occasion in OCCASIONS.items()},
        "delivery_labels": DELIVERY_LABELS,
        "delivery_looks": DELIVERY_LOOKS,
        "delivery_reasons": REASONS,
        "festival_labels": {name: festival.label for name, festival in FESTIVALS.items()},
    }
