"""Rejected rows by what repairs them: one entry for each reason and column, with how many rows and where to look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from chalicelib.connect.rules.rejections import Rejected, column_of
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.i18n import N_

REPAIRS_MAX = 50  # more kinds of mistakes are read in the file itself; they have to fit into the run's item
OTHERS = N_("Other reasons: they are in the file.")


@dataclass
class Repair:
    """One thing to repair: in which column, what is wrong, in how many rows, and the first of them."""

    column: str
    detail: str
    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    rows: int = 0
    example_row: int = 0


class Repairs:
    """Counts rejected rows by repair. A row with two mistakes is counted under both."""

    def __init__(self, stored: Iterable[list[Any]] = ()) -> None:
        self._found = {(one[0], one[1]): Repair(*one) for one in stored}

    def note(self, rejected: Rejected) -> None:
        """Take a rejected row into account."""
        errors = rejected.errors or (FieldError("", rejected.reason or ""),)
        for key, error in {(column_of(one), one.detail): one for one in errors}.items():
            if key not in self._found and len(self._found) >= REPAIRS_MAX:
                key, error = ("", OTHERS), FieldError("", OTHERS, "others")
            found = self._found.setdefault(key, Repair(*key, error.code, dict(error.values), 0, rejected.row))
            found.rows += 1

    def stored(self) -> list[list[Any]]:
        """As it lies in an item, the most frequent first."""
        ordered = sorted(self._found.values(), key=lambda one: (-one.rows, one.example_row))
        return [[one.column, one.detail, one.code, dict(one.values), one.rows, one.example_row] for one in ordered]


def repairs_of(stored: Iterable[list[Any]]) -> list[Repair]:
    """What `Repairs.stored` wrote."""
    return [Repair(*one) for one in stored]
