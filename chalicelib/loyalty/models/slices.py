"""Slices of lots as entries and redemptions keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chalicelib.loyalty.rules.lots import Slice, Terms


def stored(slices: Iterable[Slice]) -> list[dict[str, Any]] | None:
    """Slices as an entry keeps them."""
    kept = [
        {
            "lot": one.terms.id,
            "points": one.points,
            "earned_on": one.terms.earned_on.isoformat(),
            "expires_on": one.terms.expires_on.isoformat() if one.terms.expires_on else None,
            "property_id": one.terms.property_id,
            "funding_owner": one.terms.funding_owner,
            "source": one.terms.source,
        }
        for one in slices
    ]
    return kept or None


def slice_of(kept: Mapping[str, Any]) -> Slice:
    """A slice as it was before it was stored."""
    terms = Terms(
        str(kept["lot"]),
        date.fromisoformat(kept["earned_on"]),
        date.fromisoformat(kept["expires_on"]) if kept["expires_on"] else None,
        kept["property_id"],
        str(kept["funding_owner"]),
        str(kept["source"]),
    )
    return Slice(terms, int(kept["points"]))
