"""The rejected rows of a run: paged for reading, and as a file to be corrected and imported again.

Only places and reasons are stored; what the cells hold is read from the uploaded file, so that personal data has no
second home that would have to be remembered.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.connect import models
from chalicelib.connect.models import RunRecord
from chalicelib.connect.rules import ERROR_COLUMN, Header, Rejected, Unreadable, header_key, lenient_cells
from chalicelib.connect.rules.repairs import Repairs
from chalicelib.connect.service import files, progress
from chalicelib.connect.service.files import Source
from chalicelib.connect.service.plans import Plan
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.text import neutralise_formula
from chalicelib.kernel.unit import Unit

WINDOW_BYTES = 1024**2  # rejected rows that lie together are read together, up to this
FIRST_GROUPS = 4  # a group may hold one rejected row or a thousand, so reading starts small
GROUPS_PER_READ = 50
PART_BYTES = 8 * 1024**2  # of the file, in memory at a time; S3 wants at least 5 MB
MARK = "\ufeff"  # tells Excel that the file is UTF-8


def rejected_after(scope: Scope, run: RunRecord, row: int, limit: int) -> tuple[list[Rejected], bool]:
    """The next rejected rows after the row `row`, at most `limit`, and whether there are more."""
    found: list[Rejected] = []
    after, groups = row, FIRST_GROUPS
    while len(found) <= limit:
        page = models.rejected_page(scope, str(run.id), limit=groups, after_row=after)
        groups *= 2
        for record in page.items:
            found += [one for one in map(Rejected.of_stored, record.rows) if one.row > row]
            after = int(record.last_row)
        if page.next_key is None:
            break
    return found[:limit], len(found) > limit


def cells_of(source: Source, plan: Plan, rejected: Iterable[Rejected]) -> Iterator[tuple[Rejected, list[str] | None]]:
    """Each row with its cells as well as they can be made out; None if the file or the row cannot be read."""
    window: list[Rejected] = []
    for one in rejected:
        if window and one.at + one.size - window[0].at > WINDOW_BYTES:
            yield from _read_together(source, plan, window)
            window = []
        window.append(one)
    if window:
        yield from _read_together(source, plan, window)


def _read_together(source: Source, plan: Plan, window: list[Rejected]) -> Iterator[tuple[Rejected, list[str] | None]]:
    begin = window[0].at
    end = max((one.at + one.size for one in window if one.size), default=begin)
    content = b""
    if end > begin:
        try:
            content = source.read(begin, end)
        except Unreadable:
            end = begin
    width, delimiter = len(plan.header.cells), plan.header.delimiter
    for one in window:
        if not one.size or one.at + one.size > end:
            yield one, None
            continue
        text = content[one.at - begin : one.at - begin + one.size].decode(plan.encoding, "replace").rstrip("\r\n")
        yield one, fitted(lenient_cells(text, delimiter), width, delimiter)


def fitted(cells: list[str], width: int, delimiter: str) -> list[str]:
    """Exactly `width` cells: missing ones empty, surplus ones within the last."""
    if len(cells) > width:
        return [*cells[: width - 1], delimiter.join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]


# -- the file --------------------------------------------------------------------------------------------------


class Report:
    """The CSV file of a run's rejected rows, put together in parts, so that its size does not matter.

    It has the columns of the uploaded file and an `error` column, the file's own delimiter, UTF-8 with a mark, and no
    cell that a spreadsheet would run as a formula.
    """

    def __init__(self, scope: Scope, run: RunRecord, plan: Plan, source: Source) -> None:
        self._scope = scope
        self._run = run
        self._plan = plan
        self._source = source
        self._state: dict[str, Any] = dict(run.report or {"after": 0, "upload_id": None, "tags": []})
        self._repairs = Repairs(self._state.get("repairs", ()))
        self._kept = kept_columns(plan.header)
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, delimiter=plan.header.delimiter)

    def assemble_until(self, until: float) -> bool:
        """Go on until the file is complete or the monotonic instant `until`; whether it is complete."""
        if self._state.get("key"):
            return True
        if not self._state["after"]:
            self._text.write(MARK)
            self._write([self._plan.header.cells[index] for index in self._kept], ERROR_COLUMN)
        while self._next_rows():
            if self._text.tell() >= PART_BYTES:
                self._store_part()
                if time.monotonic() > until:
                    return False
        self._finish()
        return True

    def _next_rows(self) -> bool:
        page = models.rejected_page(
            self._scope, str(self._run.id), limit=GROUPS_PER_READ, after_row=int(self._state["after"])
        )
        rejected = [Rejected.of_stored(row) for record in page.items for row in record.rows]
        for one, cells in cells_of(self._source, self._plan, rejected):
            shown = ["" if cells is None else cells[index] for index in self._kept]
            self._write(shown, one.said(str(self._run.language)))
            self._repairs.note(one)
            self._state["after"] = one.row
        return bool(rejected)

    def _write(self, cells: list[str], error: str) -> None:
        self._writer.writerow([neutralise_formula(cell) for cell in [*cells, error]])

    def _store_part(self) -> None:
        state = self._state
        if state["upload_id"] is None:
            state["upload_id"] = files.begin_parts(report_key(self._run))
        state["tags"] = [*state["tags"], self._put_part()]
        state["repairs"] = self._repairs.stored()
        unit = Unit(self._scope)
        progress.write(unit, self._run, {"report": dict(state)})
        unit.commit()

    def _put_part(self) -> str:
        number = len(self._state["tags"]) + 1
        content = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return files.put_part(report_key(self._run), self._state["upload_id"], number, content)

    def _finish(self) -> None:
        key = report_key(self._run)
        if self._state["upload_id"] is None:
            files.put(key, self._text.getvalue().encode())
        else:
            if self._text.tell():
                self._state["tags"] = [*self._state["tags"], self._put_part()]
            files.end_parts(key, self._state["upload_id"], self._state["tags"])
        unit = Unit(self._scope)
        progress.write(unit, self._run, {"report": {"key": key, "repairs": self._repairs.stored()}})
        unit.commit()


def kept_columns(header: Header) -> list[int]:
    """The columns that the report repeats: all but the `error` column of an earlier report."""
    return [index for index, cell in enumerate(header.cells) if header_key(cell) != ERROR_COLUMN]


def report_key(run: RunRecord) -> str:
    """Where the report lies in S3."""
    return f"{str(run.object_key).rsplit('/', 1)[0]}/{run.id}/rejected-rows.csv"
