"""How a Chinese character may be written in Latin letters: pinyin, Wade–Giles, and Hong Kong's way for Cantonese."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from chalicelib.guests.matching.data.readings import (
    CANTONESE,
    MANDARIN,
    MANDARIN_OTHERWISE,
    SIMPLIFIED,
    TRADITIONAL,
)
from chalicelib.guests.matching.data.spellings import (
    CANTONESE_FINALS,
    CANTONESE_INITIALS,
    SURNAME_READINGS,
    SURNAME_SPELLINGS,
    WADE_E_STAYS,
    WADE_FINALS,
    WADE_INITIALS,
    WADE_UO,
    WADE_WHOLE,
)

SYLLABLES_CACHED = 16_384
SYLLABLE_LENGTH_MAX = 6  # zhuang

_ROW = re.compile("([a-z]+)([^a-z ]+)")
_SIMPLIFY = str.maketrans(TRADITIONAL, SIMPLIFIED)
# Variants that Unicode does not call simplified, though names are written with both.
_SIMPLIFY |= str.maketrans("鍾鐘餘昇喆峯堃濶邨嶽祐恆曁鉅晧彙淼", "钟钟余升哲峰坤阔村岳佑恒暨巨皓汇渺")
_INITIAL = re.compile("zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]|")
_JYUTPING_INITIAL = re.compile("gw|kw|ng(?=[a-z])|[bpmfdtnlgkhwzcsj]|")


def simplify(text: str) -> str:
    """Chinese text in the characters of the mainland."""
    return text.translate(_SIMPLIFY)


def pinyin_of(character: str) -> tuple[str, ...]:
    """The Mandarin readings of a simplified character without tones, the commonest first. ü is `v`."""
    return _mandarin().get(character, ())


@lru_cache(maxsize=SYLLABLES_CACHED)
def in_pinyin(character: str) -> frozenset[str]:
    """Every way to write a character in pinyin: `lv` is also `lu` and, in passports, `lyu`."""
    return frozenset(spelling for reading in pinyin_of(character) for spelling in _umlauted(reading))


@lru_cache(maxsize=SYLLABLES_CACHED)
def in_any_way(character: str) -> frozenset[str]:
    """Every way to write a character in Latin letters that we know."""
    wade = {spelling for reading in pinyin_of(character) for spelling in to_wade(reading)}
    hong_kong = {spelling for reading in _cantonese().get(character, ()) for spelling in to_hong_kong(reading)}
    return in_pinyin(character) | wade | hong_kong


@lru_cache(maxsize=SYLLABLES_CACHED)
def surname_in_pinyin(surname: str) -> frozenset[str]:
    """A surname in pinyin; some are read as the character is nowhere else."""
    special = frozenset(SURNAME_READINGS.get(surname, "").split())
    return special | frozenset(_product([in_pinyin(character) for character in surname]))


@lru_cache(maxsize=SYLLABLES_CACHED)
def surname_in_any_way(surname: str) -> frozenset[str]:
    """A surname in Latin letters: pinyin, Wade–Giles, and how its bearers overseas write it."""
    overseas = frozenset(SURNAME_SPELLINGS.get(surname, "").split())
    spelt = frozenset(_product([in_any_way(character) for character in surname]))
    return surname_in_pinyin(surname) | overseas | spelt


@cache
def surnames_by_spelling() -> Mapping[str, frozenset[str]]:
    """Which frequent Chinese surnames a Latin word may stand for: `wong` → 王 黄 汪."""
    found: dict[str, set[str]] = defaultdict(set)
    for surname, spellings in SURNAME_SPELLINGS.items():
        readings = surname_in_pinyin(surname)
        wade = {one for reading in readings for one in to_wade(reading)} if len(surname) == 1 else set()
        for spelling in {*spellings.split(), *readings, *wade}:
            found[spelling].add(surname)
    return {spelling: frozenset(ones) for spelling, ones in found.items()}


@lru_cache(maxsize=SYLLABLES_CACHED)
def is_pinyin(letters: str) -> bool:
    """Whether a word consists of syllables of pinyin."""
    return _cut(letters, _syllables())


@lru_cache(maxsize=SYLLABLES_CACHED)
def syllables_of(letters: str) -> int:
    """How many syllables of pinyin a word has at least; 0 if it is none."""
    least = {0: 0}
    for end in range(1, len(letters) + 1):
        counts = [
            least[start] + 1
            for start in range(max(0, end - SYLLABLE_LENGTH_MAX), end)
            if start in least and letters[start:end] in _syllables()
        ]
        if counts:
            least[end] = min(counts)
    return least.get(len(letters), 0)


@lru_cache(maxsize=SYLLABLES_CACHED)
def pinyin_from_wade(words: tuple[str, ...]) -> frozenset[str]:
    """What words of Wade–Giles are in pinyin, joined: (`chih`, `ming`) → zhiming. Empty if they are none."""
    readings = [_from_wade().get(word, frozenset()) for word in words]
    return frozenset(_product(readings)) if all(readings) else frozenset()


def blurred(letters: str) -> str:
    """Pinyin as southern ears hear it: no zh, ch, sh; no -ng; l for n."""
    soft = letters.replace("zh", "z").replace("ch", "c").replace("sh", "s")
    return re.sub("n(?=[aeiouv])", "l", re.sub("ng(?![aeiouv])", "n", soft)) if soft else soft


@lru_cache(maxsize=SYLLABLES_CACHED)
def to_wade(syllable: str) -> tuple[str, ...]:
    """A syllable of pinyin in Wade–Giles, without apostrophes."""
    if syllable in WADE_WHOLE:
        return tuple(WADE_WHOLE[syllable].split())
    initial = _INITIAL.match(syllable)
    before = initial.group() if initial else ""
    final = syllable[len(before) :]
    if final == "uo":
        final = "o" if before in WADE_UO else "uo"
    elif final != "e" or before not in WADE_E_STAYS:
        final = WADE_FINALS.get(final, final)
    return (dict(WADE_INITIALS).get(before, before) + final,)


@lru_cache(maxsize=SYLLABLES_CACHED)
def to_hong_kong(syllable: str) -> tuple[str, ...]:
    """A syllable of Jyutping, without its tone, as names are written in Hong Kong."""
    initial = _JYUTPING_INITIAL.match(syllable)
    before = initial.group() if initial else ""
    finals = CANTONESE_FINALS.get(syllable[len(before) :], "").split()
    starts = CANTONESE_INITIALS.get(before, "").split() or [""]
    return tuple((start + final).replace("yyu", "yu") for start in starts for final in finals)


# -- inside ------------------------------------------------------------------------------------------------


def _umlauted(reading: str) -> tuple[str, ...]:
    return (reading, reading.replace("v", "u"), reading.replace("v", "yu")) if "v" in reading else (reading,)


def _product(choices: list[frozenset[str]]) -> Iterable[str]:
    spelt = [""]
    for ones in choices:
        spelt = [before + one for before in spelt for one in sorted(ones)]
    return spelt


@lru_cache(maxsize=SYLLABLES_CACHED)
def _cut(letters: str, syllables: frozenset[str]) -> bool:
    reached = {0}
    for end in range(1, len(letters) + 1):
        starts = range(max(0, end - SYLLABLE_LENGTH_MAX), end)
        if any(start in reached and letters[start:end] in syllables for start in starts):
            reached.add(end)
    return bool(letters) and len(letters) in reached


@cache
def _mandarin() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for table in (MANDARIN, MANDARIN_OTHERWISE):
        for reading, characters in _ROW.findall(table):
            for character in characters:
                found[character] = (*found.get(character, ()), reading)
    return found


@cache
def _cantonese() -> Mapping[str, tuple[str, ...]]:
    return {character: (reading,) for reading, ones in _ROW.findall(CANTONESE) for character in ones}


@cache
def _syllables() -> frozenset[str]:
    readings = {reading for reading, _ in _ROW.findall(MANDARIN)}
    spelt = {reading for reading in readings if len(reading) > 1 or reading in "aeo"}
    return frozenset(spelling for reading in spelt for spelling in _umlauted(reading))


@cache
def _from_wade() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for reading, _ in _ROW.findall(MANDARIN):
        for spelling in to_wade(reading):
            found[spelling].add(reading)
    return {spelling: frozenset(ones) for spelling, ones in found.items()}
