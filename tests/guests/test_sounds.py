"""How names sound, for finding them: one reading a character, made from matching's readings and held to them."""

from __future__ import annotations

import pytest

from chalicelib.guests.matching import romanising
from chalicelib.guests.rules import sounds
from chalicelib.guests.rules.lookups import meaning_of
from infra.quality import sounds as made


def test_the_table_is_made_from_matchings_readings() -> None:
    assert made.TARGET.read_text(encoding="utf-8") == made.module_text()


@pytest.mark.parametrize("character", "王小明张偉歐李娜静华國")
def test_the_commonest_reading(character: str) -> None:
    assert sounds.reading(character) == romanising.pinyin_of(romanising.simplify(character))[0]


def test_what_has_no_reading() -> None:
    assert [sounds.reading(one) for one in ("a", "ゆ", "é", "😀", "\U00020000")] == [""] * 5
    assert (sounds.initials("田中ゆき"), sounds.initials("王"), sounds.initials("Wang")) == ("", "", "")


@pytest.mark.parametrize(
    ("name", "family_first", "given_first"),
    [
        ("单雄", "shanxiong", "danxiong"),
        ("單雄", "shanxiong", "danxiong"),
        ("曾明", "zengming", "cengming"),
        ("尉迟恭", "yuchigong", "weichigong"),
        ("王小明", "wangxiaoming", "wangxiaoming"),
        ("田中ゆき", "tianzhongゆき", "tianzhongゆき"),
    ],
)
def test_a_surname_has_its_own_reading(name: str, family_first: str, given_first: str) -> None:
    assert sounds.spell(name, is_surname_first=True) == family_first
    assert sounds.spell(name, is_surname_first=False) == given_first


def test_the_beginning_of_a_name_sounds_like_its_beginning() -> None:
    for name in ("单雄信", "王小明", "歐陽娜娜", "田中ゆき"):
        whole = sounds.spell(name, is_surname_first=True)
        assert all(whole.startswith(sounds.spell(name[:end], is_surname_first=True)) for end in range(2, len(name) + 1))


@pytest.mark.parametrize(
    ("query", "folded", "initials", "email", "phone", "number"),
    [
        ("wxm", "wxm", "wxm", "", "", ""),
        ("WXM", "wxm", "wxm", "", "", ""),
        ("silva", "silva", "", "", "", ""),  # five letters: no initials
        ("lü bu", "lv bu", "", "", "", ""),
        ("Müller", "muller", "", "", "", ""),
        ("Ａna@Guests.example", "", "", "ana@guests.example", "", ""),
        ("+351 912-345", "", "", "", "+351 912-345", "+351 912-345"),
        ("402", "", "", "", "", "402"),
        ("G-1042", "g 1042", "", "", "", "G-1042"),
    ],
)
def test_what_a_query_may_mean(query: str, folded: str, initials: str, email: str, phone: str, number: str) -> None:
    found = meaning_of(query)
    assert (found.folded, found.initials, found.email, found.phone, found.number) == (
        folded, initials, email, phone, number,
    )  # fmt: skip
