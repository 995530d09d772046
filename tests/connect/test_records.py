"""Records are those of the csv module, at the same places for whoever reads a part; a broken one harms only itself."""

from __future__ import annotations

import csv
import io
from itertools import takewhile
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.connect.rules import lines, records
from chalicelib.connect.rules.limits import ROW_BYTES_MAX
from chalicelib.connect.rules.lines import Lines
from chalicelib.connect.rules.records import (
    FAULT_CELLS,
    FAULT_LONG,
    FAULT_QUOTES,
    FAULT_TEXT,
    RecordReader,
    lenient_cells,
)

CELL = st.text(st.sampled_from("a1\",;\t\n\r '|~王é€\u3000𠀀\x0b\x85\u2028"), max_size=6)


def records_of(
    content: bytes,
    width: int,
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    block_bytes: int = 4096,
    at: int = 0,
    end: int | None = None,
    line: int = 1,
) -> list[tuple[list[str], str | None, int, int, int]]:
    """Cells, fault, first and last byte, and line of every record."""

    def decode(text: bytes) -> str | None:
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            return None

    source = Lines(
        lambda start, stop: content[start:stop], at, len(content) if end is None else end, block_bytes=block_bytes
    )
    reader = RecordReader(source.more, decode, delimiter, width, at=at, line=line)
    return [(cells, fault, reader.start, reader.end, reader.line) for cells, fault in reader]


def faults(content: bytes, width: int = 3) -> list[tuple[int, str]]:
    """Line and fault of every record that cannot be read."""
    return [(line, fault) for _, fault, _, _, line in records_of(content, width) if fault]


def sound(content: bytes, width: int = 3) -> list[str]:
    """First cells of the records that can be read."""
    return [cells[0] for cells, fault, *_ in records_of(content, width) if cells and not fault]


def tables(width: int) -> st.SearchStrategy[list[list[str]]]:
    return st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=8)


@given(
    st.integers(1, 4).flatmap(tables),
    st.sampled_from(["utf-8", "gb18030"]),
    st.sampled_from([",", ";", "\t"]),
    st.integers(1, 40),
    # The writer quotes of its own accord only the line ends that it writes itself.
    st.sampled_from(
        [("\r\n", csv.QUOTE_MINIMAL), ("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_ALL), ("\r", csv.QUOTE_ALL)]
    ),
)
def test_any_table_is_read_as_the_csv_module_reads_it(
    table: list[list[str]], encoding: str, delimiter: str, block_bytes: int, style: tuple[str, int]
) -> None:
    ending, quoting = style
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows(table)
    content = target.getvalue().encode(encoding)
    expected = list(csv.reader(io.StringIO(target.getvalue(), newline=""), delimiter=delimiter))
    width = len(table[0]) if table else 1
    found = records_of(content, width, encoding=encoding, delimiter=delimiter, block_bytes=block_bytes)
    assert [cells for cells, *_ in found] == expected
    assert not any(fault for _, fault, *_ in found)
    assert b"".join(content[start:end] for _, _, start, end, _ in found) == content


@given(
    st.text(st.sampled_from('ab",\n\r'), max_size=40).map(str.encode),
    st.integers(1, 3),
    st.integers(1, 40),
    st.data(),
)
@example(b'a,b\n"c,d\ne,f\n', 2, 3, None)
def test_whoever_starts_at_a_record_reads_the_same(
    content: bytes, width: int, block_bytes: int, data: st.DataObject
) -> None:
    """The scan cuts the file at records; a worker that reads such a piece must come to the same rows and faults."""
    whole = records_of(content, width, block_bytes=block_bytes)
    assert b"".join(content[start:end] for _, _, start, end, _ in whole) == content
    if not whole:
        return
    first = data.draw(st.integers(0, len(whole) - 1)) if data else 1
    last = data.draw(st.integers(first, len(whole) - 1)) if data else len(whole) - 1
    begin, stop = whole[first][2], whole[last][3]
    piece = records_of(content, width, at=begin, end=stop, line=whole[first][4])
    assert piece == whole[first : last + 1]


@given(
    st.text(st.sampled_from('ab",\n'), max_size=60).map(str.encode), st.integers(2, 3), st.integers(1, 20), st.data()
)
def test_the_same_holds_where_rows_grow_too_long(
    content: bytes, width: int, block_bytes: int, data: st.DataObject
) -> None:
    """With limits so low that they are met all the time. The scan keeps over-long records out of every chunk."""
    with patch.multiple(records, ROW_BYTES_MAX=8, RECORD_BYTES_MAX=20), patch.object(lines, "ROW_BYTES_MAX", 8):
        whole = records_of(content, width, block_bytes=block_bytes)
        assert [start for _, _, start, _, _ in whole] == [0, *(end for _, _, _, end, _ in whole)][: len(whole)]
        assert not whole or whole[-1][3] == len(content)
        first = data.draw(st.integers(0, len(whole)))
        length = data.draw(st.integers(0, len(whole)))
        piece = list(takewhile(lambda record: record[1] != FAULT_LONG, whole[first : first + length]))
        if piece:
            again = records_of(content, width, at=piece[0][2], end=piece[-1][3], line=piece[0][4])
            assert again == piece


@given(st.text(st.sampled_from('ab",\n'), max_size=40).map(str.encode), st.integers(2, 3))
def test_every_line_that_is_sound_by_itself_is_read_or_lies_in_quotes(content: bytes, width: int) -> None:
    """Nothing is lost silently: every byte belongs to a record, and records without fault have the right width."""
    for cells, fault, start, end, _ in records_of(content, width):
        assert end > start
        assert (fault is None and len(cells) in (0, width)) or (fault is not None and cells == [])


def test_a_stray_quotation_mark_costs_one_row() -> None:
    rows = [f"r{number},x,y" for number in range(1, 50)]
    rows[9] = 'r10,"x,y'
    rows[20] = 'r21,x,"'
    rows[30] = '"r31"x,x,y'
    content = "\n".join(rows).encode()
    assert faults(content) == [(10, FAULT_QUOTES), (21, FAULT_QUOTES), (31, FAULT_QUOTES)]
    assert sound(content) == [f"r{number}" for number in range(1, 50) if number not in (10, 21, 31)]


def test_a_quotation_mark_that_never_closes_costs_one_row_however_long_the_file() -> None:
    rows = ['r0,"x,y', *(f"r{number},x,y" for number in range(1, 20_000))]
    content = "\n".join(rows).encode()
    assert faults(content) == [(1, FAULT_QUOTES)]
    assert len(sound(content)) == 19_999


def test_two_stray_marks_far_apart_cost_two_rows() -> None:
    rows = [f"r{number},x,y" for number in range(20_000)]
    rows[10] = 'r10,"x,y'
    rows[19_000] = 'r19000,"x,y'
    content = "\n".join(rows).encode()
    assert faults(content) == [(11, FAULT_QUOTES), (19_001, FAULT_QUOTES)]
    assert len(sound(content)) == 19_998


def test_marks_inside_an_unquoted_cell_are_text() -> None:
    assert records_of(b'a,5" pipe,c\n', 3)[0][0] == ["a", '5" pipe', "c"]


def test_quoted_line_ends_stay_in_the_cell_and_lines_are_counted() -> None:
    content = b'a,"one\r\ntwo\n\nfive",c\r\nb,x,y\r\n'
    assert [(cells, line) for cells, _, _, _, line in records_of(content, 3)] == [
        (["a", "one\r\ntwo\n\nfive", "c"], 1),
        (["b", "x", "y"], 5),
    ]


@pytest.mark.parametrize("row", [b"a,b\n", b"a,b,c,d\n", b"a\n", b'a,"b\nc"\n'])
def test_ragged_rows_are_one_fault(row: bytes) -> None:
    content = b"1,2,3\n" + row + b"4,5,6\n"
    assert faults(content) == [(2, FAULT_CELLS)]
    assert sound(content) == ["1", "4"]


def test_blank_lines_are_no_rows_but_count() -> None:
    content = b"1,2,3\n\n\r\n4,5,6\n"
    assert [(cells, line) for cells, _, _, _, line in records_of(content, 3)] == [
        (["1", "2", "3"], 1),
        ([], 2),
        ([], 3),
        (["4", "5", "6"], 4),
    ]


@pytest.mark.parametrize("long_cell", [b"x" * ROW_BYTES_MAX, b"x" * 10_000_000], ids=["row", "10 MB"])
@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_row_that_is_too_long_costs_itself(long_cell: bytes, quote: bytes) -> None:
    content = b"1,2,3\na," + quote + long_cell + quote + b",c\n4,5,6\n"
    assert faults(content) == [(2, FAULT_LONG)]
    assert sound(content) == ["1", "4"]
    assert records_of(content, 3)[2][4] == 3


def test_a_long_quoted_cell_of_many_lines_is_one_row() -> None:
    text = b"a line of a long note\n" * 100_000
    content = b'1,2,3\na,"' + text + b'",c\n4,5,6\n'
    assert faults(content) == [(2, FAULT_LONG)]
    assert sound(content) == ["1", "4"]
    assert records_of(content, 3)[2][4] == 100_003


def test_rows_of_just_the_limit_are_read() -> None:
    row = b"a," + b"x" * (ROW_BYTES_MAX - 5) + b",c\n"
    assert len(row) == ROW_BYTES_MAX
    assert sound(row + b"4,5,6\n") == ["a", "4"]


def test_broken_bytes_cost_one_row() -> None:
    content = "1,王,3\n".encode() + b"a,\xff\xfe,c\n" + b"b,\xe7\x8e,c\n" + b'c,"\xff\nx",c\n' + "4,明,6\n".encode()
    assert faults(content) == [(2, FAULT_TEXT), (3, FAULT_TEXT), (4, FAULT_TEXT)]
    assert sound(content) == ["1", "4"]


def test_cells_of_a_broken_row_are_made_out_as_well_as_can_be() -> None:
    assert lenient_cells('a,"b,c', ",") == ["a", "b,c"]
    assert lenient_cells("a;b", ";") == ["a", "b"]
    assert lenient_cells("", ",") == []


def test_a_line_with_a_mark_in_every_row_is_read_in_reasonable_time() -> None:
    """Looking for the end of an open cell must not be repeated for every row."""
    content = b'a,b,"\n' * 20_000
    found = records_of(content, 3)
    assert sum(end - start for _, _, start, end, _ in found) == len(content)
