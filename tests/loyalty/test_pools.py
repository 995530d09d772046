"""Pools: who may be in one, what may be put in, and that points keep their last days on the way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.loyalty import service
from chalicelib.loyalty.rules.lots import InsufficientPoints, TooManyLots
from chalicelib.loyalty.rules.pools import Pooling, PoolRefused, PoolRules
from chalicelib.loyalty.service.correcting import LOTS_MOVED_MAX
from chalicelib.loyalty.service.pooling import PoolClosed
from tests.builders import PASSWORD, make_staff
from tests.conftest import work_off_queues
from tests.loyalty.conftest import World
from tests.loyalty.test_importing import content
from tests.loyalty.test_importing import run as bring_in
from tests.portal.visitor import Visitor


@pytest.fixture
def household(world: World) -> tuple[World, str, str]:
    """A pool in the member's account, and another guest's membership in it."""
    world.publish(pool_members_max=3, pool_max_year=1_000, pool_cooling_days=10)
    other = world.enrol(world.new_guest())
    record, is_new = service.open_pool(world.hq, world.member_id)
    assert is_new and not service.open_pool(world.hq, world.member_id)[1]
    service.join_pool(world.hq, record.id, other)
    return world, record.id, other


def test_points_are_put_in_lot_by_lot(household: tuple[World, str, str]) -> None:
    world, pool_id, other = household
    for points, expires_on, reference in ((100, date(2027, 1, 31), "a"), (50, None, "b")):
        service.open_balance(
            world.hq, other, points=points, earned_on=date(2025, 5, 1), expires_on=expires_on, reference=reference
        )
    with pytest.raises(PoolRefused, match="after joining"):
        service.contribute(world.desk(), pool_id, other, 120)
    world.live_on(10)
    out = service.contribute(world.desk(), pool_id, other, 120)
    assert world.points == (120, 0, 0)
    lots = [(lot.left, lot.terms.expires_on, lot.terms.vintage) for lot in service.lots(world.hq, world.member_id)]
    assert lots == [(100, date(2027, 1, 31), "2025-05"), (20, None, "2025-05")]
    say = service.explain(world.hq, other, str(out.id), "guest", "en").headline
    into = service.explain(world.hq, world.member_id, str(world.entries()[-1].id), "guest", "zh").headline
    assert (say, into) == ("You put 120 points into your household's pool.", "120 分存入了您的家庭积分池。")
    assert world.is_right()


def test_within_the_limits_of_the_programme(household: tuple[World, str, str]) -> None:
    world, pool_id, other = household
    world.give(1_500, other)
    world.live_on(10)
    service.contribute(world.hq, pool_id, other, 900)
    with pytest.raises(PoolRefused, match="a year"):
        service.contribute(world.hq, pool_id, other, 101)
    with pytest.raises(InsufficientPoints):
        world.publish(pool_members_max=3, pool_max_year=10_000, pool_cooling_days=10, valid_from=date(2026, 3, 14))
        service.contribute(world.hq, pool_id, other, 601)
    with pytest.raises(Invalid):
        service.contribute(world.hq, pool_id, world.member_id, 1)
    third, fourth = (world.enrol(world.new_guest(name)) for name in ("C", "D"))
    with pytest.raises(Invalid):
        service.contribute(world.hq, pool_id, third, 1)
    service.join_pool(world.hq, pool_id, third)
    with pytest.raises(PoolRefused, match="at most"):
        service.join_pool(world.hq, pool_id, fourth)
    assert world.points == (900, 0, 0)
    assert world.is_right()


def test_who_leaves_cools_off_and_the_owner_closes_it(household: tuple[World, str, str]) -> None:
    world, pool_id, other = household
    service.leave_pool(world.hq, pool_id, other)
    assert service.leave_pool(world.hq, pool_id, other).members.keys() == {world.member_id}
    with pytest.raises(PoolRefused, match="may join"):
        service.join_pool(world.hq, pool_id, other)
    world.live_on(10)
    service.join_pool(world.hq, pool_id, other)
    closed = service.leave_pool(world.hq, pool_id, world.member_id)
    assert (closed.status, closed.members, service.get(world.hq, other).pool_id) == ("closed", {}, None)
    with pytest.raises(PoolClosed):
        service.contribute(world.hq, pool_id, other, 1)


def test_beyond_the_wall_and_without_pools(household: tuple[World, str, str]) -> None:
    world, pool_id, other = household
    with pytest.raises(NotFound):
        service.pool(world.desk(world.sister), pool_id)
    stranger = world.enrol(world.new_guest("E"))
    world.publish()
    with pytest.raises(PoolRefused, match="no pools"):
        service.join_pool(world.hq, pool_id, stranger)


def test_more_lots_than_a_transaction_moves_are_refused_not_broken(household: tuple[World, str, str]) -> None:
    world, pool_id, other = household
    number = str(service.get(world.hq, other).number)
    bring_in(world, content(*((f"lot-{n}", number, "", "1", "2025-05-01", "", "") for n in range(LOTS_MOVED_MAX + 1))))
    world.live_on(10)
    with pytest.raises(TooManyLots):
        service.contribute(world.hq, pool_id, other, LOTS_MOVED_MAX + 1)
    service.contribute(world.hq, pool_id, other, LOTS_MOVED_MAX)
    assert world.points == (LOTS_MOVED_MAX, 0, 0)
    work_off_queues()
    assert world.is_right()


def test_the_desk_begins_joins_puts_in_and_leaves(world: World) -> None:
    world.publish(pool_members_max=3, pool_max_year=1_000, pool_cooling_days=0)
    staff = make_staff(world.hq, "front_desk", email="desk@staff.example", property_ids=[world.house.id])
    desk = Visitor()
    desk.sign_in(str(staff.email), PASSWORD)
    other = world.enrol(world.new_guest())
    world.give(100, other)
    mine, theirs = f"/portal/members/{world.member_id}", f"/portal/members/{other}"
    number = str(world.member.number)
    not_yet = desk.submit(desk.get(theirs), f"{theirs}/pool", number=number)
    assert "This member is not in a pool." in not_yet.text
    assert desk.submit(desk.get(mine), f"{mine}/pool", number="").status == 303
    assert desk.submit(not_yet, f"{theirs}/pool", number=number).status == 303
    refused = desk.submit(desk.get(theirs), f"{theirs}/contributions", points="101")
    assert "101 points are needed, 100 are available." in refused.text
    assert desk.submit(refused, f"{theirs}/contributions", points="60").status == 303
    assert world.points == (60, 0, 0)
    assert "Ana Silva" in desk.get(mine).text
    assert desk.submit(desk.get(theirs), f"{theirs}/departures").status == 303
    assert "Join or begin a pool" in desk.get(theirs).text


@given(
    st.integers(0, 60),
    st.lists(
        st.tuples(st.sampled_from(["join", "give", "leave"]), st.integers(0, 40), st.integers(1, 600)), max_size=12
    ),
)
def test_no_year_s_limit_is_passed_by_leaving_and_joining(cooling: int, steps: list[tuple[str, int, int]]) -> None:
    rules = PoolRules(2, 1_000, cooling)
    state, today, given = Pooling(), date(2026, 1, 1), dict[int, int]()
    for step, days, points in steps:
        today += timedelta(days=days)
        try:
            if step == "join":
                state = state.joined("pol", rules, present=1, today=today)
            elif step == "leave" and state.pool_id:
                state = state.left(today)
            elif step == "give":
                state = state.gave(points, rules, today=today)
                given[today.year] = given.get(today.year, 0) + points
        except PoolRefused:
            continue
        assert Pooling.of(state.kept()) == state
    assert all(total <= 1_000 for total in given.values())
