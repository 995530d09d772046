"""Blackout dates: closed days refuse and name the next free one, by house and by the version of the day of use."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.loyalty import service
from chalicelib.loyalty.rules.blackouts import Blackout, BlackoutDate, check_blackouts
from chalicelib.loyalty.rules.programmes import Version, check_day_of_use
from tests.builders import make_key
from tests.client import Client
from tests.loyalty.conftest import TEN_A_EURO, World

XMAS = Blackout(date(2026, 12, 24), date(2026, 12, 26))
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


def version(*blackouts: Blackout, number: int = 1, valid_from: date = date(2026, 1, 1)) -> Version:
    return Version(number, valid_from, (TEN_A_EURO,), blackouts=blackouts)


def test_a_closed_day_is_refused_with_the_next_free_one(world: World) -> None:
    world.give(500)
    here = Blackout(date(2026, 12, 27), date(2026, 12, 31), frozenset({world.house.id}))
    world.publish(blackouts=(XMAS, here))
    client = Client(make_key(world.hq))
    address = f"/v1/members/{world.member_id}/redemptions"
    body = {"points": 100, "reward": "free_night", "property_id": world.house.id}
    refused = client.post(address, {**body, "use_on": "2026-12-25"})
    assert (refused.status, refused.json["type"].rsplit("/", 1)[1]) == (409, "blackout_date")
    assert refused.json["detail"] == "No points are redeemed for 2026-12-25; the next free day is 2027-01-01."
    there = client.post(address, {**body, "property_id": world.sister.id, "use_on": "2026-12-25"}, accept_language="zh")
    assert there.json["detail"] == "2026-12-25 不能兑换积分；最近可用的日期是 2026-12-27。"
    done = client.post(address, {**body, "property_id": world.sister.id, "use_on": "2026-12-27"})
    assert (done.status, done.json["use_on"]) == (201, "2026-12-27")
    assert client.post(address, {**body, "use_on": "2026-03-03"}).status == 422
    assert world.points == (400, 0, 0)


def test_today_is_the_day_of_use_where_none_is_named(world: World) -> None:
    world.give(500)
    world.publish(blackouts=(Blackout(date(2026, 3, 4), date(2026, 3, 5)),))
    with pytest.raises(BlackoutDate):
        service.redeem(world.hq, world.member_id, points=1, reward="x", property_id=None)
    with pytest.raises(Invalid):
        service.redeem(world.hq, world.member_id, points=1, reward="x", property_id=None, use_on=date(2029, 1, 1))
    world.live_on(2)
    service.redeem(world.hq, world.member_id, points=1, reward="x", property_id=None)


def test_the_version_of_the_day_of_use_decides() -> None:
    closed, opened = version(XMAS), version(number=2, valid_from=date(2026, 12, 26))
    with pytest.raises(BlackoutDate) as refusal:
        check_day_of_use([closed, opened], date(2026, 12, 24), None)
    assert dict(refusal.value.values) == {"day": "2026-12-24", "free": "2026-12-26"}
    check_day_of_use([closed, opened], date(2026, 12, 26), None)


def test_an_end_that_is_not_in_sight() -> None:
    years = [
        Blackout(date(2026, 1, 1) + timedelta(days=365 * n), date(2026, 12, 31) + timedelta(days=365 * n))
        for n in (0, 1)
    ]
    with pytest.raises(BlackoutDate, match="long time"):
        check_day_of_use([version(*years)], date(2026, 1, 1), None)


def test_versions_keep_their_blackouts() -> None:
    kept = version(XMAS, Blackout(date(2027, 1, 1), date(2027, 1, 1), frozenset({"b", "a"})))
    assert Version.of(kept.as_dict()) == kept
    old = version().as_dict()
    del old["blackouts"]
    assert Version.of(old) == version()


@pytest.mark.parametrize(
    "blackout", [Blackout(date(2026, 1, 2), date(2026, 1, 1)), Blackout(date(2026, 1, 1), date(2027, 1, 2))]
)
def test_what_makes_no_sense_is_refused(blackout: Blackout) -> None:
    with pytest.raises(InvalidValue):
        check_blackouts([blackout])


@given(
    st.lists(st.builds(lambda day, n: Blackout(day, day + timedelta(days=n)), DAYS, st.integers(0, 20)), max_size=6),
    DAYS,
)
def test_the_next_free_day_is_free_and_none_before_it_is(blackouts: list[Blackout], day: date) -> None:
    try:
        check_day_of_use([version(*blackouts)], day, None)
    except BlackoutDate as refusal:
        free = date.fromisoformat(str(refusal.values["free"]))
        assert not any(one.covers(free, None) for one in blackouts)
        between = [day + timedelta(days=n) for n in range((free - day).days)]
        assert all(any(one.covers(each, None) for one in blackouts) for each in between)
    else:
        assert not any(one.covers(day, None) for one in blackouts)
