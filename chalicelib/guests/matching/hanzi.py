"""Names in Chinese characters: without honorifics, simplified, split into surname and given name, spelt in Latin."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from chalicelib.guests.matching import romanising
from chalicelib.guests.matching.data.spellings import COMPOUND_SURNAMES, SURNAME_READINGS, SURNAME_SPELLINGS
from chalicelib.guests.matching.data.titles import HAN_TITLES
from chalicelib.guests.matching.strings import distance

NAME_LENGTH_MAX = 8  # characters; longer text in Chinese is no person's name
NAMES_CACHED = 16_384

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HAN_RUNS = re.compile(f"[{HAN}]+(?:[·・•][{HAN}]+)*")
_TITLES = sorted(HAN_TITLES, key=len, reverse=True)


@dataclass(frozen=True)
class HanName:
    """A Chinese name, simplified. Either part may be empty."""

    family: str = ""
    given: str = ""
    gender: str = ""

    @property
    def whole(self) -> str:
        """As it is written, family name first."""
        return self.family + self.given


def han_in(text: str) -> str:
    """The Chinese characters of a text."""
    return "".join(_HAN_RUNS.findall(text))


def without_han(text: str) -> str:
    """The rest of a text."""
    return _HAN_RUNS.sub(" ", text)


@lru_cache(maxsize=NAMES_CACHED)
def han_name(family: str, given: str, whole: str = "") -> HanName:
    """The Chinese name in two cells or in one: 王小明, 欧阳 娜娜, 王小明先生.

    Parts that stand in each other's cell are put right.
    """
    family, given, whole = (romanising.simplify(han_in(text)) for text in (family, given, whole))
    family, family_gender = _without_title(family)
    given, given_gender = _without_title(given)
    whole, whole_gender = _without_title(whole)
    gender = family_gender or given_gender or whole_gender
    if family and given:
        if len(family) > len(given) and family.endswith(given):
            family = family.removesuffix(given)  # the family cell holds the whole name
        elif is_surname(given) and not is_surname(family):
            family, given = given, family
    elif family or given or whole:
        longest = max((whole, family, given), key=len)
        if longest == given and not is_surname(given[:1]) and given[:2] not in COMPOUND_SURNAMES:
            return HanName("", given[:NAME_LENGTH_MAX], gender)
        family, given = _split(longest, is_family_only=longest == family)
    return HanName(family[:NAME_LENGTH_MAX], given[:NAME_LENGTH_MAX], gender)


def is_surname(text: str) -> bool:
    """Whether a word is a Chinese surname that we know as one."""
    return text in SURNAME_SPELLINGS or text in COMPOUND_SURNAMES or text in SURNAME_READINGS


def sounds_same(one: str, other: str) -> bool:
    """Whether two names of one length may be read alike: 晓明 and 小明."""
    if len(one) != len(other) or not one:
        return False
    return all(a == b or romanising.in_pinyin(a) & romanising.in_pinyin(b) for a, b in zip(one, other, strict=True))


def pinyin(text: str) -> str:
    """A name in pinyin without spaces, each character in its commonest reading."""
    return "".join(next(iter(romanising.pinyin_of(character)), "") for character in text)


def surname_pinyin(surname: str) -> str:
    """A surname in pinyin, as it is read as a surname."""
    return SURNAME_READINGS.get(surname, "").split(" ")[0] or pinyin(surname)


def spells_pinyin(characters: str, letters: str) -> bool:
    """Whether Latin letters are the pinyin of the characters, in any of their readings."""
    return _spells(characters, letters, romanising.in_pinyin)


def spells_any(characters: str, letters: str) -> bool:
    """Whether Latin letters spell the characters in pinyin, Wade–Giles or Hong Kong's way, also mixed."""
    return _spells(characters, letters, romanising.in_any_way)


def nearly_spells(characters: str, letters: str) -> bool:
    """Whether Latin letters are the pinyin with one slip, and are not the pinyin of something else."""
    return len(letters) > 3 and not romanising.is_pinyin(letters) and distance(pinyin(characters), letters) == 1


def are_initials(characters: str, letters: str) -> bool:
    """Whether Latin letters are the initials of the characters: xm for 小明; also only the first of them."""
    if not characters or not letters or len(letters) > len(characters):
        return False
    return all(
        any(spelling.startswith(letter) for spelling in romanising.in_any_way(character))
        for character, letter in zip(characters, letters, strict=False)
    )


# -- inside ------------------------------------------------------------------------------------------------


def _without_title(text: str) -> tuple[str, str]:
    for title in _TITLES:
        if text.endswith(title):
            return text.removesuffix(title), HAN_TITLES[title]
    return text, ""


def _split(text: str, *, is_family_only: bool) -> tuple[str, str]:
    if text[:2] in COMPOUND_SURNAMES and (len(text) > 2 or is_family_only):
        return text[:2], text[2:]
    if text[:4] in COMPOUND_SURNAMES:
        return text[:4], text[4:]
    return text[:1], text[1:]


def _spells(characters: str, letters: str, ways: Callable[[str], frozenset[str]]) -> bool:
    """Walk through the characters, keeping every place in the letters that may be reached."""
    reached = {0}
    for character in characters:
        spellings = ways(character)
        reached = {at + len(one) for at in reached for one in spellings if one and letters.startswith(one, at)}
        if not reached:
            return False
    return bool(characters) and len(letters) in reached
