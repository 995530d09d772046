"""Money: whole minor units and a currency, never a float. Amounts of two currencies never meet."""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import LOCALES_FOLDER, N_, InvalidValue, supported_language

# Larger than any hotel's books, and still exact as a JSON number in every client (below 2^53).
AMOUNT_MAX = 10**15 - 1
TEXT_LENGTH_MAX = 40

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_GROUPED = re.compile(r"[+-]?[0-9][0-9.,'\u2019\u066c \u00a0\u202f]*")


class Currency(NamedTuple):
    """One currency of ISO 4217: `digits` is how many decimals its minor unit has (JPY 0, EUR 2, KWD 3)."""

    code: str
    digits: int
    name_en: str
    name_zh: str


@cache
def currencies() -> MappingProxyType[str, Currency]:
    """Every currency by its code. Read once, when it is first asked for."""
    lines = (LOCALES_FOLDER / "currencies.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return MappingProxyType({code: Currency(code, int(digits), en, zh) for code, digits, en, zh in rows})


class MixedCurrencies(ValueError):
    """Two currencies in one sum. Nothing in the product converts money, so this is a fault of the caller."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"cannot add or subtract {left} and {right}")


@dataclass(frozen=True)
class Money:
    """`amount` in minor units (EUR 12.34 is 1234), negative for a refund. Raises InvalidValue for what is no
    money."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:  # a bool or a float is a mistake that would show only in the totals
            raise TypeError("an amount is a whole number of minor units")
        _check_amount(self.amount)
        currency_of(self.currency)

    def plus(self, other: Money) -> Money:
        """The sum. Raises MixedCurrencies."""
        self._check_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def minus(self, other: Money) -> Money:
        """The difference. Raises MixedCurrencies."""
        self._check_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def _check_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(self.currency, other.currency)


def currency_of(code: str) -> Currency:
    """The currency of an ISO 4217 code in capitals. Raises InvalidValue for any other text."""
    try:
        return currencies()[code]
    except KeyError:
        raise InvalidValue(N_("is not a currency code of ISO 4217, such as EUR")) from None


def normalise_currency(code: str) -> str:
    """The code in capitals, spaces around it dropped. Raises InvalidValue if ISO 4217 does not have it."""
    return currency_of(code.strip().upper()).code


def parse_decimal(text: str, currency: str) -> int:
    """Minor units of a decimal written with a full stop: `1234.5` EUR is 123450. Exact, or refused.

    Raises InvalidValue for thousands separators (they cannot be told from decimal commas), for more decimals
    than the currency has, exponents, NaN, infinity, anything that is no plain number, and amounts over
    `AMOUNT_MAX`.
    """
    digits = currency_of(currency).digits
    written = text.strip()
    if len(written) > TEXT_LENGTH_MAX:
        raise InvalidValue(N_("is too long for an amount"))
    found = _NUMBER.fullmatch(written)
    if found is None:
        if _GROUPED.fullmatch(written):
            raise InvalidValue(N_("must be written without thousands separators and with a decimal point, as 1234.50"))
        raise InvalidValue(N_("is not a decimal number, such as 1234.50"))
    sign, whole, decimals = found[1], found[2], found[3] or ""
    if len(decimals) > digits:
        raise InvalidValue(
            N_("has more decimals than %(currency)s allows (%(digits)d)"), currency=currency, digits=digits
        )
    amount = int(whole + decimals.ljust(digits, "0"))
    _check_amount(amount)
    return -amount if sign == "-" else amount


def format_decimal(amount: int, currency: str) -> str:
    """The exact opposite of `parse_decimal`: 123450 EUR is `1234.50`. For files and APIs."""
    digits = currency_of(currency).digits
    sign = "-" if amount < 0 else ""
    text = str(abs(amount)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text


def format_money(amount: int, currency: str, language: str) -> str:
    """For people: `EUR 1,234.50` in English, `欧元 1,234.50` in Chinese.

    The currency comes first, by code or name and never by sign, because `$` and `¥` are several currencies.
    The space is an ordinary one: a non-breaking space would turn a text message into UCS-2 and halve its
    length.
    """
    known = currency_of(currency)
    whole, _, decimals = format_decimal(amount, currency).partition(".")
    number = f"{int(whole):,}" if whole != "-0" else "-0"
    if decimals:
        number = f"{number}.{decimals}"
    name = known.name_zh if supported_language(language) == "zh" else known.code
    return f"{name} {number}"


def _check_amount(amount: int) -> None:
    if abs(amount) > AMOUNT_MAX:
        raise InvalidValue(N_("is larger than any amount that can be stored"))
