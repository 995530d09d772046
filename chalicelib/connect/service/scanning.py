"""The scan: one pass over the file that finds its header, its encoding and where its chunks lie."""

from __future__ import annotations

import time
from typing import Any

from chalicelib.connect.models import ImportRecord, RunRecord
from chalicelib.connect.rules import (
    FAULT_LONG,
    ROWS_MAX,
    Lines,
    RecordReader,
    Unreadable,
    check_header,
    encoding_of,
)
from chalicelib.connect.rules.runs import RUNNING
from chalicelib.connect.service import plans, progress, tops
from chalicelib.connect.service.files import Source
from chalicelib.connect.service.kinds import Kind
from chalicelib.connect.service.plans import Chunk, Plan
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

CHUNK_BYTES = 1024**2  # what a worker holds in memory at a time
PAGE_CHUNKS = 500  # some 20 KB of an item


def scan(scope: Scope, run: RunRecord, imported: ImportRecord, kind: Kind, source: Source, until: float) -> bool:
    """Scan until the end of the file or the monotonic instant `until`; whether the end was reached.

    What has been found is stored page by page with the run's progress. Raises Unreadable for a file that cannot be
    imported as a whole, and Superseded.
    """
    plan = plans.plan_of(scope, run) or _begun(scope, source, imported, kind)
    return _Scanner(scope, run, imported, kind, source, plan).run_until(until)


class _Scanner:
    """One step of a scan."""

    def __init__(
        self, scope: Scope, run: RunRecord, imported: ImportRecord, kind: Kind, source: Source, plan: Plan
    ) -> None:
        self._scope = scope
        self._run = run
        self._imported = imported
        self._kind = kind
        self._source = source
        self._plan = plan
        self._chunks: list[Chunk] = []
        self._row = plan.row  # of the record being looked at
        self._begin_chunk(plan.at, plan.row, plan.line)

    def run_until(self, until: float) -> bool:
        plan, chunk_rows = self._plan, self._kind.chunk_rows
        lines = Lines(self._source.read, plan.at, self._source.size)
        header = plan.header
        reader = RecordReader(
            lines.more, self._decoded, header.delimiter, len(header.cells), at=plan.at, line=plan.line
        )
        for cells, fault in reader:
            if fault == FAULT_LONG:
                self._end_chunk(reader.start)
                self._chunks.append(Chunk(reader.start, reader.end, self._row, reader.line, 1, 1))
                plan.rows += 1
                self._rows = 0
            elif cells or fault:
                self._rows += 1
            self._row += 1
            if self._rows >= chunk_rows or reader.end - self._chunk_at >= CHUNK_BYTES or fault == FAULT_LONG:
                self._end_chunk(reader.end)
                self._begin_chunk(reader.end, self._row, reader.line + reader.lines)
                is_late = time.monotonic() > until
                if is_late or len(self._chunks) >= PAGE_CHUNKS:
                    self._save(is_over=False)
                if is_late:
                    return False
        self._end_chunk(self._source.size)
        self._begin_chunk(self._source.size, self._row, reader.line)
        self._decide_encoding()
        self._save(is_over=True)
        return True

    def _decoded(self, line: bytes) -> str:
        """The line with a character for each byte: records are the same in every encoding read here."""
        if not line.isascii():
            self._plan.evidence.note(line)
        return line.decode("latin-1")

    def _begin_chunk(self, at: int, row: int, line: int) -> None:
        self._chunk_at, self._chunk_row, self._chunk_line, self._rows = at, row, line, 0

    def _end_chunk(self, end: int) -> None:
        plan = self._plan
        if self._rows:
            self._chunks.append(Chunk(self._chunk_at, end, self._chunk_row, self._chunk_line, self._rows, 0))
            plan.rows += self._rows
        if plan.rows > ROWS_MAX:
            raise Unreadable(N_("The file has more than %(limit)d rows."), limit=ROWS_MAX)

    def _decide_encoding(self) -> None:
        """The encoding by all lines. Where it differs from the first opinion, the header is read anew."""
        start = self._source.read(0, min(tops.SAMPLE_BYTES, self._source.size))
        encoding = encoding_of(start, str(self._imported.encoding), self._plan.evidence)
        if encoding != self._plan.encoding:
            self._plan.encoding = encoding
            top = tops.read_as(self._scope, self._imported, self._kind, start, self._source.size, encoding)
            check_header(top.header, self._kind.required)
            self._plan.header, self._plan.origin = top.header, top.origin

    def _save(self, *, is_over: bool) -> None:
        plan = self._plan
        plan.at, plan.row, plan.line = self._chunk_at, self._chunk_row, self._chunk_line
        unit = Unit(self._scope)
        if self._chunks:
            plans.put_page(unit, self._run, plan.pages, self._chunks)
            plan.pages += 1
        plans.put_plan(unit, self._run, plan)
        reached: dict[str, Any] = {"state": RUNNING, "bytes_done": 0} if is_over else {"bytes_done": plan.at}
        progress.write(unit, self._run, {"rows_total": plan.rows, **reached})
        unit.commit()
        self._chunks = []


def _begun(scope: Scope, source: Source, imported: ImportRecord, kind: Kind) -> Plan:
    """The plan before the first row. Raises Unreadable if there is nothing to be read."""
    top = tops.top_of(scope, source, imported, kind)
    header = top.header
    check_header(header, kind.required)
    seen = tops.evidence_of(top.start.splitlines(True)[: header.lines])
    at = header.end, header.records + 1, header.lines + 1
    return Plan(header, top.encoding, *at, evidence=seen, origin=top.origin)
