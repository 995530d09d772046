"""When points end."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chalicelib.kernel.i18n import InvalidValue
from chalicelib.loyalty.rules.expiry import ExpiryPolicy, check_policy, ends_at, months_after


class TestLastDay:
    @pytest.mark.parametrize(
        ("earned_on", "last"),
        [
            (date(2027, 1, 25), date(2027, 2, 25)),
            (date(2027, 1, 31), date(2027, 2, 28)),
            (date(2028, 1, 31), date(2028, 2, 29)),
            (date(2027, 12, 31), date(2028, 1, 31)),
        ],
    )
    def test_months_end_on_the_same_day_or_the_month_s_last(self, earned_on: date, last: date) -> None:
        assert ExpiryPolicy(months=1).expires_on(earned_on) == last

    def test_a_day_of_the_year(self) -> None:
        policy = ExpiryPolicy(day="12-31", years=1)
        assert policy.expires_on(date(2026, 1, 1)) == date(2027, 12, 31)
        assert policy.expires_on(date(2026, 12, 31)) == date(2027, 12, 31)
        assert ExpiryPolicy(day="03-31").expires_on(date(2026, 4, 1)) == date(2027, 3, 31)
        assert ExpiryPolicy(day="02-29").expires_on(date(2027, 1, 1)) == date(2027, 2, 28)

    def test_whichever_comes_first(self) -> None:
        policy = ExpiryPolicy(months=24, day="12-31", years=1)
        assert policy.expires_on(date(2026, 6, 1)) == date(2027, 12, 31)
        assert policy.expires_on(date(2025, 1, 5)) == date(2026, 12, 31)

    def test_never(self) -> None:
        assert ExpiryPolicy().expires_on(date(2026, 1, 1)) is None
        assert ExpiryPolicy().idle_on(date(2026, 1, 1)) is None

    def test_idleness_ends_all(self) -> None:
        assert ExpiryPolicy(idle_months=18).idle_on(date(2026, 8, 31)) == date(2028, 2, 29)


def test_a_lot_lives_through_its_day_in_the_chain_s_zone() -> None:
    assert ends_at(date(2026, 12, 31), "Asia/Shanghai") == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert ends_at(date(2026, 12, 31), "Europe/Lisbon") == datetime(2027, 1, 1, tzinfo=UTC)


def test_months_may_span_years() -> None:
    assert months_after(date(2026, 11, 30), 15) == date(2028, 2, 29)


@pytest.mark.parametrize(
    "policy",
    [
        ExpiryPolicy(months=0),
        ExpiryPolicy(months=121),
        ExpiryPolicy(idle_months=-1),
        ExpiryPolicy(day="13-01"),
        ExpiryPolicy(day="nonsense"),
        ExpiryPolicy(day="12-31", years=11),
        ExpiryPolicy(notice_days=(0,)),
        ExpiryPolicy(notice_days=(1, 2, 3, 4, 5, 6, 7)),
    ],
)
def test_policies_that_say_nothing_sensible_are_refused(policy: ExpiryPolicy) -> None:
    with pytest.raises(InvalidValue):
        check_policy(policy)
