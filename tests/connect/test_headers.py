"""The top of a file: encoding, delimiter, and which column means what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connect.rules import (
    COLUMNS_MAX,
    HEADER_BYTES_MAX,
    Evidence,
    Header,
    Unreadable,
    encoding_of,
    header_key,
    mark_length,
    read_header,
    refuse_foreign,
)
from chalicelib.connect.service import KINDS

KNOWN = {"externalid": "external_id", "编号": "external_id", "name": "name", "姓名": "name"}


def header_of(start: bytes, **given_values: Any) -> Header:
    values = {"encoding": "utf-8", "delimiter": "auto", "known": KNOWN, "required": ["external_id"], "is_whole": True}
    return read_header(start, **{**values, **given_values})


def refusal_of(start: bytes, **given_values: Any) -> str:
    with pytest.raises(Unreadable) as caught:
        header_of(start, **given_values)
    return str(caught.value)


@pytest.mark.parametrize(
    "text", ["external_id", "External ID", " EXTERNAL-ID ", "external.id", "ＥＸＴＥＲＮＡＬ　ＩＤ"]
)
def test_headers_are_compared_without_their_dress(text: str) -> None:
    assert header_key(text) == "externalid"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_makes_columns_known(delimiter: str) -> None:
    header = header_of(delimiter.join(["External ID", "x", "姓名"]).encode() + b"\nrest")
    assert header.delimiter == delimiter
    assert header.names == ("external_id", None, "name")
    assert header.unknown == ("x",)


def test_a_delimiter_that_is_told_is_believed() -> None:
    assert "missing" in refusal_of(b"external_id;name\n", delimiter=",")


def test_the_header_ends_where_the_rows_begin() -> None:
    start = b'\xef\xbb\xbf\r\n"External ID","Na\nme"\r\n1,2'
    header = header_of(start, known={**KNOWN, "name": "name"})
    assert start[header.end :] == b"1,2"
    assert (header.records, header.lines) == (2, 3)
    assert header.names == ("external_id", "name")


def test_a_header_in_gb18030() -> None:
    assert header_of("编号,姓名\n".encode("gb18030"), encoding="gb18030").names == ("external_id", "name")


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n\r\n  \n"])
def test_an_empty_file_is_told_so(start: bytes) -> None:
    assert "empty" in refusal_of(start)


def test_missing_columns_are_named() -> None:
    assert "external_id" in refusal_of(b"name,colour\n")


def test_two_columns_of_one_meaning_are_refused() -> None:
    assert refusal_of("external_id,编号\n".encode()) == "The columns “external_id” and “编号” mean the same."


def test_too_many_columns() -> None:
    assert str(COLUMNS_MAX) in refusal_of(b"external_id," + b",".join(b"c%d" % i for i in range(COLUMNS_MAX)))
    assert header_of(b"external_id," + b",".join(b"c%d" % i for i in range(COLUMNS_MAX - 1))).names[0]


def test_a_header_that_does_not_end() -> None:
    assert "longer than 64 KB" in refusal_of(b"external_id," + b"x" * HEADER_BYTES_MAX, is_whole=False)
    assert "longer than 64 KB" in refusal_of(b'"external_id,' + b"x\n" * HEADER_BYTES_MAX)


def test_a_long_first_row_is_not_taken_for_the_header() -> None:
    assert header_of(b"external_id,name\n1," + b"x" * HEADER_BYTES_MAX, is_whole=False).end == 17


def test_broken_marks_in_the_header() -> None:
    assert "quotation marks" in refusal_of(b'external_id,"name\n')


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (b"PK\x03\x04..", "Excel"),
        (b"\xd0\xcf\x11\xe0", "Excel"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"\x1f\x8b", "compressed"),
    ],
)
def test_files_that_are_no_csv_are_told_what_they_are(start: bytes, word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        refuse_foreign(start)


def verdict(lines: list[bytes], start: bytes = b"", wanted: str = "auto") -> str:
    evidence = Evidence()
    for line in lines:
        evidence.note(line)
    return encoding_of(start, wanted, evidence)


def test_a_mark_decides() -> None:
    assert verdict(["王".encode("gb18030")] * 3, start=b"\xef\xbb\xbfa") == "utf-8"
    assert verdict(["王".encode()] * 3, start=b"\x84\x31\x95\x33a") == "gb18030"
    assert mark_length(b"\x84\x31\x95\x33a") == 4


def test_the_uploader_decides() -> None:
    assert verdict(["王".encode()] * 3, wanted="gb18030") == "gb18030"


def test_a_few_broken_lines_do_not_make_it_another_encoding() -> None:
    assert verdict(["小明".encode()] * 10 + [b"\xff\xfe", "小明".encode("gb18030")]) == "utf-8"


def test_what_is_neither_is_read_as_utf_8() -> None:
    assert verdict([b"Jos\xe9,x"] * 3) == "utf-8"
    assert verdict([]) == "utf-8"


NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=8)


@given(st.lists(NAMES, min_size=20, max_size=20), st.sampled_from(["utf-8", "gb18030"]))
def test_chinese_names_tell_their_encoding(names: list[str], encoding: str) -> None:
    assert verdict([f"1,{name},x".encode(encoding) for name in names]) == encoding


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_knows_its_own_sample(kind: Any) -> None:
    for language in ("en", "zh"):
        sample = kind.sample(language).encode()
        header = read_header(
            sample, encoding="utf-8", delimiter="auto", known=kind.known, required=kind.required, is_whole=True
        )
        assert header.unknown == ()
        assert header.names == tuple(column.name for column in kind.columns)
