"""How long a text message is: its parts as a network sends and bills them, and what they cost.

GSM 03.38: 7-bit characters, those of the extension table taking two places behind an escape that is never cut from its
character; 160 places alone, 153 of each of several. Anything else makes the whole text UCS-2: 70 and 67 units, and a
character of two units is not cut either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")

ONE_PART_BASIC, PER_PART_BASIC = 160, 153
ONE_PART_WIDE, PER_PART_WIDE = 70, 67

CHINA = "+86"  # texts to its numbers bear a signature in these brackets: 【】, and a wording registered beforehand
# What a registered wording may have places for: text that people know, and no address that would make it another text.
VARIABLES = frozenset({"name", "house", "chain", "phone", "years", "offer", "day", "festival", "wish"})
MICROS = 1_000_000  # of a unit of currency: a part costs a few thousandths

# What the law of many countries asks for in a text that nobody has ordered, and what ends it.
OPT_OUT_HINTS = {"en": "Reply STOP to opt out.", "zh": "回复TD退订"}
_OPT_OUT = re.compile(r"\bSTOP\b|\bTD\b|TD退订|退订|回复T\b|\bunsubscribe\b", re.IGNORECASE)
_PLACE = re.compile(r"{(\w+)}")


class Cost(NamedTuple):
    """What a text costs, in millionths of a currency's unit."""

    micros: int
    currency: str


def is_wide(text: str) -> bool:
    """Whether a text needs two bytes for each of its units."""
    return any(one not in _BASIC and one not in _EXTENDED for one in text)


def segments(text: str) -> list[str]:
    """A text as the network cuts it."""
    wide = is_wide(text)
    alone, each = (ONE_PART_WIDE, PER_PART_WIDE) if wide else (ONE_PART_BASIC, PER_PART_BASIC)
    places = [_places(one, wide) for one in text]
    if sum(places) <= alone:
        return [text]
    found, start, taken = [], 0, 0
    for index, needed in enumerate(places):
        if taken + needed > each:
            found.append(text[start:index])
            start, taken = index, 0
        taken += needed
    return [*found, text[start:]]


def text_parts(text: str) -> int:
    """How many parts a text takes."""
    return len(segments(text))


def cost_of(number: str, parts: int, prices: Mapping[str, int], currency: str | None) -> Cost | None:
    """What a text to a number costs by a price list: calling code → millionths a part, the longest code that fits.

    None where no price is known, which is not the same as free.
    """
    known = [code for code in prices if number.startswith(code)]
    if not known or currency is None:
        return None
    return Cost(prices[max(known, key=len)] * parts, currency)


def tells_how_to_stop(text: str) -> bool:
    """Whether a text says how to get no more of them."""
    return _OPT_OUT.search(text) is not None


def with_hint(text: str, purpose: str, language: str) -> str:
    """A text with the way to stop: all but service has one, whatever its template says."""
    if purpose == "service" or tells_how_to_stop(text):
        return text
    return f"{text} {OPT_OUT_HINTS[language]}" if language == "en" else f"{text}{OPT_OUT_HINTS[language]}"


def without_hint(text: str) -> str:
    """A text without our own words on how to stop, for a channel that is stopped in the app."""
    for hint in OPT_OUT_HINTS.values():
        text = text.replace(hint, "")
    return text.strip()


def places_in(wording: str) -> list[str]:
    """The variables that a registered wording has places for, in order."""
    return _PLACE.findall(wording)


def filled(wording: str, words: Mapping[str, str]) -> str:
    """A registered wording with its places filled, and not a character else changed."""
    return _PLACE.sub(lambda found: " ".join(words[found[1]].split()), wording)


def _places(character: str, wide: bool) -> int:
    if wide:
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in _EXTENDED else 1
