"""How far two words are apart, and how a word sounds. The measures that names and addresses share."""

from __future__ import annotations

import re
from functools import lru_cache

WORD_LENGTH_MAX = 40  # of what is compared letter by letter; a longer word is told by its beginning
WORDS_CACHED = 32_768  # a file says the same words again and again
SOUND_LENGTH_MAX = 5  # consonants that tell names apart; more would tell typos apart

# Spellings of one sound in the languages of Europe, longest first; roughly what Metaphone does, in one pass.
_SOUNDS = (
    ("tsch", "x"), ("sch", "s"), ("tch", "x"), ("ght", "t"), ("kn", "n"), ("gn", "n"), ("wr", "r"), ("ph", "f"),
    ("sh", "s"), ("ch", "x"), ("th", "t"), ("gh", ""), ("ck", "k"), ("qu", "k"), ("ce", "s"), ("ci", "s"), ("cy", "s"),
    ("mac", "mk"), ("mc", "mk"), ("dt", "t"), ("c", "k"), ("q", "k"), ("z", "s"), ("v", "f"), ("j", "y"), ("x", "x"),
)  # fmt: skip
_SOUND_OF = dict(_SOUNDS)
_SPELLING = re.compile("|".join(spelling for spelling, _ in _SOUNDS))
_SILENT = re.compile("[aeiouhwy]")
_REPEATED = re.compile(r"(.)\1+")
_NOT_LETTERS = re.compile("[^a-z]")


@lru_cache(maxsize=WORDS_CACHED)
def distance(one: str, other: str) -> int:
    """How many letters were changed, left out, added, or changed places with their neighbour.

    The optimal string alignment distance (restricted Damerau–Levenshtein), a whole column of its table at a time in the
    bits of integers: Hyyrö, A bit-vector algorithm for computing Levenshtein and Damerau edit distances (2003).
    """
    one, other = one[:WORD_LENGTH_MAX], other[:WORD_LENGTH_MAX]
    if one == other or not one or not other:
        return 0 if one == other else len(one) + len(other)
    places: dict[str, int] = {}
    for place, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << place
    every = (1 << len(one)) - 1
    last = 1 << (len(one) - 1)
    rises, falls, diagonal, before, found = every, 0, 0, 0, len(one)
    for letter in other:
        here = places.get(letter, 0)
        swapped = (~diagonal & here) << 1 & before
        diagonal = ((((here & rises) + rises) ^ rises) | here | falls | swapped) & every
        right = falls | ~(diagonal | rises) & every
        left = diagonal & rises
        found += bool(right & last) - bool(left & last)
        right = (right << 1 | 1) & every
        rises = (left << 1 | ~(diagonal | right)) & every
        falls = right & diagonal
        before = here
    return found


def likeness(one: str, other: str) -> float:
    """1 for equal words, 0 for words that share nothing: the share of letters that stayed."""
    longest = min(max(len(one), len(other)), WORD_LENGTH_MAX)
    return 1 - distance(one, other) / longest if longest else 1.0


def is_slip(one: str, other: str) -> bool:
    """Whether one word may be the other, mistyped: one slip in four letters, two in seven, three in eleven."""
    shorter = min(len(one), len(other))
    allowed = 0 if shorter < 3 else 1 if shorter < 6 else 2 if shorter < 11 else 3
    if abs(len(one) - len(other)) > allowed:
        return False
    return distance(one, other) <= allowed


@lru_cache(maxsize=WORDS_CACHED)
def sound(word: str) -> str:
    """The consonants of a Latin word as they are heard: `smith` and `smyth` are one, `meyer` and `maier` too."""
    letters = _NOT_LETTERS.sub("", word)
    if not letters:
        return ""
    heard = _SPELLING.sub(lambda found: _SOUND_OF[found.group()], letters)
    first = "a" if letters[0] in "aeiou" else heard[:1] or letters[0]
    rest = _SILENT.sub("", heard[1:] if letters[0] not in "aeiou" else heard)
    return _REPEATED.sub(r"\1", first + rest)[:SOUND_LENGTH_MAX]


def anagram(word: str) -> str:
    """The letters of a word in alphabetical order: one for every order of its parts and every place of spaces."""
    return "".join(sorted(_NOT_LETTERS.sub("", word)))
