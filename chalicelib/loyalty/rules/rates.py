"""Exchange rates: exact, of one business date, never guessed. A rate that is missing is an exception, not 1 or 0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.money import currency_of

_RATE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?")
CURRENCIES_MAX = 200  # ISO 4217 has some 180


def parse_rate(text: str) -> Fraction:
    """A rate written as a plain decimal: units of the programme's currency for one unit of another.

    Raises InvalidValue for anything else, and for zero.
    """
    if _RATE.fullmatch(text) is None:
        raise InvalidValue(N_("A rate is a plain decimal number, such as 0.1287."))
    rate = Fraction(text)
    if rate == 0:
        raise InvalidValue(N_("A rate is above zero."))
    return rate


def minor_rate(currency: str, base: str, rates: Mapping[str, str]) -> Fraction | None:
    """What one minor unit of `currency` is in minor units of `base`; None where the day's rate is missing.

    `rates` holds, by currency, how many units of `base` one unit of it is worth. Currencies differ in decimals: one
    yen is a minor unit, a euro is a hundred.
    """
    if currency == base:
        return Fraction(1)
    written = rates.get(currency)
    if written is None:
        return None
    digits = currency_of(base).digits - currency_of(currency).digits
    return parse_rate(written) * Fraction(10) ** digits
