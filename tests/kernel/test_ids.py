"""Ids: their shape, their order, and what they stand for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel import ids


class TestNew:
    def test_shape(self) -> None:
        one = ids.new_id("gst")
        assert ids.is_id(one, "gst") and not ids.is_id(one, "sty") and one == one.lower()

    def test_no_two_are_alike(self) -> None:
        assert len({ids.new_id("gst") for _ in range(2000)}) == 2000

    def test_later_ones_sort_after_earlier_ones(self) -> None:
        made = []
        for year in (1970, 2026, 2027, 5000):
            with time_machine.travel(datetime(year, 3, 4, tzinfo=UTC), tick=False):
                made.append(ids.new_id("gst"))
        assert made == sorted(made)

    def test_the_instant_is_in_it(self) -> None:
        # A worked example of the ULID specification: 01ARZ3NDEK is 1469922850259 ms.
        with time_machine.travel(1469922850.259, tick=False):
            assert ids.new_id("gst").startswith("gst_01arz3ndek")


class TestContent:
    @given(st.binary(min_size=16, max_size=16))
    def test_there_and_back(self, content: bytes) -> None:
        one = ids.id_of("sup", content)
        assert ids.is_id(one, "sup") and ids.content_of(one, "sup") == content

    def test_ends(self) -> None:
        assert ids.id_of("sup", bytes(16)) == "sup_" + "0" * 26
        assert ids.id_of("sup", b"\xff" * 16) == "sup_7" + "z" * 25

    @pytest.mark.parametrize("text", ["", "sup_", "sup_8" + "0" * 25, "sup_" + "i" * 26, "dlv_" + "0" * 26, "0" * 26])
    def test_what_is_no_such_id(self, text: str) -> None:
        assert ids.content_of(text, "sup") is None
