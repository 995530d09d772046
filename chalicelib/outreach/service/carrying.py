"""What people carry: a message on a channel of theirs becomes a task; what came of tasks is part of the contacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.channels import person
from chalicelib.outreach.models.calls import Task
from chalicelib.outreach.rules.calls import Kind
from chalicelib.outreach.service import contacts, tasks
from chalicelib.outreach.service.contacts import Contact


def carry(
    scope: Scope, unit: Unit, *, guest_id: str, property_id: str | None, kind: str, due_on: date, cause: str
) -> str:
    """Open the task that carries a delivery, at the property that it speaks for, else at the guest's own."""
    place = property_id or _own_property(scope, guest_id)
    known = cast(Kind, kind)
    task = tasks.open_task(
        scope, unit, guest_id=guest_id, property_id=place, kind=known, due_on=due_on, cause=f"delivery#{cause}"
    )
    return str(task.id)


def _own_property(scope: Scope, guest_id: str) -> str:
    guest = guests.find(scope, guest_id)
    if guest is not None and guest.home_property_id:
        return str(guest.home_property_id)
    return str(directory.properties(scope)[0].id)


@contacts.adds
def carried(scope: Scope, guest: Guest) -> Iterator[Contact]:
    """Attempts at tasks, each with its outcome."""
    for task in Task.of_guest(scope, guest.ids):
        for number, attempt in enumerate(task.attempts or ()):
            yield Contact(
                at=str(attempt["at"]), kind="task", id=f"{task.id}.{number}", direction="out", channel=str(task.kind),
                what=str(task.cause).partition("#")[0], text=attempt.get("note"), status=str(attempt["outcome"]),
                property_id=str(task.property_id),
            )  # fmt: skip


person.opens_tasks(carry)
