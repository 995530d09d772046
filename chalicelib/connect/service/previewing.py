"""The first rows of a file as they would be kept, before anything is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from chalicelib.connect.rules import ROW_BYTES_MAX
from chalicelib.connect.service.choosing import Choice, columns_of
from chalicelib.connect.service.imports import format_of
from chalicelib.connect.service.rows import ROW_FAULTS, Entry, entries_of, refused
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.imports import ImportRow, Staged
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

ROWS_SHOWN = 20  # enough to see what a column holds; beyond them the check of the whole file counts


@dataclass(frozen=True)
class ShownRow:
    """A row of the file, what would become of it, and its cells as they would be kept, by column."""

    number: int
    line: int
    staged: Staged
    kept: dict[str, str]


@dataclass(frozen=True)
class Preview:
    """How the columns of a file are read and what its first rows would be; no rows while it cannot be imported."""

    choice: Choice
    rows: list[ShownRow]


def preview_of(scope: Scope, import_id: str) -> Preview:
    """What an uploaded file would bring. Writes nothing. Raises NotFound, Conflict if it cannot be read at all."""
    choice = columns_of(scope, import_id)
    if choice.faults:
        return Preview(choice, [])
    entries = _first(choice)
    rows = [entry.row for entry in entries if entry.row is not None]
    given = {"property_id": str(choice.imported.property_id), "format": format_of(choice.imported)}
    staged = iter(_staged(scope, choice, rows, given))
    kept = iter(choice.kind.show(scope, rows, **given) if choice.kind.show else [dict(row.cells) for row in rows])
    return Preview(choice, [_shown(entry, staged, kept) for entry in entries])


def _first(choice: Choice) -> list[Entry]:
    header, source = choice.top.header, choice.source
    end = min(source.size, header.end + (ROWS_SHOWN + 1) * ROW_BYTES_MAX)
    places = header.end, end, header.records + 1, header.lines + 1
    return list(islice(entries_of(source, header, choice.top.encoding, *places), ROWS_SHOWN)) if end > places[0] else []


def _staged(scope: Scope, choice: Choice, rows: Sequence[ImportRow], given: dict[str, object]) -> list[Staged]:
    """What would become of the rows: together, as each may change what the next one meets; else each by itself."""
    stage = choice.kind.stage
    try:
        return list(stage(scope, Unit(scope), rows, **given)) if rows else []
    except ROW_FAULTS:
        return [_alone(scope, choice, row, given) for row in rows]


def _alone(scope: Scope, choice: Choice, row: ImportRow, given: dict[str, object]) -> Staged:
    try:
        return choice.kind.stage(scope, Unit(scope), [row], **given)[0]
    except ROW_FAULTS as error:
        return refused(error)


def _shown(entry: Entry, staged: Iterator[Staged], kept: Iterator[dict[str, str]]) -> ShownRow:
    if entry.row is None:
        return ShownRow(entry.number, entry.line, Staged("rejected", reason=entry.fault), {})
    return ShownRow(entry.number, entry.line, next(staged), next(kept))
