"""What a stay earns, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.i18n import InvalidValue
from chalicelib.loyalty.rules.earning import Rule, SpentLine, StayFacts, Where, check_rules, earned
from chalicelib.loyalty.rules.numbers import number_of, parse_number
from chalicelib.loyalty.rules.rates import minor_rate, parse_rate

ROOM = SpentLine("1", "room", 38_700, True)
SPA = SpentLine("2", "spa", 5_050, True)
TAXI = SpentLine("3", "other", 9_900, False)
STAY = StayFacts("prp_1", date(2026, 5, 4), date(2026, 5, 7), 3, "direct", "leisure", "BAR", (ROOM, SPA, TAXI))

SPEND = Rule("spend", "spend", points=10, per=100)
SAME = Fraction(1)


def verdicts(*rules: Rule, stay: StayFacts = STAY) -> dict[str, object]:
    return {one.rule_id: one.why_not or one.points for one in earned(stay, rules, SAME).verdicts}


class TestRules:
    def test_spend_counts_eligible_lines_and_rounds_down_once(self) -> None:
        earning = earned(STAY, [SPEND], SAME)
        assert earning.points == 4_375
        assert earning.verdicts[0].amount == 43_750
        assert earned(STAY, [replace(SPEND, points=1, per=1000)], SAME).points == 43

    def test_categories_nights_and_stay(self) -> None:
        rules = [
            replace(SPEND, categories=frozenset({"spa"})),
            Rule("night", "nights", points=100),
            Rule("stay", "stay", points=250),
        ]
        assert verdicts(*rules) == {"spend": 505, "night": 300, "stay": 250}

    def test_a_multiplier_adds_to_what_the_others_gave_and_not_to_another_multiplier(self) -> None:
        half, whole = Rule("a", "multiplier", percent=50), Rule("b", "multiplier", percent=100)
        assert verdicts(half, SPEND, whole) == {"spend": 4_375, "a": 2_187, "b": 4_375}

    def test_a_rule_can_be_the_last_and_can_have_a_cap(self) -> None:
        rules = [Rule("low", "stay", points=5), replace(SPEND, priority=9, is_last=True, points_max=4_000)]
        earning = earned(STAY, rules, SAME)
        assert [(one.rule_id, one.points, one.why_not, one.is_capped) for one in earning.verdicts] == [
            ("spend", 4_000, None, True),
            ("low", 0, "stopped", False),
        ]

    @pytest.mark.parametrize(
        ("where", "reason"),
        [
            (Where(property_ids=frozenset({"prp_2"})), "other_property"),
            (Where(channels=frozenset({"ota"})), "other_channel"),
            (Where(segments=frozenset({"group"})), "other_segment"),
            (Where(rate_plans=frozenset({"NET"})), "other_rate_plan"),
            (Where(nights_min=4), "too_short"),
            (Where(arrival_from=date(2026, 5, 5)), "outside_dates"),
            (Where(arrival_to=date(2026, 5, 3)), "outside_dates"),
        ],
    )
    def test_a_rule_that_does_not_fit_says_why(self, where: Where, reason: str) -> None:
        assert verdicts(replace(SPEND, where=where)) == {"spend": reason}

    def test_refunds_beyond_the_spend_earn_nothing_and_take_nothing(self) -> None:
        refunded = replace(STAY, lines=(SPA, SpentLine("4", "spa", -6_000, True)))
        assert verdicts(SPEND, stay=refunded) == {"spend": "nothing_eligible"}
        assert earned(replace(STAY, lines=(SpentLine("1", "room", 9, True),)), [SPEND], SAME).points == 0

    @given(st.permutations([ROOM, SPA, TAXI, SpentLine("4", "room", -101, True)]))
    def test_the_order_of_lines_never_matters(self, lines: list[SpentLine]) -> None:
        rate = Fraction("0.33333")
        stays = [replace(STAY, lines=tuple(some)) for some in (lines, sorted(lines, key=lambda line: line.id))]
        assert earned(stays[0], [SPEND], rate) == earned(stays[1], [SPEND], rate)

    @pytest.mark.parametrize(
        "rules",
        [
            [Rule("a", "stay", points=1), Rule("a", "stay", points=2)],
            [Rule("a", "stay", points=0)],
            [Rule("a", "stay", points=-5)],
            [Rule("a", "multiplier", percent=0)],
            [replace(SPEND, per=0)],
            [replace(SPEND, where=Where(arrival_from=date(2026, 2, 1), arrival_to=date(2026, 1, 1)))],
            [Rule(str(number), "stay", points=1) for number in range(51)],
        ],
    )
    def test_rules_that_contradict_themselves_are_refused(self, rules: list[Rule]) -> None:
        with pytest.raises(InvalidValue):
            check_rules(rules)


class TestRates:
    def test_currencies_with_other_decimals_are_turned_exactly(self) -> None:
        assert minor_rate("JPY", "EUR", {"JPY": "0.0061"}) == Fraction("0.61")
        assert minor_rate("KWD", "EUR", {"KWD": "3.01"}) == Fraction("0.301")
        assert minor_rate("EUR", "EUR", {}) == 1
        yen = replace(STAY, lines=(SpentLine("1", "room", 30_000, True),))
        assert earned(yen, [SPEND], Fraction("0.61")).points == 1_830

    def test_a_missing_rate_is_missing_and_not_zero(self) -> None:
        assert minor_rate("USD", "EUR", {"CNY": "0.13"}) is None

    @pytest.mark.parametrize("text", ["0", "0.000", "-1", "1e3", "1,5", "", " 1", "NaN", "1.1234567890123"])
    def test_what_is_no_rate_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValue):
            parse_rate(text)


class TestNumbers:
    @given(st.integers(0, 10**9 - 1))
    def test_a_number_reads_back_however_it_is_typed(self, body: int) -> None:
        number = number_of(body)
        assert parse_number(f" {number[:4]} {number[4:7]}-{number[7:]} ") == number

    @given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(1, 9))
    def test_one_wrong_digit_is_always_noticed(self, body: int, place: int, by: int) -> None:
        number = number_of(body)
        wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
        with pytest.raises(InvalidValue):
            parse_number(wrong)

    @pytest.mark.parametrize("text", ["", "123", "12345678901", "abcdefghij", "１２３４５６７８９７"])
    def test_what_is_no_number_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValue):
            parse_number(text)
