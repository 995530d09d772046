"""Finds the records of a CSV file as Python's strict csv reader does, and survives what it would not.

A record is given with its place in the file. One that cannot be read is given with a fault: where a quotation mark
opens and never closes properly, only the line it stands in is lost, and reading goes on with the next line.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

from chalicelib.connect.rules.limits import RECORD_BYTES_MAX, ROW_BYTES_MAX
from chalicelib.connect.rules.lines import LongLine
from chalicelib.kernel.i18n import N_

FAULT_QUOTES = N_("The quotation marks of this row do not match.")
FAULT_CELLS = N_("This row has another number of cells than the header.")
FAULT_LONG = N_("This row is longer than 32 KB.")
FAULT_TEXT = N_("This row holds bytes that are not text in the file's encoding.")

Decode = Callable[[bytes], str | None]  # None: these bytes are not text
More = Callable[[], list[bytes]]


class RecordReader:
    """The records from a place in a file on. Iterating gives `(cells, fault)`; blank lines are `([], None)`.

    While a record is in the caller's hands, `start` and `end` are its bytes in the file and `line` its first line,
    `lines` how many it has. `width` is the number of cells that a record must have.
    """

    def __init__(self, more: More, decode: Decode, delimiter: str, width: int, *, at: int, line: int) -> None:
        self._more = more
        self._decode = decode
        self._delimiter = delimiter
        self._width = width
        self.start = self.end = at
        self.line = line
        self.lines = 0
        self._held: list[bytes] = []  # from the first line of the present record on
        self._first = 0  # index of that line
        self._next = 0  # index of the line to be read next
        self._taken = 0  # bytes of the present record so far
        self._is_broken = False
        self._is_cut = False  # the record grew beyond what a row may have, so feeding stopped
        self._is_stopped = False  # the csv reader has asked for more than there was

    def __iter__(self) -> Iterator[tuple[list[str], str | None]]:
        while True:
            yield from self._sound()
            # The csv reader met the end of what it was fed: of the file, or of what a row may have.
            if self._next == self._first and not self._is_cut:
                return
            yield [], self._cut_off()

    # -- inside ------------------------------------------------------------------------------------------------

    def _sound(self) -> Iterator[tuple[list[str], str | None]]:
        """Records until feeding stops, with those faults after which the csv reader can go on."""
        reader = csv.reader(self._feed(), delimiter=self._delimiter, strict=True)
        self._is_cut = False
        while True:
            self._begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                if self._is_stopped:
                    return
                yield [], self._first_line_only()
                continue
            if len(cells) == self._width or not cells:
                self._settle(self._next - self._first, self._taken)
                yield cells, (FAULT_TEXT if self._is_broken else None)
            elif self._next - self._first > 1 and self._has_swallowed_rows():
                yield [], self._first_line_only()
            else:
                self._settle(self._next - self._first, self._taken)
                yield [], FAULT_CELLS

    def _begin(self) -> None:
        self.start = self.end
        self.line += self.lines
        self.lines = 0
        self._first = self._next
        self._taken = 0
        self._is_broken = False
        self._is_stopped = False

    def _feed(self) -> Iterator[str]:
        """Lines for the csv reader, one at a time as it asks for them, so that `_next` is where a record ends."""
        while self._next < len(self._held) or self._extend():
            line = self._held[self._next]
            if self._taken + len(line) > ROW_BYTES_MAX:
                self._is_cut = True
                break
            self._next += 1
            self._taken += len(line)
            text = self._decode(line)
            if text is None:
                self._is_broken = True
                text = line.decode("latin-1")
            yield text
        self._is_stopped = True

    def _extend(self) -> bool:
        """Hold the next lines of the file too; lines before the present record are let go."""
        fresh = self._more()
        self._held = self._held[self._first :] + fresh
        self._next -= self._first
        self._first = 0
        return bool(fresh)

    def _settle(self, lines: int, size: int) -> None:
        """The present record has `lines` lines of `size` bytes; the next one begins after them."""
        self._next = self._first + lines
        self.lines = lines
        self.end = self.start + size

    def _first_line_only(self) -> str:
        self._settle(1, len(self._held[self._first]))
        return FAULT_QUOTES

    def _cut_off(self) -> str:
        """Judge a record whose quoted cell was still open when feeding stopped, or whose first line is too long."""
        first = self._held[self._first]
        if isinstance(first, LongLine) or len(first) > ROW_BYTES_MAX:
            self._settle(1, _size(first))
            return FAULT_LONG
        if not self._is_cut or self._has_swallowed_rows():
            return self._first_line_only()
        size, index = len(first), self._first + 1
        is_open = True
        while size <= RECORD_BYTES_MAX:
            if index == len(self._held):
                index -= self._first
                if not self._extend():
                    break
            line = self._held[index]
            size += _size(line)
            index += 1
            is_open ^= bool(line.count(b'"') % 2)
            if not is_open or isinstance(line, LongLine):
                self._settle(index - self._first, size)
                return FAULT_LONG
        return self._first_line_only()

    def _has_swallowed_rows(self) -> bool:
        """Whether a later line of the record is a sound row by itself: then the first holds a stray mark."""
        if self._width < 2:
            return self._next - self._first > 1
        for line in self._held[self._first + 1 : self._next]:
            try:
                rows = list(csv.reader([line.decode("latin-1")], delimiter=self._delimiter, strict=True))
            except csv.Error:
                continue
            if rows and len(rows[0]) == self._width:
                return True
        return False


def lenient_cells(text: str, delimiter: str) -> list[str]:
    """The cells of a row that was rejected, as well as they can be made out."""
    try:
        rows = list(csv.reader(text.splitlines(True), delimiter=delimiter))
    except csv.Error:
        return [text]
    return [cell for row in rows for cell in row]


def _size(line: bytes) -> int:
    return line.size if isinstance(line, LongLine) else len(line)
