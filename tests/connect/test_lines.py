"""Lines are cut as the csv module means them, wherever blocks end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connect.rules.limits import ROW_BYTES_MAX
from chalicelib.connect.rules.lines import Lines, LongLine


def lines_of(content: bytes, block_bytes: int, at: int = 0) -> list[bytes]:
    lines = Lines(lambda start, end: content[start:end], at, len(content), block_bytes=block_bytes)
    found: list[bytes] = []
    while more := lines.more():
        found += more
    return found


@given(
    st.binary(max_size=60).map(lambda raw: raw.translate(bytes(b"ab\n\r"[i % 4] for i in range(256)))),
    st.integers(1, 9),
)
def test_blocks_of_any_size_give_the_same_lines(content: bytes, block_bytes: int) -> None:
    assert lines_of(content, block_bytes) == content.splitlines(True)


def test_reading_starts_where_it_is_told() -> None:
    assert lines_of(b"ab\ncd\nef", 2, at=3) == [b"cd\n", b"ef"]


@given(
    st.lists(
        st.sampled_from([1, 5, ROW_BYTES_MAX - 1, ROW_BYTES_MAX, ROW_BYTES_MAX + 1, 3 * ROW_BYTES_MAX]), max_size=5
    ),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.integers(ROW_BYTES_MAX // 3, 2 * ROW_BYTES_MAX),
    st.booleans(),
)
def test_long_lines_are_passed_over_and_their_size_is_known(
    lengths: list[int], ending: bytes, block_bytes: int, is_ended: bool
) -> None:
    content = ending.join(b"x" * length for length in lengths) + (ending if is_ended and lengths else b"")
    found = lines_of(content, block_bytes)
    expected = [len(line) for line in content.splitlines(True)]
    assert [line.size if isinstance(line, LongLine) else len(line) for line in found] == expected
    assert all(len(line) <= ROW_BYTES_MAX + 1 for line in found if isinstance(line, LongLine))


def test_a_line_of_any_length_needs_the_memory_of_a_row() -> None:
    size = 40 * 1024 * 1024
    asked: list[int] = []

    def read(start: int, end: int) -> bytes:
        asked.append(end - start)
        return b"x" * (end - start)

    (line,) = Lines(read, 0, size, block_bytes=1024 * 1024).more()
    assert isinstance(line, LongLine)
    assert line.size == size and len(line) == ROW_BYTES_MAX + 1
    assert max(asked) == 1024 * 1024


def test_no_byte_of_a_longer_character_looks_like_structure() -> None:
    structure = set(b'\n\r",;\t')
    for code in [*range(0x80, 0xD800), *range(0xE000, 0x110000, 7)]:
        for encoding in ("utf-8", "gb18030"):
            assert structure.isdisjoint(chr(code).encode(encoding)), hex(code)
