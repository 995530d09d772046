"""Membership numbers: ten digits, the last of which catches a digit mistyped and most swapped neighbours (Luhn,
ISO/IEC 7812-1 annex B). They count up from a number that tells nothing about how many members there are."""

from __future__ import annotations

import re

from chalicelib.kernel.i18n import N_, InvalidValue

DIGITS = 10
BODY_MAX = 10 ** (DIGITS - 1)

_TYPED = re.compile(r"[\s-]+")


def number_of(body: int) -> str:
    """The membership number with its check digit. Takes 0 to 999,999,999."""
    if not 0 <= body < BODY_MAX:
        raise ValueError("a membership number has nine digits before its check digit")
    digits = f"{body:0{DIGITS - 1}}"
    return digits + str(_check_digit(digits))


def parse_number(text: str) -> str:
    """A number as it is typed, with spaces or hyphens. Raises InvalidValue if its check digit is wrong."""
    number = _TYPED.sub("", text)
    if not (number.isascii() and number.isdigit() and len(number) == DIGITS):
        raise InvalidValue(N_("A membership number has ten digits."))
    if _check_digit(number[:-1]) != int(number[-1]):
        raise InvalidValue(N_("This membership number is mistyped: its check digit does not fit."))
    return number


def _check_digit(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10
