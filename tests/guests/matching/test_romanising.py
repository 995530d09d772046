"""Characters and Latin letters: readings, surnames read otherwise, Wade–Giles, Hong Kong."""

from __future__ import annotations

import pytest

from chalicelib.guests.matching import hanzi, romanising
from chalicelib.guests.matching.hanzi import HanName, han_name


@pytest.mark.parametrize(
    ("characters", "letters"),
    [("小明", "xiaoming"), ("乐乐", "lele"), ("丽华", "lihua"), ("女", "nv"), ("女", "nu"), ("绿", "lyu")],
)
def test_pinyin_spells_characters(characters: str, letters: str) -> None:
    assert hanzi.spells_pinyin(characters, letters)


@pytest.mark.parametrize(
    ("characters", "letters"), [("小明", "xiaohong"), ("小明", "xiaomin"), ("小明", "ming"), ("", "")]
)
def test_pinyin_of_something_else_does_not(characters: str, letters: str) -> None:
    assert not hanzi.spells_pinyin(characters, letters)


@pytest.mark.parametrize(
    ("syllable", "wade"),
    [
        ("zhi", "chih"),
        ("xu", "hsu"),
        ("xie", "hsieh"),
        ("cai", "tsai"),
        ("guo", "kuo"),
        ("duo", "to"),
        ("luo", "lo"),
        ("zhong", "chung"),
        ("jian", "chien"),
        ("ren", "jen"),
        ("he", "ho"),
        ("ye", "yeh"),
        ("si", "szu"),
        ("shuo", "shuo"),
        ("xiong", "hsiung"),
        ("de", "te"),
    ],
)
def test_wade_giles(syllable: str, wade: str) -> None:
    assert wade in romanising.to_wade(syllable)


def test_wade_giles_is_read_back() -> None:
    assert "zhiming" in romanising.pinyin_from_wade(("chih", "ming"))
    assert romanising.pinyin_from_wade(("smith",)) == frozenset()


@pytest.mark.parametrize(
    ("character", "hong_kong"),
    [
        ("陈", "chan"),
        ("张", "cheung"),
        ("欣", "yan"),
        ("家", "ka"),
        ("华", "wah"),
        ("志", "chi"),
        ("国", "kwok"),
        ("源", "yuen"),
    ],
)
def test_hong_kong(character: str, hong_kong: str) -> None:
    assert hong_kong in romanising.in_any_way(character)


@pytest.mark.parametrize(
    ("surname", "reading"), [("单", "shan"), ("仇", "qiu"), ("万俟", "moqi"), ("尉迟", "yuchi"), ("欧阳", "ouyang")]
)
def test_surnames_have_readings_of_their_own(surname: str, reading: str) -> None:
    assert reading in romanising.surname_in_pinyin(surname)


def test_one_spelling_stands_for_several_surnames() -> None:
    assert {"王", "黄", "汪"} <= romanising.surnames_by_spelling()["wong"]
    assert "李" in romanising.surnames_by_spelling()["lee"]


def test_traditional_characters_become_simplified() -> None:
    assert romanising.simplify("張國榮 歐陽 鍾漢良") == "张国荣 欧阳 钟汉良"
    assert romanising.simplify("于范余沈") == "于范余沈"  # surnames that are characters of their own


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (("王", "小明"), HanName("王", "小明")),
        (("小明", "王"), HanName("王", "小明")),
        (("王小明", ""), HanName("王", "小明")),
        (("王小明", "小明"), HanName("王", "小明")),
        (("", "王小明先生"), HanName("王", "小明", "male")),
        (("王女士", ""), HanName("王", "", "female")),
        (("歐陽", "娜娜"), HanName("欧阳", "娜娜")),
        (("", "欧阳娜娜"), HanName("欧阳", "娜娜")),
        (("欧阳", ""), HanName("欧阳", "")),
        (("", "小明"), HanName("", "小明")),
        (("爱新觉罗溥仪", ""), HanName("爱新觉罗", "溥仪")),
    ],
)
def test_a_name_is_found_in_its_cells(cells: tuple[str, str], name: HanName) -> None:
    assert han_name(*cells) == name


def test_syllables() -> None:
    assert romanising.is_pinyin("xiaoming") and romanising.syllables_of("xiaoming") == 2
    assert not romanising.is_pinyin("smith") and romanising.syllables_of("smith") == 0


def test_southern_ears() -> None:
    assert romanising.blurred("zhang") == romanising.blurred("zan")
    assert romanising.blurred("nina") == romanising.blurred("lila")
