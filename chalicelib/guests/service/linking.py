"""The one place where matching merges: two guests beyond doubt by itself, others as staff have decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.guests.models import Guest
from chalicelib.guests.rules import pairs
from chalicelib.guests.rules.pairs import Standing
from chalicelib.kernel.scope import Scope

Merge = Callable[..., Any]

_MERGE: list[Merge] = []


class NobodyMerges(LookupError):
    """This process was started without the use-case that merges."""


def merge_by(merge: Merge) -> None:
    """Say what merges."""
    _MERGE[:] = [merge]


def standing(guest: Guest) -> Standing:
    """What decides whether a guest survives."""
    return Standing(guest.id, len(guest.absorbed_ids or ()), len(guest.property_ids), guest.created_at)


def merged(
    scope: Scope,
    one: Guest,
    other: Guest,
    *,
    survivor_id: str | None = None,
    choices: Mapping[str, str] | None = None,
    reason: str,
    evidence: Mapping[str, Any],
) -> tuple[str, str]:
    """Merge two guests: the ids of the survivor and of the merge. Raises what the merge refuses."""
    if not _MERGE:
        raise NobodyMerges("nothing was handed over that merges")
    survivor, absorbed = pairs.survivor_of(standing(one), standing(other))
    if survivor_id is not None and survivor_id != survivor:
        survivor, absorbed = absorbed, survivor
    merge = _MERGE[0](
        scope,
        survivor_id=survivor,
        absorbed_id=absorbed,
        choices=dict(choices or {}),
        reason=reason,
        evidence=dict(evidence),
    )
    return survivor, str(getattr(merge, "id", merge))
