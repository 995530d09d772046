"""The line for lunar birthdays notices what it is there for."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from chalicelib.kernel.calendars import birthdays
from chalicelib.kernel.calendars.lunar import LunarDay, kept_in
from infra.proof import calendar_days, lunar_days

LEAP_MONTH = date(2025, 7, 25)  # the first day of the leap sixth month
LAST_OF_YEAR = date(2026, 2, 16)  # the 29th of a twelfth month that has no 30th


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here needs the stack."""


def problems(day: date, zone: str = "Asia/Shanghai") -> list[str]:
    clock = calendar_days.clock_of(zone, day.year, 2)
    return list(lunar_days.problems_of(clock, day, random.Random(1)))


def test_days_of_leap_months_and_thirtieths_are_asked_about() -> None:
    assert lunar_days.kept_on(LEAP_MONTH) == ((6, 1, True),)
    assert set(lunar_days.kept_on(LAST_OF_YEAR)) >= {(12, 29, False), (12, 30, False)}
    assert lunar_days.births_of(lunar_days.Named(6, 1, True)) and lunar_days.births_of(lunar_days.Named(12, 30, False))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Pacific/Chatham"])
def test_the_oracle_and_the_product_agree(zone: str) -> None:
    days = [start + timedelta(days=by) for start in (LEAP_MONTH, LAST_OF_YEAR) for by in range(-2, 33, 5)]
    assert [one for day in [*days, LAST_OF_YEAR] for one in problems(day, zone)] == []


def test_a_product_that_takes_leap_months_for_ordinary_ones_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(year: int, kept: LunarDay) -> date:
        return kept_in(year, kept._replace(is_leap=False))

    monkeypatch.setattr(birthdays, "kept_in", forgetful)
    assert problems(LEAP_MONTH)


def test_a_product_that_skips_a_thirtieth_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def strict(year: int, kept: LunarDay) -> date:
        found = kept_in(year, kept)
        return found + timedelta(days=1) if kept.day == 30 and found == LAST_OF_YEAR else found

    monkeypatch.setattr(birthdays, "kept_in", strict)
    assert problems(LAST_OF_YEAR)
