"""The one way in which a run is written: under the condition that nobody else has written it meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import copy
from typing import Any

from chalicelib.connect.models import RunRecord
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.unit import Unit


class Superseded(Conflict):
    """The run was continued or ended by somebody else; whoever meets this stops."""

    type, title = "superseded", N_("Somebody else is at work on this run")


def write(unit: Unit, run: RunRecord, changes: Mapping[str, Any], *, is_exact: bool = True) -> None:
    """Add changes of the run to the unit, on condition that it is as it was read. None removes an attribute.

    Broken, the condition raises Superseded. After the commit the record in hand is as the stored one. Without
    `is_exact` only the state has to be the same: for whoever ends a run that a worker is writing all the time.
    """
    after = copy(run)
    after.attribute_values = {**run.attribute_values, **changes}
    if is_exact:
        unit.update(after, refusal=Superseded())  # every write of a run raises its version
    else:
        after.version = int(run.version) + 1
        _amend(unit, run, changes)

    def apply() -> None:
        run.attribute_values = after.attribute_values

    unit.after(apply)


def _amend(unit: Unit, run: RunRecord, changes: Mapping[str, Any]) -> None:
    """Change a run wherever its worker is by now."""
    names = {"#version": "version", "#state": "state"}
    values: dict[str, Any] = {":state": {"S": run.state}, ":one": {"N": "1"}}
    assigned, removed = [], []
    for name, value in changes.items():
        names[f"#{name}"] = name
        if value is None:
            removed.append(f"#{name}")
        else:
            values[f":{name}_new"] = _stored(value)
            assigned.append(f"#{name} = :{name}_new")
    expression = " ".join(
        ["ADD #version :one"]
        + ([f"SET {', '.join(assigned)}"] if assigned else [])
        + ([f"REMOVE {', '.join(removed)}"] if removed else [])
    )
    unit.amend(
        RunRecord,
        (str(run.import_key), str(run.id)),
        expression,
        names=names,
        values=values,
        condition="#state = :state",
        refusal=Superseded(),
    )


def check(run: RunRecord) -> None:
    """Raise Superseded if somebody else has written the run since."""
    now = RunRecord.find(str(run.import_key), str(run.id))
    if now is None or int(now.version) != int(run.version):
        raise Superseded()


def _stored(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": value if isinstance(value, str) else json.dumps(value)}
