"""What every write of the directory has in common: the version that was read, the fields that change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.kernel.errors import Forbidden, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record

if TYPE_CHECKING:
    from pydantic import BaseModel


def require_version(record: Record, expected_version: int) -> None:
    """Raise Stale unless the record is the one that the caller has read."""
    if int(record.version) != expected_version:
        raise Stale()


def require_whole_chain(scope: Scope) -> None:
    """Raise Forbidden for a caller limited to some properties: what concerns the chain is not theirs to change."""
    if scope.property_ids is not None:
        raise Forbidden(N_("This concerns the whole chain, and you are limited to some of its properties."))


def given(patch: BaseModel) -> dict[str, Any]:
    """The fields that the caller sent, null included."""
    return patch.model_dump(exclude_unset=True)


def apply(record: Record, changes: Mapping[str, Any]) -> list[str]:
    """Set what differs on the record and answer the names of those fields, in order."""
    changed = sorted(name for name, value in changes.items() if getattr(record, name) != value)
    for name in changed:
        setattr(record, name, changes[name])
    return changed
