"""How Chinese names sound, as far as finding them needs it: pinyin without tones, and its initials.

One reading a character, the commonest, but surnames as surnames are read: 单 shan, 仇 qiu, 解 xie. ü is `v`, as people
type it. Whether two names may be read alike is `matching`'s affair, which knows every reading.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from chalicelib.guests.rules.sounds_data import READINGS, SURNAMES, SYLLABLES

FIRST, LAST = "\u4e00", "\u9fff"
SURNAME_CHARACTERS_MAX = 4  # 爱新觉罗
CHARACTERS_CACHED = 4_096  # of those that occur in names
SPOKEN_LETTERS = 6  # the longest syllable: zhuang

_ENTRY = re.compile("([^a-z ]+)([a-z]+)")


@lru_cache(maxsize=CHARACTERS_CACHED)
def reading(character: str) -> str:
    """The commonest reading of a Chinese character; nothing for any other, and for the rare ones without one."""
    if not FIRST <= character <= LAST:
        return ""
    place = 2 * (ord(character) - ord(FIRST))
    return _syllables()[26 * (ord(READINGS[place]) - 97) + ord(READINGS[place + 1]) - 97]


def has_readings(text: str) -> bool:
    """Whether any character of a text is a Chinese one."""
    return not text.isascii() and any(FIRST <= character <= LAST for character in text)


def spell(text: str, *, is_surname_first: bool) -> str:
    """A text with its Chinese characters in pinyin: 王小明 → wangxiaoming. All else stays as it is.

    What a name begins with is spelt as the name's beginning is, so that beginnings find it.
    """
    start, spoken = _surname(text) if is_surname_first else (0, "")
    return spoken + "".join(reading(character) or character for character in text[start:])


def initials(text: str) -> str:
    """The first letters of the readings, family name first: 王小明 → wxm. Nothing unless all of it is Chinese."""
    start, spoken = _surname(text)
    letters = [reading(character)[:1] for character in text]
    if start:
        letters[0] = spoken[0]  # 尉迟 is y and c, though 尉 alone is w
    return "".join(letters) if len(letters) > 1 and all(letters) else ""


def surname(text: str) -> str:
    """The surname that a Chinese name begins with: one character, or more of the known ones."""
    return text[: max(1, _surname(text)[0])]


def first_syllable(letters: str) -> str:
    """The longest syllable of pinyin that Latin letters begin with, or nothing."""
    known = _known()
    return next((letters[:end] for end in range(SPOKEN_LETTERS, 0, -1) if letters[:end] in known), "")


# -- inside ------------------------------------------------------------------------------------------------


def _surname(text: str) -> tuple[int, str]:
    """How many characters a surname with a reading of its own takes at the beginning, and the reading."""
    known = _surnames()
    for length in range(SURNAME_CHARACTERS_MAX, 0, -1):
        if text[:length] in known:
            return min(length, len(text)), known[text[:length]]
    return 0, ""


@cache
def _syllables() -> tuple[str, ...]:
    return ("", *SYLLABLES.split(" "))


@cache
def _known() -> frozenset[str]:
    return frozenset(SYLLABLES.split(" "))


@cache
def _surnames() -> dict[str, str]:
    return dict(_ENTRY.findall(SURNAMES))
