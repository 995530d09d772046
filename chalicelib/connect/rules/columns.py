"""Which column of a file means what: as the headers say, as was chosen for this file, or as was remembered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chalicelib.connect.rules.headers import ERROR_COLUMN, Header, header_key
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.i18n import N_

RECOGNISED, REMEMBERED, CHOSEN = "recognised", "remembered", "chosen"
ORIGINS = (RECOGNISED, REMEMBERED, CHOSEN)
FOR_NOBODY, FOR_PROPERTY, FOR_CHAIN = "nobody", "property", "chain"
KEPT_FOR = (FOR_NOBODY, FOR_PROPERTY, FOR_CHAIN)

Columns = Mapping[str, str | None]  # by header key: the column's name, or None for a column that is passed over


def keys_of(header: Header) -> list[str]:
    """What a file is known again by: its headers, in whatever order they stand and however they are written."""
    return sorted({header_key(cell) for cell in header.cells} - {"", ERROR_COLUMN})


def applied(header: Header, columns: Columns) -> Header:
    """The header read as `columns` say; a header that they do not name is read as before."""
    names = (columns.get(header_key(cell), name) for cell, name in zip(header.cells, header.names, strict=True))
    return replace(header, names=tuple(names))


def chosen(header: Header, pairs: Sequence[tuple[str, str | None]], known: Collection[str]) -> dict[str, str | None]:
    """What somebody chose, by header key. Raises Invalid for what the file or the kind does not have, and repeats."""
    own = {header_key(cell) for cell in header.cells} - {""}
    found: dict[str, str | None] = {}
    errors: list[FieldError] = []
    for number, (written, column) in enumerate(pairs):
        key = header_key(written)
        if key not in own:
            errors.append(FieldError(f"/columns/{number}/header", N_("The file has no such column."), "unknown"))
        elif key in found:
            errors.append(FieldError(f"/columns/{number}/header", N_("This column is named twice."), "repeated"))
        if column is not None and column not in known:
            errors.append(FieldError(f"/columns/{number}/column", N_("There is nothing of this name."), "unknown"))
        found[key] = column
    if errors:
        raise Invalid(errors=tuple(errors))
    return found


def faults(header: Header, required: Collection[str]) -> tuple[FieldError, ...]:
    """What keeps a file with these columns from being imported."""
    errors = []
    seen: set[str] = set()
    for name in header.names:
        if name is not None and name in seen:
            errors.append(
                FieldError("/columns", N_("Two columns are read as %(column)s."), "repeated", {"column": name})
            )
        elif name is not None:
            seen.add(name)
    for name in required:
        if name not in seen:
            errors.append(FieldError("/columns", N_("No column is read as %(column)s."), "missing", {"column": name}))
    return tuple(errors)
