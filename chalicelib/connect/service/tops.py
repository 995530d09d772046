"""The top of a file: its encoding, its delimiter, and what its columns mean to this chain."""

from __future__ import annotations

from chalicelib.connect import models
from chalicelib.connect.models import ColumnsRecord, ImportRecord
from chalicelib.connect.rules import (
    HEADER_BYTES_MAX,
    Evidence,
    Header,
    Unreadable,
    encoding_of,
    find_header,
    refuse_foreign,
)
from chalicelib.connect.rules.columns import CHOSEN, RECOGNISED, REMEMBERED, applied, keys_of
from chalicelib.connect.service.files import Source
from chalicelib.connect.service.kinds import Kind
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.scope import Scope

SAMPLE_BYTES = 4 * HEADER_BYTES_MAX  # enough for the header and a first opinion on the encoding

_DELIMITERS = {"auto": "auto", "tab": "\t"}


@dataclass(frozen=True)
class Top:
    """The beginning of a file as it is read. `memory` is what was remembered of its columns, taken or not."""

    start: bytes
    encoding: str
    header: Header
    origin: str
    memory: ColumnsRecord | None = None


def top_of(scope: Scope, source: Source, imported: ImportRecord, kind: Kind) -> Top:
    """The top of an uploaded file. Raises Unreadable if there is no header to be read."""
    if source.size == 0:
        raise Unreadable(N_("The file is empty: there is no header row."))
    start = source.read(0, min(SAMPLE_BYTES, source.size))
    refuse_foreign(start)
    lines = start.splitlines(True)
    whole = lines if len(start) == source.size else lines[:-1]
    encoding = encoding_of(start, str(imported.encoding), evidence_of(whole))
    return read_as(scope, imported, kind, start, source.size, encoding)


def read_as(scope: Scope, imported: ImportRecord, kind: Kind, start: bytes, size: int, encoding: str) -> Top:
    """The top of a file whose encoding is known.

    What was chosen for this file counts; else what its property remembers of such files, else what the chain does.
    """
    wanted = str(imported.delimiter)
    header = find_header(
        start,
        encoding=encoding,
        delimiter=_DELIMITERS.get(wanted, wanted),
        known=kind.known,
        is_whole=len(start) == size,
    )
    memory = models.remembered_columns(scope, str(imported.property_id), source_of(scope, imported, header))
    if imported.columns is not None:
        return Top(start, encoding, applied(header, imported.columns), CHOSEN, memory)
    if memory is not None:
        return Top(start, encoding, applied(header, _still_known(memory, kind)), REMEMBERED, memory)
    return Top(start, encoding, header, RECOGNISED)


def source_of(scope: Scope, imported: ImportRecord, header: Header) -> str:
    """What files of one source have in common. Headers may hold anything, so they are hashed."""
    fingerprint = keyed_hash(scope.chain_id, "columns", *keys_of(header))
    return f"{imported.kind}#{imported.system}#{fingerprint}"


def evidence_of(lines: list[bytes]) -> Evidence:
    """What some lines tell of the encoding."""
    evidence = Evidence()
    for line in lines:
        if not line.isascii():
            evidence.note(line)
    return evidence


def _still_known(memory: ColumnsRecord, kind: Kind) -> dict[str, str | None]:
    """What is remembered, without columns that a later version of the product has no more."""
    known = {column.name for column in kind.columns}
    return {key: name for key, name in dict(memory.columns).items() if name is None or name in known}
