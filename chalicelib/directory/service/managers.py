"""Who manages a property: whose task it is what the property owes its guests in person."""

from __future__ import annotations

from chalicelib.directory.models import Staff
from chalicelib.directory.service import granting
from chalicelib.directory.service.catalogue import remembered
from chalicelib.kernel.scope import Scope

MANAGER = "property_manager"


def manager_of(scope: Scope, property_id: str) -> str | None:
    """Id of the active manager of a property; of several the one with the fewest properties, then the longest there.

    The chain's staff are read once, then remembered for some seconds.
    """
    fitting = [
        (len(one.property_ids), str(one.id))
        for one in remembered(scope, "managers", lambda: _managers(scope))
        if property_id in one.property_ids
    ]
    return min(fitting)[1] if fitting else None


def staff_at(scope: Scope, property_id: str) -> list[Staff]:
    """The active staff who work for a property and whom the caller sees, by name. The same list, remembered as long."""
    everybody = remembered(scope, "staff", lambda: [one for one in Staff.every(scope.chain_id) if not one.is_disabled])
    found = [
        one
        for one in everybody
        if (one.property_ids is None or property_id in one.property_ids) and granting.is_seen(scope, one.property_ids)
    ]
    return sorted(found, key=lambda one: str(one.name))


def _managers(scope: Scope) -> list[Staff]:
    return [
        one for one in Staff.every(scope.chain_id) if one.role == MANAGER and not one.is_disabled and one.property_ids
    ]
