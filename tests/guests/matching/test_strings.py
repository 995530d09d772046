"""The distance of words is checked against its definition, cell by cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.guests.matching.strings import anagram, distance, is_slip, likeness, sound

words = st.text("abcd", max_size=9)


def by_definition(one: str, other: str) -> int:
    rows = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            changed = rows[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, changed)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


class TestDistance:
    @given(words, words)
    def test_is_the_optimal_string_alignment(self, one: str, other: str) -> None:
        assert distance(one, other) == by_definition(one, other)

    @given(words, words)
    def test_is_the_same_from_both_ends(self, one: str, other: str) -> None:
        assert distance(one, other) == distance(other, one)

    @pytest.mark.parametrize(
        ("one", "other", "slips"),
        [("smith", "smtih", 1), ("smith", "smit", 1), ("", "abc", 3), ("王小明", "王晓明", 1)],
    )
    def test_counts_slips(self, one: str, other: str, slips: int) -> None:
        assert distance(one, other) == slips

    def test_looks_at_the_beginning_of_long_words_only(self) -> None:
        assert distance("x" * 300 + "y", "x" * 300 + "z") == 0


class TestSlip:
    @pytest.mark.parametrize(("one", "other"), [("anna", "amna"), ("catherine", "cahterin"), ("silva", "sliva")])
    def test_is_what_fingers_do(self, one: str, other: str) -> None:
        assert is_slip(one, other)

    @pytest.mark.parametrize(("one", "other"), [("li", "lu"), ("anna", "emma"), ("silva", "costa")])
    def test_is_not_another_name(self, one: str, other: str) -> None:
        assert not is_slip(one, other)


class TestLikeness:
    def test_is_a_share(self) -> None:
        assert likeness("abcd", "abcx") == 0.75
        assert likeness("", "") == 1


class TestSound:
    @pytest.mark.parametrize(
        ("one", "other"),
        [("smith", "smyth"), ("meyer", "maier"), ("philip", "filip"), ("schmidt", "schmitt"), ("clark", "klark")],
    )
    def test_is_one_for_what_sounds_alike(self, one: str, other: str) -> None:
        assert sound(one) == sound(other) != ""

    def test_tells_names_apart(self) -> None:
        assert len({sound(name) for name in ("smith", "brown", "taylor", "garcia", "costa")}) == 5

    def test_is_empty_without_latin_letters(self) -> None:
        assert sound("王") == sound("") == ""


def test_anagram_forgets_order_and_spaces() -> None:
    assert anagram("wang xiao ming") == anagram("xiaomingwang") != anagram("wang xiao hong")
