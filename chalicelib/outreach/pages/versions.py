"""What pages of policies say of versions: until when each held, and who made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.scope import Scope


def ends_of(known: Sequence[Any]) -> dict[int, Any]:
    """When each version ended, by number: with the one after it. The last has no end. `known` is by number."""
    return {before.number: after.valid_from for before, after in pairwise(known)}


def makers_of(scope: Scope, made: Iterable[Any]) -> Mapping[str, str]:
    """The names of those who made versions, by id, as far as the reader may know; a program has none."""
    found: dict[str, str] = {}
    for one in {str(version.made_by) for version in made if version.made_by}:
        try:
            found[one] = str(directory.staff_of(scope, one).name)
        except NotFound:
            continue
    return found
