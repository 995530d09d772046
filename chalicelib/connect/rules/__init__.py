"""Pure decisions of an import: limits, lines, records, headers, encodings, and what a run may do next. No I/O."""

from chalicelib.connect.rules.headers import (
    ERROR_COLUMN,
    Evidence,
    Header,
    Unreadable,
    check_header,
    encoding_of,
    find_header,
    header_key,
    mark_length,
    read_header,
    refuse_foreign,
    restored,
)
from chalicelib.connect.rules.limits import (
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    HEADER_BYTES_MAX,
    ROW_BYTES_MAX,
    ROWS_MAX,
)
from chalicelib.connect.rules.lines import BLOCK_BYTES, Lines
from chalicelib.connect.rules.records import FAULT_LONG, FAULT_TEXT, RecordReader, lenient_cells
from chalicelib.connect.rules.rejections import Rejected, column_of, said
from chalicelib.connect.rules.runs import ACTIVE, MODES, OVER, Counts

__all__ = [
    "ACTIVE",
    "BLOCK_BYTES",
    "COLUMNS_MAX",
    "ERROR_COLUMN",
    "FAULT_LONG",
    "FAULT_TEXT",
    "FILE_BYTES_MAX",
    "HEADER_BYTES_MAX",
    "MODES",
    "OVER",
    "ROWS_MAX",
    "ROW_BYTES_MAX",
    "Counts",
    "Evidence",
    "Header",
    "Lines",
    "RecordReader",
    "Rejected",
    "Unreadable",
    "check_header",
    "column_of",
    "encoding_of",
    "find_header",
    "header_key",
    "lenient_cells",
    "mark_length",
    "read_header",
    "refuse_foreign",
    "restored",
    "said",
]
