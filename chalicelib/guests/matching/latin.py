"""Names in Latin letters, taken apart: tokens without titles, the generation, particles, the names people go by."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from chalicelib.guests.matching.data.frequencies import FAMILY, GIVEN
from chalicelib.guests.matching.data.nicknames import GROUPS
from chalicelib.guests.matching.data.spellings import CYRILLIC
from chalicelib.guests.matching.data.titles import (
    AMBIGUOUS_GENERATIONS,
    AMBIGUOUS_TITLES,
    GENERATIONS,
    PARTICLES,
    TITLES,
)
from chalicelib.guests.matching.weights import RARE_FAMILY_BITS, RARE_GIVEN_BITS
from chalicelib.kernel.text import fold

TOKENS_MAX = 8  # of one part of a name; beyond that it is a sentence
NAMES_CACHED = 32_768

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_BREAKS = re.compile(r"[^\w]+|_+")
_GERMAN = re.compile("(ae|oe|ue)")
_CYRILLIC = re.compile("[\u0400-\u04ff]+")


@dataclass(frozen=True)
class Tokens:
    """The words of one part of a name, and what was said beside it."""

    words: tuple[str, ...] = ()
    gender: str = ""
    generation: str = ""

    @property
    def joined(self) -> str:
        """All letters, without spaces."""
        return "".join(self.words)


@lru_cache(maxsize=NAMES_CACHED)
def tokens_of(written: str) -> Tokens:
    """The words of a name: folded, without titles and generations. `Dr. Ana-Maria O'Neill Jr` → ana maria oneill."""
    folded = _APOSTROPHES.sub("", fold(written))
    if _CYRILLIC.search(folded):
        folded = "".join(CYRILLIC.get(letter, letter) for letter in folded).replace("_", "")
    words = [word for word in _BREAKS.split(folded) if word][:TOKENS_MAX]
    words, generation = _without_generation(words)
    words, gender = _without_titles(words, folded)
    return Tokens(tuple(words), gender, generation)


def without_particles(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words that carry a surname: `van der berg` → berg. A name of particles only stays as it is."""
    kept = tuple(word for word in words if word not in PARTICLES)
    return kept or words


@lru_cache(maxsize=NAMES_CACHED)
def goes_by(one: str, other: str) -> bool:
    """Whether one given name is a form of the other: bob and robert, sasha and aleksandr."""
    groups = _groups()
    return bool(groups.get(one, frozenset()) & groups.get(other, frozenset()))


def is_known_given(word: str) -> bool:
    """Whether a word is a given name that many people bear, and so hardly another one mistyped."""
    return word in _groups() or word in _bits_by_name()[1]


@lru_cache(maxsize=NAMES_CACHED)
def same_umlauts(one: str, other: str) -> bool:
    """Whether two words differ only by how an umlaut is written: mueller and muller."""
    return one != other and _GERMAN.sub(lambda found: found.group()[0], one) == _GERMAN.sub(
        lambda found: found.group()[0], other
    )


def differ_by_gender(one: str, other: str) -> bool:
    """Whether two given names differ as those of a man and a woman do: mario and maria, paul and paula."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 3:
        return False
    if len(shorter) == len(longer):
        return one[:-1] == other[:-1] and {one[-1], other[-1]} <= set("aoei")
    return longer[: len(shorter)] == shorter and longer[len(shorter) :] in {"a", "e", "ia", "na", "ne", "le", "la"}


def family_bits(name: str) -> float:
    """What agreement on a surname tells."""
    return _bits_by_name()[0].get(name, RARE_FAMILY_BITS)


def given_bits(name: str, if_rare: float = RARE_GIVEN_BITS) -> float:
    """What agreement on a given name tells."""
    return _bits_by_name()[1].get(name, if_rare)


def root_of(given: str) -> str:
    """One name for all its forms, to look for candidates by: `bob` → the first name of its first group."""
    groups = _groups().get(given)
    return _roots()[min(groups)] if groups else given


# -- inside ------------------------------------------------------------------------------------------------


def _without_titles(words: list[str], folded: str) -> tuple[list[str], str]:
    def is_title(word: str) -> bool:
        return word in TITLES and (word not in AMBIGUOUS_TITLES or f"{word}." in folded)

    gender = ""
    for at in (0, -1):
        while words and is_title(words[at]):
            gender = gender or TITLES[words[at]]
            words = words[1:] if at == 0 else words[:-1]
    return words, gender


def _without_generation(words: list[str]) -> tuple[list[str], str]:
    if len(words) > 1 and words[-1] in GENERATIONS and words[-1] not in AMBIGUOUS_GENERATIONS:
        return words[:-1], GENERATIONS[words[-1]]
    if len(words) > 1 and words[-1] == "sr":
        return words[:-1], "senior"
    if len(words) == 1 and words[0] in GENERATIONS and words[0] not in AMBIGUOUS_GENERATIONS:
        return [], GENERATIONS[words[0]]
    return words, ""


@cache
def _roots() -> tuple[str, ...]:
    return tuple(line.split(" ", 1)[0] for line in GROUPS.strip().splitlines())


@cache
def _groups() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(GROUPS.strip().splitlines()):
        for name in line.split():
            found[name].add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


@cache
def _bits_by_name() -> tuple[Mapping[str, float], Mapping[str, float]]:
    return _table(FAMILY), _table(GIVEN)


def _table(lines: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for line in lines.strip().splitlines():
        bits, *names = line.split()
        for name in names:
            found.setdefault(name, float(bits))
    return found
