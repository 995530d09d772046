"""The map of hashes says what a dictionary says, also where keys meet in one place, and after it was kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.connect.rules.hashes import Hashes

HASH = st.integers(min_value=0, max_value=2**64 - 1)
# Many that belong to the same few places of a small table, and its last one.
CROWDED = st.builds(lambda high, low: (high << 12) | low, st.integers(0, 2**52 - 1), st.sampled_from([0, 1, 4095]))


@given(st.lists(st.tuples(HASH | CROWDED, HASH), max_size=200))
def test_as_a_dictionary(pairs: list[tuple[int, int]]) -> None:
    known = {(key or 1): value for key, value in pairs}
    found = Hashes()
    for key, value in pairs:
        found.put(key, value)
    again = Hashes(found.content())
    for one in (found, again):
        assert len(one) == len(known)
        assert {key: one.get(key) for key in known} == known
        assert one.get(0) == known.get(1)
    assert found.get(12345678901) == known.get(12345678901)


def test_it_grows() -> None:
    found = Hashes()
    for number in range(1, 20_001):
        found.put(number * 0x9E3779B97F4A7C15 % 2**64, number)
    assert len(found) == 20_000
    assert all(found.get(number * 0x9E3779B97F4A7C15 % 2**64) == number for number in range(1, 20_001))
    assert len(found.content()) == 16 * 2**16  # the next power of two at three fifths


def test_what_is_no_content_is_refused() -> None:
    for content in (b"x", b"x" * 16 * 3):
        with pytest.raises(ValueError, match="not the content"):
            Hashes(content)
