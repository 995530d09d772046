"""What the columns of a file mean: shown before a run, chosen by people, remembered for the next file of its source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.connect.models import CHAIN_WIDE, ColumnsRecord, ImportRecord
from chalicelib.connect.rules import Unreadable, header_key
from chalicelib.connect.rules import columns as rules
from chalicelib.connect.service import files, tops
from chalicelib.connect.service.imports import RUNS_NOW, get_import
from chalicelib.connect.service.kinds import Kind, kind_of
from chalicelib.connect.service.tops import Top
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, FieldError, Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

if TYPE_CHECKING:
    from chalicelib.connect.service.files import Source



@dataclass(frozen=True)
class Choice:
    """An import with the top of its file as it would be read now, and what keeps it from being imported."""

    imported: ImportRecord
    kind: Kind
    source: Source
    top: Top
    faults: tuple[FieldError, ...]


def columns_of(scope: Scope, import_id: str) -> Choice:
    """How the columns of an uploaded file would be read. Raises NotFound, Conflict if it cannot be read at all."""
    imported = get_import(scope, import_id)
    return _read(scope, imported)


def choose_columns(
    scope: Scope, import_id: str, pairs: Sequence[tuple[str, str | None]], keep_for: str = rules.FOR_PROPERTY
) -> Choice:
    """Say what columns mean, by header; those not named are read as before. Remembered for whom `keep_for` says.

    Raises Invalid for what the file or the kind does not have and for a choice by which nothing could be imported,
    Conflict while a run is under way.
    """
    if keep_for not in rules.KEPT_FOR:
        raise ValueError(f"nobody is called {keep_for}")
    imported = get_import(scope, import_id)
    if imported.active_run_id:
        raise Conflict(RUNS_NOW)
    if keep_for == rules.FOR_CHAIN and scope.property_ids is not None:
        raise Invalid.field("/keep_for", N_("Only head office decides for the whole chain."), "forbidden")
    kind, before = kind_of(str(imported.kind)), _read(scope, imported)
    told = rules.chosen(before.top.header, pairs, {column.name for column in kind.columns})
    header = rules.applied(before.top.header, told)
    errors = rules.faults(header, kind.required)
    if errors:
        raise Invalid(errors=errors)
    imported.columns = {header_key(cell): name for cell, name in zip(header.cells, header.names, strict=True) if cell}
    unit = Unit(scope)
    unit.update(imported)
    if keep_for != rules.FOR_NOBODY:
        unit.put(_memory(scope, imported, tops.source_of(scope, imported, header), keep_for))
    unit.audit("import.columns_chosen", import_id, keep_for=keep_for, count=len(told))
    unit.commit()
    return _read(scope, imported)


def _read(scope: Scope, imported: ImportRecord) -> Choice:
    kind = kind_of(str(imported.kind))
    source = files.uploaded(str(imported.object_key))
    try:
        top = tops.top_of(scope, source, imported, kind)
    except Unreadable as reason:
        raise Conflict(reason.reason, values=reason.values) from None
    return Choice(imported, kind, source, top, rules.faults(top.header, kind.required))


def _memory(scope: Scope, imported: ImportRecord, source: str, keep_for: str) -> ColumnsRecord:
    place = CHAIN_WIDE if keep_for == rules.FOR_CHAIN else str(imported.property_id)
    return ColumnsRecord(
        place_key=scope.key(place),
        source=source,
        columns=dict(imported.columns),
        import_id=imported.id,
        chosen_at=sortable(scope.now),
        chosen_by=scope.actor.id,
    )
