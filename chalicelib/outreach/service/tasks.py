"""Tasks for people: opened once for each cause, noted attempt by attempt, closed, and expired when nobody came to it.

`open_task` is the door for whatever opens one: silence, a channel that a person carries, a follow-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta

from chalicelib.directory import service as directory
from chalicelib.directory.service import Staff
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import local_day, local_instant
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.errors import Invalid, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import kinds
from chalicelib.outreach.events import CALL_CLOSED, CALL_OPENED
from chalicelib.outreach.models import calls as models
from chalicelib.outreach.models.calls import Task
from chalicelib.outreach.rules import calls
from chalicelib.outreach.rules.calls import TaskClosed, Told

__all__ = [
    "Task",
    "assign",
    "cancel",
    "cancel_open_calls",
    "expire",
    "get",
    "note_attempt",
    "of_guest",
    "open_by_hand",
    "open_silence_calls",
    "open_task",
]

TO_DO = "tasks:write"  # what somebody must be allowed to do whom a task is given to
CHANGES_MAX = 50  # of one task that are kept: the latest


def open_task(
    scope: Scope,
    unit: Unit,
    *,
    guest_id: str,
    property_id: str,
    kind: str,
    due_on: date,
    cause: str,
    about: str = "",
    asks_reason: bool = False,
    value: int = 0,
    currency: str | None = None,
    stay_id: str | None = None,
    shared: Mapping[str, str | None] | None = None,
    id: str | None = None,
) -> Task:
    """Open a task in the caller's unit, assigned to the property's manager; one there is already is answered as it is.

    `cause` says what it is for, `silence#sty_…`, and makes it the same task however often it is opened, also for a
    guest whose task lies under an id from before a merge. Raises Stale, when it is committed, if another was faster.
    """
    guest = guests.find(scope, guest_id)
    ids = guest.ids if guest is not None else [guest_id]
    known = [one for each in ids if (one := _find(scope, each, kind, cause)) is not None]
    if known:
        return known[0]
    task = Task(
        guest_key=scope.key(ids[0]),
        id=id or models.task_id(scope.chain_id, ids[0], kind, cause),
        kind=kind,
        status="open",
        cause=cause,
        about=about,
        asks_reason=asks_reason,
        due_on=due_on.isoformat(),
        value=value,
        currency=currency,
        assigned_to=directory.manager_of(scope, property_id),
        stay_id=stay_id,
        opened_at=sortable(scope.now),
        opened_by=scope.actor.id,
        attempts=[],
        shared={name: one for name, one in (shared or {}).items() if one} or None,
    )
    task.file(scope, property_id)
    unit.create(task, refusal=Stale())
    _arm_expiry(scope, unit, task)
    if kind == "call":
        agenda.announce(unit, Event(CALL_OPENED, str(task.id), 1, _told_of(task)))
    return task


def open_by_hand(
    scope: Scope,
    *,
    guest_id: str,
    property_id: str,
    kind: str,
    due_on: date,
    about: str,
    asks_reason: bool = True,
    id: str | None = None,
) -> Task:
    """A task that somebody opens themselves. Raises NotFound beyond the wall, Invalid with every fault."""
    house = directory.property_of(scope, property_id)
    guest = guests.get(scope, guest_id)
    problem = calls.day_problem(due_on, local_day(scope.now, house.time_zone))
    if problem is not None:
        raise Invalid.field("/due_on", problem)
    unit = Unit(scope)
    task = open_task(
        scope,
        unit,
        guest_id=guest.id,
        property_id=property_id,
        kind=kind,
        due_on=due_on,
        cause=f"{calls.MANUAL}#{new_id('req')}",
        about=about,
        asks_reason=asks_reason and kind == "call",
        currency=str(house.currency),
        id=id,
    )
    guests.check_unchanged(unit, guest, Stale())
    unit.audit("task.opened", str(task.id), kind=kind, guest_id=guest.id)
    unit.commit()
    return task


def get(scope: Scope, task_id: str) -> Task:
    """A task. Raises NotFound, also for one of a property beyond the wall."""
    found = Task.by_its_id(scope, task_id) if is_id(task_id, "tsk") else None
    if found is None or not scope.sees_property(found.property_id):
        raise NotFound()
    return found


def note_attempt(scope: Scope, task_id: str, told: Told) -> Task:
    """Note what came of an attempt: the task is due again, or closed; what was agreed becomes a task of its own.

    Raises NotFound, Invalid with every fault, TaskClosed.
    """

    def attempt() -> Task:
        task = get(scope, task_id)
        if not task.is_open:
            raise TaskClosed(N_("Nothing more can be noted about it. What there is to do now is a task of its own."))
        house = directory.property_of(scope, task.property_id)
        today = local_day(scope.now, house.time_zone)
        calls.check(told, kind=str(task.kind), asks_reason=bool(task.asks_reason), today=today)
        before = [one["outcome"] for one in task.attempts]
        verdict = calls.verdict(told, before, today)
        unit = Unit(scope)
        noted = {"at": sortable(scope.now), "by": scope.actor.id, "outcome": told.outcome, "note": told.note}
        task.attempts = [*task.attempts, noted]
        task.outcome = told.outcome
        if verdict.is_closed:
            task.reason = told.reason
            task.follow_up_id = _follow_up(scope, unit, task, told)
            _close(scope, unit, task, "done")
        elif verdict.due_on is not None:
            task.due_on = verdict.due_on.isoformat()
            task.file(scope, task.property_id)
            unit.update(task)
            _arm_expiry(scope, unit, task)
        unit.audit("task.noted", str(task.id), outcome=told.outcome, status=str(task.status))
        unit.commit()
        return task

    return retried(attempt)


def assign(scope: Scope, task_id: str, staff_id: str | None, why: str, expected_version: int | None) -> Task:
    """Give a task to somebody else of the property, or (None) back to its manager.

    Raises NotFound, Stale, TaskClosed, and Invalid for somebody who could not do it.
    """
    task = _to_change(scope, task_id, expected_version)
    task.assigned_to = _doer(scope, task.property_id, staff_id)
    _note_change(scope, task, calls.ASSIGNED, why)
    unit = Unit(scope)
    unit.update(task)
    unit.audit("task.assigned", str(task.id), staff_id=task.assigned_to)
    unit.commit()
    return task


def cancel(scope: Scope, task_id: str, why: str, expected_version: int | None) -> Task:
    """Cancel a task by hand. A call that was owed stays owed, and is not made. Raises NotFound, Stale, TaskClosed."""
    task = _to_change(scope, task_id, expected_version)
    _note_change(scope, task, calls.CANCELLED, why)
    unit = Unit(scope)
    _close(scope, unit, task, "cancelled", told=calls.GIVEN_UP)
    unit.audit("task.cancelled", str(task.id), kind=str(task.kind))
    unit.commit()
    return task


def doers(scope: Scope, property_id: str) -> list[Staff]:
    """Whom a task of a property can be given to, as far as the caller sees them, by name."""
    return [one for one in directory.staff_at(scope, property_id) if _may_do(one, property_id)]


def cancel_open_calls(scope: Scope, unit: Unit, guest: Guest, *, but_first: bool = False) -> int:
    """Cancel the calls that the guest's silence had opened; `but_first`: all but the one opened first. How many."""
    found = sorted(open_silence_calls(scope, guest), key=lambda one: str(one.opened_at))[1 if but_first else 0 :]
    for task in found:
        _close(scope, unit, task, "cancelled")
    return len(found)


def open_silence_calls(scope: Scope, guest: Guest) -> list[Task]:
    """The calls still to be made because of a guest's silence."""
    return [one for one in Task.of_guest(scope, guest.ids) if one.is_open and one.is_silence_call]


def of_guest(scope: Scope, guest: Guest) -> list[Task]:
    """A guest's tasks at the properties that the caller sees, under whichever of their ids, the latest first."""
    return [one for one in Task.of_guest(scope, guest.ids) if scope.sees_property(one.property_id)]


def expire(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """End a task that nobody came to in two weeks: what it was opened for is over."""
    task = Task.one(scope, work.subject_id, str(work.occurrence))
    if task is None or not task.is_open:
        return Done()
    if work.due_at > scope.now:
        return Again(work.due_at)
    _close(scope, unit, task, "expired", is_armed=False)
    return Done()


# -- inside ----------------------------------------------------------------------------------------------------


def _find(scope: Scope, guest_id: str, kind: str, cause: str) -> Task | None:
    return Task.one(scope, guest_id, models.task_id(scope.chain_id, guest_id, kind, cause))


def _follow_up(scope: Scope, unit: Unit, task: Task, told: Told) -> str | None:
    """What was agreed, as a task of its own."""
    if told.agreed is None:
        return None
    made = open_task(
        scope,
        unit,
        guest_id=task.guest_id,
        property_id=task.property_id,
        kind=told.agreed.kind,
        due_on=told.agreed.due_on,
        cause=f"{calls.FOLLOW_UP}#{task.id}",
        about=told.agreed.what,
        value=int(task.value),
        currency=task.currency,
    )
    return str(made.id)


def _to_change(scope: Scope, task_id: str, expected_version: int | None) -> Task:
    task = get(scope, task_id)
    if expected_version is not None and int(task.version) != expected_version:
        raise Stale()
    if not task.is_open:
        raise TaskClosed(N_("Nothing more can be changed about it. What there is to do now is a task of its own."))
    return task


def _doer(scope: Scope, property_id: str, staff_id: str | None) -> str | None:
    if staff_id is None:
        return directory.manager_of(scope, property_id)
    try:
        found = directory.staff_of(scope, staff_id)
    except NotFound:
        found = None
    if found is None or not _may_do(found, property_id):
        raise Invalid.field("/assigned_to", N_("is nobody who does tasks of this property"))
    return staff_id


def _may_do(staff: Staff, property_id: str) -> bool:
    is_there = staff.property_ids is None or property_id in staff.property_ids
    return is_there and not staff.is_disabled and TO_DO in directory.role_permissions(str(staff.role))


def _note_change(scope: Scope, task: Task, what: str, why: str) -> None:
    noted = {"at": sortable(scope.now), "by": scope.actor.id, "what": what, "why": why}
    task.changes = [*(task.changes or ())[1 - CHANGES_MAX :], noted]


def _close(
    scope: Scope, unit: Unit, task: Task, status: str, *, is_armed: bool = True, told: str | None = None
) -> None:
    """`told`: what else than its outcome is said of a call."""
    task.status, task.closed_at = status, sortable(scope.now)
    task.file(scope, task.property_id)
    unit.update(task)
    if is_armed:
        agenda.disarm(unit, subject_id=task.guest_id, kind=kinds.TASK_EXPIRY, occurrence=str(task.id))
    if task.kind == "call":
        outcome = told or (status if status == "cancelled" else task.outcome or status)
        detail = {**_told_of(task), "outcome": outcome}
        agenda.announce(unit, Event(CALL_CLOSED, str(task.id), int(task.version), detail))


def _told_of(task: Task) -> dict[str, str | None]:
    cause = str(task.cause).partition("#")[0]
    return {"guest_id": task.guest_id, "property_id": task.property_id, "due_on": task.due_on, "cause": cause}


def _arm_expiry(scope: Scope, unit: Unit, task: Task) -> None:
    house = directory.find_property(scope, task.property_id)
    zone = str(house.time_zone) if house is not None else str(directory.chain_of(scope).time_zone)
    last = date.fromisoformat(str(task.due_on)) + timedelta(days=calls.EXPIRES_AFTER_DAYS)
    agenda.arm(
        unit,
        subject_id=task.guest_id,
        kind=kinds.TASK_EXPIRY,
        occurrence=str(task.id),
        due_at=local_instant(last, time(), zone),
    )
