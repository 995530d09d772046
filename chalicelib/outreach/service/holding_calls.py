"""Keeps guests for whom people have something to do from being removed when an import is undone."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models.calls import Task

HAS_TASKS = N_("Calls or other tasks for the guest are on record.")


def guests_with_tasks(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests with a task on record."""
    found = Task.occupied(map(scope.key, guest_ids))
    return {one: HAS_TASKS for one in guest_ids if scope.key(one) in found}
