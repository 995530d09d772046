"""How long a text message is: parts as a network bills them."""

from __future__ import annotations

# GSM 03.38, the default alphabet, and its extension, whose characters take two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")

ONE_PART_BASIC, PER_PART_BASIC = 160, 153
ONE_PART_WIDE, PER_PART_WIDE = 70, 67


def text_parts(text: str) -> int:
    """How many parts a text takes: 160 characters, or 153 each of several; 70 and 67 beyond the basic alphabet."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        length = sum(2 if character in _EXTENDED else 1 for character in text)
        return _parts(length, ONE_PART_BASIC, PER_PART_BASIC)
    return _parts(len(text.encode("utf-16-be")) // 2, ONE_PART_WIDE, PER_PART_WIDE)


def _parts(length: int, alone: int, each: int) -> int:
    return 1 if length <= alone else -(-length // each)
