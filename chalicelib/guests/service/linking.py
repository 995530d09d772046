"""The one place where matching merges: two guests beyond doubt by itself, others as staff have decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.guests.models import Guest, Merge
from chalicelib.guests.rules import pairs
from chalicelib.guests.rules.pairs import Standing
from chalicelib.guests.service.merging import merge
from chalicelib.kernel.scope import Scope


def standing(guest: Guest) -> Standing:
    """What decides whether a guest survives."""
    return Standing(guest.id, len(guest.absorbed_ids or ()), len(guest.property_ids or ()), guest.created_at)


def likely_survivor(one: Guest, other: Guest) -> str:
    """Which of two guests survives, unless somebody chooses."""
    return pairs.survivor_of(standing(one), standing(other))[0]


def merged(
    scope: Scope,
    one: Guest,
    other: Guest,
    *,
    survivor_id: str | None = None,
    choices: Mapping[str, str] | None = None,
    reason: str,
    evidence: Mapping[str, Any],
) -> Merge:
    """Merge two guests as they were read. Raises what the merge refuses."""
    survivor, absorbed = (one, other) if (survivor_id or likely_survivor(one, other)) == one.id else (other, one)
    return merge(
        scope,
        survivor.id,
        absorbed.id,
        choices,
        reason,
        evidence=evidence,
        survivor_version=int(survivor.version),
        absorbed_version=int(absorbed.version),
    )
