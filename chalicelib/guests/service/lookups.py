"""What contexts on higher floors add to a desk's lookup through `ports`: ways to find a guest by what only they know,
and tiers. So a lookup stays two round trips deep whatever is added to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.guests.ports import FINDERS, TIERS, Asked, Hit, Read
from chalicelib.kernel.scope import Scope

__all__ = ["Asked", "Hit", "Read", "reads_of", "tiers_of"]


def reads_of(scope: Scope, asked: Asked) -> list[Read]:
    """Everything that the other contexts want to read."""
    return [read for finder in FINDERS.values() for read in finder(scope, asked)]


def tiers_of(scope: Scope, guest_ids: Iterable[str]) -> Mapping[str, str]:
    """The tiers of some guests, of those who hold one."""
    return TIERS[0](scope, guest_ids) if TIERS else {}
