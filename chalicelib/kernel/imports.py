"""Words shared by whoever reads a file (`connect`) and whoever owns what its rows say: columns, rows, outcomes.

A context offers `IMPORT_COLUMNS`, `IMPORT_GROUP_ROWS` and `stage_import(scope, unit, rows, *, property_id, format)`,
which adds the writes of one group of rows to the unit and answers one `Staged` for each row, in order. It may offer
`read_ahead(scope, rows, *, property_id, format)`: what that answers comes back to it as `ahead`; and, if its `Staged`
carry images, `stage_undo(scope, unit, images, *, seen)`, which answers one `Undone` for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, NamedTuple

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError

Outcome = Literal["created", "updated", "unchanged", "rejected"]


class ImportColumn(NamedTuple):
    """One column that a file may have. `label` and `help` are N_-marked English; `aliases` are further headers.

    A header is recognised by the name, the label in either language, or an alias (Chinese ones are written as such).
    """

    name: str
    label: str
    help: str
    example: str
    aliases: tuple[str, ...] = ()
    is_required: bool = False


@dataclass(frozen=True)
class ImportFormat:
    """How a file is written. `language` is the one in which its free values (countries, yes and no) are read first.

    `system` names whose numbers the external ids are: guests and stays of one source are joined by it. `numbers` says
    how far the guests' numbers reach: each property counts for itself (`property`), or one system counts for the whole
    chain (`chain`), so that a guest of two houses is one guest.
    """

    encoding: str = "auto"
    delimiter: str = "auto"
    language: str | None = None
    system: str = "import"
    numbers: str = "property"


@dataclass(frozen=True)
class ImportRow:
    """One row: its number in the file (the header is row 1) and its cells by column, as text, empty ones left out."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Staged:
    """What became of a row. `reason` is an N_-marked sentence, for rejected rows; `errors` names the columns."""

    outcome: Outcome
    record_id: str | None = None
    reason: str | None = None
    errors: tuple[FieldError, ...] = field(default=())
    image: Any = None  # JSON, of a row that changed something: by it the owner can take that back


UndoOutcome = Literal["removed", "restored", "kept"]


@dataclass(frozen=True)
class Undone:
    """What became of a record when an import was undone. `reason` and `fields` tell what was kept, and why."""

    outcome: UndoOutcome
    record_id: str
    reason: str | None = None
    fields: tuple[str, ...] = ()
