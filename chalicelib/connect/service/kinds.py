"""The kinds of files that can be imported: a register of what the contexts below offer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from chalicelib.connect.rules import header_key
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import LANGUAGES, N_, translator
from chalicelib.kernel.imports import ImportColumn, Staged, Undone
from chalicelib.kernel.table import BATCH_GET_MAX

CHUNK_ROWS = 1000  # about; a whole number of groups, so that no group is cut at the end of a chunk

Stage = Callable[..., Sequence[Staged]]
ReadAhead = Callable[..., Any]
Undo = Callable[..., list[Undone]]
Show = Callable[..., list[dict[str, str]]]


@dataclass(frozen=True)
class Kind:
    """What the rows of a file are, and who stores them: `stage(scope, unit, rows, property_id=…, format=…)`.

    With `read_ahead(scope, rows, property_id=…, format=…)` the owner reads for several groups at once; what it answers
    is handed to the staging of those groups as `ahead`. It may be out of date by then, as any read may. With
    `show(scope, rows, property_id=…, format=…)` it tells how it would keep the cells of each row, by column; with
    `undo(scope, unit, images, seen=…)` it takes back what rows did, `undo_rows` of them in one transaction.
    """

    name: str
    columns: tuple[ImportColumn, ...]
    group_rows: int
    stage: Stage
    read_ahead: ReadAhead | None = None
    permission: str | None = None  # what the caller has to hold besides the right to import
    show: Show | None = None
    undo: Undo | None = None
    undo_rows: int = 1

    @property
    def groups_ahead(self) -> int:
        """How many groups are read for at once: as many rows as one batch read has keys."""
        return max(1, BATCH_GET_MAX // self.group_rows) if self.read_ahead else 1

    @property
    def chunk_rows(self) -> int:
        """How many rows are read from the file at a time."""
        return self.group_rows * max(1, CHUNK_ROWS // self.group_rows)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which a file is refused."""
        return tuple(column.name for column in self.columns if column.is_required)

    @cached_property
    def known(self) -> dict[str, str]:
        """Column names by header key: the name, the label in every language, and the aliases."""
        found: dict[str, str] = {}
        for column in self.columns:
            labels = (translator(language).gettext(column.label) for language in LANGUAGES)
            for header in (column.name, *labels, *column.aliases):
                owner = found.setdefault(header_key(header), column.name)
                if owner != column.name:
                    raise ValueError(f"the header {header!r} means {owner} and {column.name}")
        return found

    def sample(self, language: str) -> str:
        """A small file of this kind with headers in a language."""
        target = io.StringIO()
        writer = csv.writer(target)
        writer.writerow(translator(language).gettext(column.label) for column in self.columns)
        writer.writerow(column.example for column in self.columns)
        return target.getvalue()


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Offer a kind; a later one of the same name replaces it."""
    _KINDS[kind.name] = kind


def kind_of(name: str) -> Kind:
    """A kind by its name. Raises NotFound."""
    if name not in _KINDS:
        raise NotFound(N_("There is no such kind of import."))
    return _KINDS[name]
