"""Imported old stays send nothing, and arm nothing."""

from __future__ import annotations

from infra.local.inprocess import Engine
from infra.proof import history
from tests.journeys.conftest import WorkOff


def test_old_stays_are_silent(engine: Engine, work_off: WorkOff) -> None:
    assert history.journey(engine, work_off, 500) == []


def test_the_reckoning_looks_at_consent_and_day() -> None:
    rows = [history.guest_row(number) for number in range(500)]
    chosen = [row for row in rows if row["email"] in history.expected(rows)]
    assert chosen and all(row["consent_greeting_email"] for row in chosen)
    assert all("03-04" <= row["birth_date"][5:] <= "03-13" for row in chosen)
