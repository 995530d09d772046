"""Nobody grants, or takes over, more than they hold. Staff and API keys are both guarded here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.directory import rules
from chalicelib.directory.service import catalogue
from chalicelib.kernel.errors import FieldError, Forbidden
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope

MORE_THAN_HELD = N_("You can only grant what you hold yourself.")
STRONGER = N_("You cannot change somebody who may do more than you.")


def unknown_properties(scope: Scope, property_ids: Sequence[str] | None) -> tuple[FieldError, ...]:
    """An error for each property that the caller does not see, as if it did not exist."""
    if not property_ids:
        return ()
    known = {one.id for one in catalogue.properties(scope)}
    return tuple(
        FieldError(f"/property_ids/{index}", N_("There is no such property."), "unknown")
        for index, property_id in enumerate(property_ids)
        if property_id not in known
    )


def require_grantable(scope: Scope, permissions: Sequence[str], property_ids: Iterable[str] | None) -> None:
    """Raise Forbidden, naming the fields, if a grant holds something that the caller lacks."""
    if rules.lies_within(permissions, property_ids, scope.permissions, scope.property_ids):
        return
    errors = [
        FieldError(f"/permissions/{index}", MORE_THAN_HELD, "not_held")
        for index, permission in enumerate(permissions)
        if permission not in scope.permissions
    ]
    if not rules.lies_within((), property_ids, scope.permissions, scope.property_ids):
        errors.append(FieldError("/property_ids", MORE_THAN_HELD, "not_held"))
    raise Forbidden(MORE_THAN_HELD, errors=tuple(errors))


def require_not_stronger(scope: Scope, permissions: Iterable[str], property_ids: Iterable[str] | None) -> None:
    """Raise Forbidden for one who may do more than the caller: changing them would be becoming them."""
    if not rules.lies_within(permissions, property_ids, scope.permissions, scope.property_ids):
        raise Forbidden(STRONGER)


def is_seen(scope: Scope, property_ids: Iterable[str] | None) -> bool:
    """Whether a limited caller sees a member of staff or a key: one who works for a property of theirs."""
    if scope.property_ids is None:
        return True
    return property_ids is not None and scope.sees_any(frozenset(property_ids))
