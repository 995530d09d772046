"""Compares one part of two names in Latin letters, family name or given name, and says how well they agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chalicelib.guests.matching import latin, romanising
from chalicelib.guests.matching import weights as at
from chalicelib.guests.matching.strings import distance, is_slip, likeness, sound

PARTS_CACHED = 65_536
ALIKE = 0.65  # of the letters stayed: one name, mistyped more than once
SIMILAR = 0.55  # of the letters stayed: one name or two
TRUNCATED_LENGTH_MIN = 3  # letters from which on a beginning stands for its name: `chr` for christopher
_AGREEING = frozenset({at.EXACT, at.VARIANT, at.CLOSE})


@dataclass(frozen=True, slots=True)
class Part:
    """How well one part of two names agrees, and what that tells."""

    level: str
    bits: float

    @property
    def agrees(self) -> bool:
        """Whether it is the same name, however written."""
        return self.level in _AGREEING

    @staticmethod
    def missing() -> Part:
        """Nothing to compare, which tells nothing."""
        return Part(at.MISSING, 0.0)


@lru_cache(maxsize=PARTS_CACHED)
def compare_family(one: tuple[str, ...], other: tuple[str, ...]) -> Part:
    """Two family names."""
    if not one or not other:
        return Part.missing()
    mine, theirs = latin.without_particles(one), latin.without_particles(other)
    a, b = "".join(mine), "".join(theirs)
    bits = min(latin.family_bits(a), latin.family_bits(b))
    if a.isascii() != b.isascii():
        return Part(at.OTHER_SCRIPT, at.FAMILY_BITS[at.OTHER_SCRIPT])
    if _is_initial(a) or _is_initial(b):
        return _initial(a, b, at.FAMILY_BITS)
    if a == b:
        return Part(at.EXACT, bits)
    if latin.same_umlauts(a, b):
        return Part(at.EXACT, bits)
    spelt = romanising.surnames_by_spelling()
    if spelt.get(a, frozenset()) & spelt.get(b, frozenset()):
        return _less(at.VARIANT, bits)
    shared = [latin.family_bits(word) for word in set(mine) & set(theirs)]
    if shared:
        return _less(at.PARTIAL, max(shared))
    if is_slip(a, b):
        return Part(at.NEAR, at.FAMILY_BITS[at.NEAR]) if a in spelt and b in spelt else _less(at.CLOSE, bits)
    if distance(a, b) == 1 and (a in spelt) != (b in spelt):
        return Part(at.NEAR, at.FAMILY_BITS[at.NEAR])  # a Chinese surname, too short to tell a slip from another
    return _alike(a, b, bits, at.FAMILY_BITS)


@lru_cache(maxsize=PARTS_CACHED)
def compare_given(one: tuple[str, ...], other: tuple[str, ...], are_chinese: bool) -> Part:
    """Two given names; `are_chinese` if both are romanised Chinese by their looks."""
    if not one or not other:
        return Part.missing()
    a, b = "".join(one), "".join(other)
    if are_chinese:
        return _compare_pinyin(one, other)
    if a.isascii() != b.isascii():
        return Part(at.OTHER_SCRIPT, at.GIVEN_BITS[at.OTHER_SCRIPT])
    if _is_initial(a) or _is_initial(b):
        return _initial(a, b, at.GIVEN_BITS)
    if a == b:
        return Part(at.EXACT, latin.given_bits(one[0]) if len(one) == 1 else at.RARE_GIVEN_BITS)
    bits = min(latin.given_bits(one[0]), latin.given_bits(other[0]))
    if latin.same_umlauts(a, b):
        return Part(at.EXACT, bits)
    if latin.goes_by(a, b):
        return _less(at.VARIANT, bits)
    if len(one) > 1 or len(other) > 1:
        found = _compare_words(one, other, bits)
        if found:
            return found
    if latin.differ_by_gender(a, b) and (latin.is_known_given(a) or latin.is_known_given(b)):
        return Part(at.NEAR, at.GIVEN_BITS[at.NEAR])
    are_known = latin.is_known_given(a) and latin.is_known_given(b)
    if is_slip(a, b):
        return Part(at.NEAR, at.GIVEN_BITS[at.NEAR]) if are_known else _less(at.CLOSE, bits)
    if are_known:
        return Part(at.DIFFERENT, at.GIVEN_BITS[at.DIFFERENT])
    return _alike(a, b, bits, at.GIVEN_BITS)


def pinyin_given_bits(letters: str) -> float:
    """What agreement on a Chinese given name in Latin letters tells: syllables are few, two of them many."""
    syllables = romanising.syllables_of(letters) or 2
    return min(at.PINYIN_SYLLABLE_BITS * syllables, at.PINYIN_GIVEN_BITS_MAX)


# -- inside ------------------------------------------------------------------------------------------------


def _compare_words(one: tuple[str, ...], other: tuple[str, ...], bits: float) -> Part | None:
    """Given names of several words: Jean Pierre, Mary J., David Xiaoming. None if no word agrees."""
    shorter, longer = sorted((one, other), key=lambda words: (len(words), words))
    are_first = shorter[0] == longer[0] or latin.goes_by(shorter[0], longer[0])
    if are_first and _fits(shorter[1:], longer[1:]):
        return Part(at.EXACT, bits) if shorter[0] == longer[0] else _less(at.VARIANT, bits)
    if shorter[0][0] == longer[0][0] and all(len(word) == 1 for word in shorter):
        return Part(at.INITIAL, at.GIVEN_BITS[at.INITIAL])
    shared = [latin.given_bits(word) for word in set(one) & set(other) if len(word) > 1]
    return _less(at.PARTIAL, max(shared)) if shared else None


def _fits(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Whether no further name contradicts: each is left out, the same, or the other's initial."""
    return all(
        any(word == against or (1 in (len(word), len(against)) and word[0] == against[0]) for against in longer)
        for word in shorter
    )


def _compare_pinyin(one: tuple[str, ...], other: tuple[str, ...]) -> Part:
    a, b = "".join(one), "".join(other)
    bits = min(pinyin_given_bits(a), pinyin_given_bits(b))
    if a == b:
        return Part(at.EXACT, bits)
    if _readings(one) & _readings(other):
        return _less(at.VARIANT, bits)
    shorter, longer = sorted((one, other), key=lambda words: (len("".join(words)), words))
    if len("".join(shorter)) <= 2 and "".join(shorter)[0] == longer[0][0]:
        return Part(at.INITIAL, at.GIVEN_BITS[at.INITIAL])
    if len(one) != len(other) and (set(one) <= set(other) or set(other) <= set(one)):
        return _less(at.PARTIAL, bits)
    if romanising.blurred(a) == romanising.blurred(b):
        return Part(at.SOUND, at.NAME_BITS_MIN)
    are_pinyin = romanising.is_pinyin(a) and romanising.is_pinyin(b)
    if distance(a, b) == 1 and min(len(a), len(b)) > 3:
        return Part(at.NEAR, at.GIVEN_BITS[at.NEAR]) if are_pinyin else _less(at.CLOSE, bits)
    return Part(at.DIFFERENT, at.GIVEN_BITS[at.DIFFERENT])


def _readings(words: tuple[str, ...]) -> frozenset[str]:
    letters = "".join(words)
    return romanising.pinyin_from_wade(words) | ({letters} if romanising.is_pinyin(letters) else set())


def _is_initial(letters: str) -> bool:
    return len(letters) == 1 and letters.isascii()  # one character is a whole name in other scripts


def _initial(a: str, b: str, bits: dict[str, float]) -> Part:
    level = at.INITIAL if a[0] == b[0] else at.DIFFERENT
    return Part(level, bits[level])


def _alike(a: str, b: str, bits: float, otherwise: dict[str, float]) -> Part:
    """Names mistyped more than once, cut short, spelt by ear, or simply two names."""
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) >= TRUNCATED_LENGTH_MIN and longer.startswith(shorter):
        return _less(at.PARTIAL, bits)
    alike = likeness(a, b) if len(shorter) > 3 else 0.0
    if alike >= SIMILAR and sound(a) == sound(b):
        return _less(at.SOUND, bits)
    if alike >= ALIKE:
        return _less(at.PARTIAL, bits)
    level = at.NEAR if alike >= SIMILAR else at.DIFFERENT
    return Part(level, otherwise[level])


def _less(level: str, bits: float) -> Part:
    return Part(level, max(bits - at.NAME_LOSS_BITS[level], at.NAME_BITS_MIN))
