"""Money is exact, refuses what is ambiguous, and never mixes currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.money import (
    AMOUNT_MAX,
    MixedCurrencies,
    Money,
    currencies,
    currency_of,
    format_decimal,
    format_money,
    normalise_currency,
    parse_decimal,
)

amounts = st.integers(-AMOUNT_MAX, AMOUNT_MAX)
codes = st.sampled_from(sorted(currencies()))


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here reads or writes: no stack is set up."""


class TestCurrencies:
    def test_the_table(self) -> None:
        assert len(currencies()) == 160
        digits = {code: currencies()[code].digits for code in ("EUR", "JPY", "KRW", "ISK", "KWD", "TND", "CNY", "HUF")}
        assert digits == {"EUR": 2, "JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "TND": 3, "CNY": 2, "HUF": 2}
        for code, currency in currencies().items():
            assert code == currency.code
            assert len(code) == 3
            assert code.isupper()
            assert 0 <= currency.digits <= 3
            assert currency.name_en
            assert currency.name_zh

    def test_codes(self) -> None:
        assert normalise_currency(" eur ") == "EUR"
        for code in ("", "EU", "EURO", "XXX", "€", "eur"):
            with pytest.raises(InvalidValue, match="ISO 4217"):
                currency_of(code)


class TestMoney:
    def test_sums(self) -> None:
        assert Money(100, "EUR").plus(Money(-250, "EUR")) == Money(-150, "EUR")
        assert Money(100, "EUR").minus(Money(250, "EUR")) == Money(-150, "EUR")

    def test_two_currencies_never_meet(self) -> None:
        with pytest.raises(MixedCurrencies):
            Money(1, "EUR").plus(Money(1, "USD"))
        with pytest.raises(MixedCurrencies):
            Money(1, "EUR").minus(Money(1, "USD"))

    def test_only_whole_minor_units_of_known_currencies(self) -> None:
        for amount in (1.0, True, "1", Decimal(1)):
            with pytest.raises(TypeError):
                Money(amount, "EUR")  # type: ignore[arg-type]
        with pytest.raises(InvalidValue):
            Money(1, "ABC")
        with pytest.raises(InvalidValue):
            Money(AMOUNT_MAX, "EUR").plus(Money(1, "EUR"))


class TestParseDecimal:
    @given(amounts, codes)
    def test_it_reads_what_is_written(self, amount: int, code: str) -> None:
        assert parse_decimal(format_decimal(amount, code), code) == amount

    @given(st.decimals(-10_000_000, 10_000_000, places=2))
    def test_it_agrees_with_decimal_arithmetic(self, value: Decimal) -> None:
        assert parse_decimal(f"{value:f}", "EUR") == int(value * 100)

    @pytest.mark.parametrize(
        ("text", "code", "amount"),
        [
            *(("1234.5", "EUR", 123450), ("0", "EUR", 0), ("-0.00", "EUR", 0), (" +7 ", "EUR", 700)),
            *(("1234", "JPY", 1234), ("1.234", "KWD", 1234), ("-0.05", "EUR", -5), ("007", "EUR", 700)),
        ],
    )
    def test_by_example(self, text: str, code: str, amount: int) -> None:
        assert parse_decimal(text, code) == amount

    @pytest.mark.parametrize("text", ["1,234.50", "1,5", "1.234,50", "1 234.50", "1'234.50", "1.234.567", "12,34"])
    def test_separators_are_named(self, text: str) -> None:
        with pytest.raises(InvalidValue, match="without thousands separators"):
            parse_decimal(text, "EUR")

    @pytest.mark.parametrize(("text", "code"), [("1.234", "EUR"), ("1.000", "EUR"), ("12.0", "JPY"), ("1.2345", "KWD")])
    def test_too_many_decimals_are_named(self, text: str, code: str) -> None:
        with pytest.raises(InvalidValue, match=f"more decimals than {code}"):
            parse_decimal(text, code)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "-",
            ".5",
            "5.",
            "NaN",
            "Infinity",
            "-inf",
            "1e3",
            "1E-2",
            "0x10",
            "1_000",
            "--1",
            "١٢",
            "\uff11",
            "€5",
            "5 EUR",
        ],
    )
    def test_what_is_no_plain_number_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValue):
            parse_decimal(text, "EUR")

    def test_limits(self) -> None:
        assert parse_decimal("9999999999999.99", "EUR") == AMOUNT_MAX
        with pytest.raises(InvalidValue, match="larger"):
            parse_decimal("10000000000000.00", "EUR")
        with pytest.raises(InvalidValue, match="too long"):
            parse_decimal("9" * 5_000, "EUR")  # beyond what int() would read at all


class TestFormatMoney:
    @pytest.mark.parametrize(
        ("amount", "code", "english", "chinese"),
        [
            (123450, "EUR", "EUR 1,234.50", "欧元 1,234.50"),
            (-5, "EUR", "EUR -0.05", "欧元 -0.05"),
            (0, "CNY", "CNY 0.00", "人民币 0.00"),
            (1234567, "JPY", "JPY 1,234,567", "日元 1,234,567"),
            (-1234567, "KWD", "KWD -1,234.567", "科威特第纳尔 -1,234.567"),
        ],
    )
    def test_both_languages(self, amount: int, code: str, english: str, chinese: str) -> None:
        assert format_money(amount, code, "en-GB") == english
        assert format_money(amount, code, "zh-Hans-CN") == chinese
        assert format_money(amount, code, "pt") == english

    @given(amounts, codes)
    def test_nothing_is_lost(self, amount: int, code: str) -> None:
        number = format_money(amount, code, "en").removeprefix(code + " ").replace(",", "")
        assert parse_decimal(number, code) == amount
