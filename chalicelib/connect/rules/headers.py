"""Reads the top of a file: its encoding, its delimiter, and which column means what."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping

from chalicelib.connect.rules.limits import COLUMNS_MAX, HEADER_BYTES_MAX
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.text import fold, neutralise_formula

DELIMITERS = (",", ";", "\t")
UTF_8, GB18030 = "utf-8", "gb18030"
ERROR_COLUMN = "error"  # of files of rejected rows
SHOWN_COLUMNS_MAX = 20  # of a list of columns in a sentence

_MARKS = {b"\xef\xbb\xbf": UTF_8, b"\x84\x31\x95\x33": GB18030}
_WORD_BREAKS = re.compile(r"[\s_\-./]+")

_FOREIGN = (
    (b"PK\x03\x04", N_("This is an Excel workbook. Save it as CSV UTF-8 and upload that file.")),
    (b"\xd0\xcf\x11\xe0", N_("This is an Excel workbook. Save it as CSV UTF-8 and upload that file.")),
    (b"\xff\xfe", N_("This file is UTF-16. Save it as CSV UTF-8 and upload that file.")),
    (b"\xfe\xff", N_("This file is UTF-16. Save it as CSV UTF-8 and upload that file.")),
    (b"\x1f\x8b", N_("This file is compressed. Upload the CSV file itself.")),
)


class Unreadable(InvalidValue):
    """The file as a whole cannot be imported; the reason is a sentence for whoever uploaded it."""


@dataclass(frozen=True)
class Header:
    """The header row: its cells as written, what each column means (None: nothing known), and where rows begin."""

    cells: tuple[str, ...]
    names: tuple[str | None, ...]
    delimiter: str
    end: int  # bytes
    records: int  # records up to and including it: blank lines before it count
    lines: int

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headers that mean nothing to us; their cells are ignored."""
        cells = zip(self.cells, self.names, strict=True)
        return tuple(cell for cell, name in cells if name is None and cell and header_key(cell) != ERROR_COLUMN)

    @property
    def is_ours(self) -> bool:
        """Whether the file is one of ours, of rejected rows, that has been repaired."""
        return is_ours(self.cells)


@dataclass
class Evidence:
    """What the lines with characters beyond ASCII tell of the encoding."""

    utf8: int = 0  # lines that are UTF-8
    other: int = 0  # lines that are not
    gb18030: int = 0  # those of them that are GB18030

    def note(self, line: bytes) -> None:
        """Take a line, not wholly ASCII, into account."""
        if _is_text(line, UTF_8):
            self.utf8 += 1
            return
        self.other += 1
        self.gb18030 += _is_text(line, GB18030)


def refuse_foreign(start: bytes) -> None:
    """Raise Unreadable for the beginning of a file that is no CSV file at all."""
    for mark, reason in _FOREIGN:
        if start.startswith(mark):
            raise Unreadable(reason)


def mark_length(start: bytes) -> int:
    """How many bytes of byte-order mark a file begins with."""
    return max((len(mark) for mark in _MARKS if start.startswith(mark)), default=0)


def encoding_of(start: bytes, wanted: str, evidence: Evidence) -> str:
    """The encoding of a file: its mark, what the uploader said, or what most lines are.

    Text in GB18030 is hardly ever valid UTF-8 by chance, while text in UTF-8 often passes for GB18030; so UTF-8 is
    given up only when most lines speak against it and GB18030 explains most of those.
    """
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    if wanted != "auto":
        return wanted
    is_gb = evidence.other > evidence.utf8 and evidence.gb18030 * 2 > evidence.other
    return GB18030 if is_gb else UTF_8


def header_key(text: str) -> str:
    """The form in which headers are compared: `External ID`, `external_id` and `ＥＸＴＥＲＮＡＬ－ＩＤ` are one."""
    return _WORD_BREAKS.sub("", fold(text).strip("\ufeff"))


def read_header(
    start: bytes, *, encoding: str, delimiter: str, known: Mapping[str, str], required: Collection[str], is_whole: bool
) -> Header:
    """The header in the first bytes of a file, as `find_header` finds it, with nothing that `check_header` refuses."""
    header = find_header(start, encoding=encoding, delimiter=delimiter, known=known, is_whole=is_whole)
    check_header(header, required)
    return header


def find_header(start: bytes, *, encoding: str, delimiter: str, known: Mapping[str, str], is_whole: bool) -> Header:
    """The header in the first bytes of a file. `known` maps header keys to column names.

    `delimiter` is one of DELIMITERS or `auto`: the one that makes most columns known. Raises Unreadable for an empty
    file, and for a header that is too long or too wide.
    """
    mark = mark_length(start)
    body = start[mark : mark + HEADER_BYTES_MAX]
    is_cut = not is_whole or mark + HEADER_BYTES_MAX < len(start)
    candidates = DELIMITERS if delimiter == "auto" else (delimiter,)
    found = [_header_by(body, one, encoding, known, is_cut) for one in candidates]
    best = max((one for one in found if one), key=_worth, default=None)
    if best is None or (None in found and _worth(best)[0] == 0):
        raise Unreadable(_no_header(body, is_cut))
    header = Header(best.cells, best.names, best.delimiter, best.end + mark, best.records, best.lines)
    if len(header.cells) > COLUMNS_MAX:
        raise Unreadable(N_("The file has more than %(limit)d columns."), limit=COLUMNS_MAX)
    return header


def _header_by(body: bytes, delimiter: str, encoding: str, known: Mapping[str, str], is_cut: bool) -> Header | None:
    lines = body.splitlines(True)
    if is_cut and lines:
        lines.pop()  # it may go on beyond what we look at
    reader = csv.reader([line.decode(encoding, "replace") for line in lines], delimiter=delimiter, strict=True)
    try:
        for number, record in enumerate(reader, start=1):
            if any(cell.strip() for cell in record):
                cells = tuple(cell.strip().strip("\ufeff") for cell in record)
                cells = tuple(map(restored, cells)) if is_ours(cells) else cells
                names = tuple(known.get(header_key(cell)) for cell in cells)
                end = sum(map(len, lines[: reader.line_num]))
                return Header(cells, names, delimiter, end, number, reader.line_num)
    except csv.Error:
        return None
    return None


def is_ours(cells: Iterable[str]) -> bool:
    """Whether a header has the column that files of rejected rows have."""
    return any(header_key(cell) == ERROR_COLUMN for cell in cells)


def restored(cell: str) -> str:
    """A cell of a file of rejected rows without the mark that kept a spreadsheet from running it as a formula."""
    return cell[1:] if cell.startswith("'") and neutralise_formula(cell[1:]) == cell else cell


def _no_header(body: bytes, is_cut: bool) -> str:
    if not body.strip():
        return N_("The file is empty: there is no header row.")
    if is_cut:
        return N_("The header row is longer than 64 KB.")
    return N_("The header row cannot be read: its quotation marks do not match.")


def _worth(header: Header) -> tuple[int, int]:
    return sum(name is not None for name in header.names), len(header.cells)


def check_header(header: Header, required: Collection[str]) -> None:
    """Raise Unreadable for a column that occurs twice, and for required columns that are missing."""
    seen: dict[str, str] = {}
    for cell, name in zip(header.cells, header.names, strict=True):
        if name is not None and name in seen:
            raise Unreadable(
                N_("The columns “%(first)s” and “%(second)s” mean the same."), first=seen[name], second=cell
            )
        if name is not None:
            seen[name] = cell
    missing = [name for name in required if name not in seen]
    if missing:
        raise Unreadable(
            N_("Required columns are missing: %(columns)s."), columns=", ".join(missing[:SHOWN_COLUMNS_MAX])
        )


def _is_text(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
