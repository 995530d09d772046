"""One advance of a year gives the same outbox as 365 advances of a day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from infra.local.inprocess import Engine
from infra.proof import year
from infra.proof.chains import break_ground
from tests.journeys.conftest import WorkOff

LEAP = datetime(2027, 3, 10, 8, 0, tzinfo=UTC)  # this year has a 29 February
COMMON = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("starts_at", "count", "with_inputs", "stride"),
    [(LEAP, 60, False, 1), (COMMON, 24, True, 4)],
    ids=["nothing comes in", "stays, changes and guests come in"],
)
def test_a_year_at_once_is_a_year_day_by_day(
    engine: Engine, work_off: WorkOff, starts_at: datetime, count: int, with_inputs: bool, stride: int
) -> None:
    assert year.compare(engine, work_off, starts_at, count, with_inputs=with_inputs, stride=stride) == []


def test_what_differs_is_found(engine: Engine, work_off: WorkOff) -> None:
    first, second = (year.Life(break_ground(starts_at=LEAP), work_off) for _ in range(2))
    body = year.guest_body(0, str(first.ground.houses[0].id))
    hq = first.ground.hq
    guests.create(hq, GuestIn.model_validate(body | {"birth_date": "1990-03-10"}))
    for life in (first, second):
        work_off()
        life.advance(LEAP + 3 * year.DAY)
    found = year.story_of(first, engine).differences(year.story_of(second, engine))
    assert [one.split(":")[0] for one in found] == ["only at once", "only at once"]
    text = str(year.story_of(first, engine))
    assert not any(name in text for name in (first.ground.chain_id, "gst_0", "dlv_0"))
