"""The end of points is told once for each day and notice, late rather than never, and never for what was past."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel import agenda
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.events import _REACTIONS, Event, reacts_to
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import kinds, service
from chalicelib.loyalty.events import POINTS_ENDING
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from chalicelib.loyalty.rules.notices import days_to_come, due_notice, let_pass
from tests.conftest import work_off_queues
from tests.loyalty.conftest import World

TODAY = date(2026, 3, 4)
NOTICES = (60, 30, 7, 1)
ZONE = "Europe/Lisbon"


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What somebody who listens is told."""
    told: list[dict[str, Any]] = []

    def listen(scope: Scope, event: Event, unit: Unit) -> None:
        told.append({**event.detail, "member_id": event.subject_id, "on": local_day(scope.now, ZONE).isoformat()})

    reacts_to(POINTS_ENDING, "tests.listen")(listen)
    yield told
    del _REACTIONS[POINTS_ENDING]["tests.listen"]


def brief(told: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return [(one["last_day"], one["notice"], one["points"]) for one in told]


def opened(world: World, points: int, last_day: date, reference: str) -> None:
    service.open_balance(
        world.hq, world.member_id, points=points, earned_on=date(2025, 5, 1), expires_on=last_day, reference=reference
    )
    work_off_queues()


def end_now(world: World) -> None:
    """The piece of work is handed out, once more than it has to be."""
    unit = Unit(world.hq)
    agenda.arm(unit, subject_id=world.member_id, kind=kinds.END, is_recurring=True, due_at=world.hq.now, is_nudged=True)
    unit.commit()
    work_off_queues()


def test_each_notice_once_with_what_a_message_needs(world: World, heard: list[dict[str, Any]]) -> None:
    last_day = TODAY + timedelta(days=70)
    opened(world, 100, last_day, "a")
    world.live_on(15)
    opened(world, 50, last_day, "b")
    for _ in range(2):
        end_now(world)
    world.live_on(60)
    day = last_day.isoformat()
    assert brief(heard) == [(day, 60, 100), (day, 30, 150), (day, 7, 150), (day, 1, 150)]
    assert [one["on"] for one in heard] == [(last_day - timedelta(days=days)).isoformat() for days in NOTICES]
    first = heard[0]
    assert (first["member_id"], first["guest_id"], first["programme_id"]) == (
        world.member_id, world.guest.id, str(world.programme.id),
    )  # fmt: skip
    assert world.points == (0, 0, 0)
    assert world.member.told is None
    assert world.is_right()


def test_history_is_silent_and_so_are_notices_that_were_past(world: World, heard: list[dict[str, Any]]) -> None:
    opened(world, 10, TODAY - timedelta(days=1), "ended")
    opened(world, 20, TODAY + timedelta(days=10), "soon")
    opened(world, 30, TODAY, "today")
    for _ in range(2):
        end_now(world)
    assert heard == []
    world.live_on(20)
    assert brief(heard) == [(str(TODAY + timedelta(days=10)), 7, 20), (str(TODAY + timedelta(days=10)), 1, 20)]


def test_late_is_told_once_and_only_the_nearest(new_world: Callable[..., World], heard: list[dict[str, Any]]) -> None:
    world = new_world(expiry=ExpiryPolicy(notice_days=NOTICES))
    last_day = TODAY + timedelta(days=70)
    opened(world, 100, last_day, "a")
    programme = service.programme_of(world.hq, str(world.programme.id))
    service.change(world.hq, str(programme.id), {"is_expiry_suspended": True}, int(programme.version))
    world.live_on(45)  # the sixtieth and the thirtieth day before pass in a crisis
    assert heard == []
    programme = service.programme_of(world.hq, str(world.programme.id))
    service.change(world.hq, str(programme.id), {"is_expiry_suspended": False}, int(programme.version))
    world.live_on(2)
    end_now(world)
    assert brief(heard) == [(last_day.isoformat(), 30, 100)]


def test_a_membership_that_is_not_active_hears_nothing(world: World, heard: list[dict[str, Any]]) -> None:
    opened(world, 100, TODAY + timedelta(days=61), "a")
    service.change_status(world.hq, world.member_id, "suspended", int(world.member.version))
    world.live_on(3)
    assert heard == []
    service.change_status(world.hq, world.member_id, "active", int(world.member.version))
    world.live_on(2)
    assert [one[1] for one in brief(heard)] == [60]


@given(
    st.integers(0, 90), st.lists(st.integers(1, 70), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(0, 9), max_size=30),
)  # fmt: skip
def test_however_often_and_late_it_is_asked(ahead: int, notice_days: list[int], pauses: list[int]) -> None:
    last_day, today = TODAY + timedelta(days=ahead), TODAY
    told = let_pass([last_day], today, notice_days)
    was_past = set(notice_days) - {(last_day - day).days for day in days_to_come(last_day, today, notice_days)}
    heard: list[int] = []
    for pause in [*pauses, *[1] * 100]:
        notice = due_notice(last_day, today, notice_days, told)
        if notice is not None:
            assert (last_day - today).days <= notice and today <= last_day
            heard.append(notice)
            told = {last_day.isoformat(): notice}
        today += timedelta(days=pause)
    assert heard == sorted(set(heard), reverse=True)
    assert not was_past & set(heard)
    if not pauses:
        assert set(heard) == set(notice_days) - was_past
