"""Points for stays: as they stand, whatever was told before, at the version and rate of their business date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.loyalty import service
from chalicelib.loyalty.rules.earning import Rule
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from tests.builders import make_property
from tests.loyalty.conftest import World
from tests.orders import every_order


class TestAStay:
    def test_checked_out_it_earns_and_the_entry_says_why(self, world: World) -> None:
        stay = world.tell(amount=10_000)
        assert world.points == (1_000, 0, 0)
        entry = world.entries()[-1]
        assert (entry.type, int(entry.points), entry.source, entry.business_date) == (
            "accrual", 1_000, stay.id, "2026-03-04",
        )  # fmt: skip
        assert (entry.property_id, entry.funding_owner, entry.programme_version) == (world.house.id, world.house.id, 1)
        assert entry.detail["verdicts"] == [
            {"rule": "spend", "points": 1_000, "why_not": None, "amount": 10_000, "is_capped": False}
        ]
        assert world.is_right()

    @pytest.mark.parametrize("status", ["booked", "in_house", "cancelled", "no_show"])
    def test_in_any_other_status_it_earns_nothing(self, world: World, status: str) -> None:
        world.tell(status=status)
        assert world.points == (0, 0, 0)
        assert world.entries() == []

    def test_before_the_enrolment_it_earns_nothing(self, world: World) -> None:
        world.tell(arrival="2026-03-01", departure="2026-03-03")
        assert world.points == (0, 0, 0)

    def test_of_a_guest_who_is_no_member_it_earns_nobody(self, world: World) -> None:
        world.tell(guest_id=world.new_guest().id)
        assert world.points == (0, 0, 0)

    def test_the_same_word_twice_earns_once(self, world: World) -> None:
        world.tell()
        world.tell(version=1)
        world.tell(version=1)
        assert [int(entry.points) for entry in world.entries()] == [1_000]

    def test_amended_it_earns_the_difference(self, world: World) -> None:
        for amount in (10_000, 15_050, 4_000):
            world.tell(amount=amount)
        assert [int(entry.points) for entry in world.entries()] == [1_000, 505, -1_105]
        assert world.points == (400, 0, 0)
        assert world.is_right()

    @pytest.mark.parametrize("status", ["in_house", "cancelled", "no_show"])
    def test_reversed_it_is_taken_back_whole_and_may_complete_again(self, world: World, status: str) -> None:
        world.tell()
        world.tell(status=status)
        assert world.points == (0, 0, 0)
        world.tell()
        assert world.points == (1_000, 0, 0)
        assert world.is_right()

    def test_moved_to_another_guest_it_earns_the_other(self, world: World) -> None:
        other = world.new_guest()
        taker = world.enrol(other)
        world.tell()
        world.tell(guest_id=other.id)
        assert world.points == (0, 0, 0)
        assert int(service.get(world.hq, taker).balance) == 1_000
        assert world.is_right()

    def test_several_rooms_of_one_guest_earn_each(self, world: World) -> None:
        world.tell("S-1")
        world.tell("S-2")
        assert world.points == (2_000, 0, 0)

    def test_stays_told_before_the_guest_joined_count_from_the_day_of_joining(self, world: World) -> None:
        guest = world.new_guest()
        world.tell(guest_id=guest.id)
        member_id = world.enrol(guest)
        world.live_on(0.01)
        assert int(service.get(world.hq, member_id).balance) == 1_000

    def test_a_suspended_member_earns_nothing_new(self, world: World) -> None:
        service.change_status(world.hq, world.member_id, "suspended", int(world.member.version))
        world.tell()
        assert world.points == (0, 0, 0)


class TestEveryOrder:
    VERSIONS: tuple[dict[str, Any], ...] = (
        {"status": "booked", "amount": 10_000},
        {"status": "checked_out", "amount": 10_000},
        {"status": "checked_out", "amount": 25_000},
        {"status": "in_house", "amount": 25_000},
        {"status": "checked_out", "amount": 17_500},
    )

    EARNED = 1_750

    def tell_twice(self, world: World, place: int, number: str = "S-1") -> None:
        for _ in range(2):
            world.tell(number, version=place + 1, **self.VERSIONS[place])

    def test_five_versions_in_all_orders_each_told_twice_earn_the_same(self, world: World) -> None:
        count = 0
        for order in every_order(range(5), lambda place: self.tell_twice(world, place)):
            assert world.points == (self.EARNED, 0, 0), order
            assert world.is_right(), order
            count += 1
        assert count == 120

    def test_where_points_wait_they_wait_alike(self, new_world: Callable[..., World]) -> None:
        world = new_world(confirm_days=14)
        orders = list(permutations(range(5)))[::5]  # what waits adds nothing that differs
        for number, order in enumerate(orders):
            for place in order:
                self.tell_twice(world, place, f"S-{number}")
            assert world.points == (0, (number + 1) * self.EARNED, 0), order
        assert world.is_right()
        world.live_on(16)
        assert world.points == (len(orders) * self.EARNED, 0, 0)
        assert world.is_right()


class TestConfirmation:
    def test_points_wait_until_the_delay_is_over(self, new_world: Callable[..., World]) -> None:
        world = new_world(confirm_days=14)
        world.tell()
        assert world.points == (0, 1_000, 0)
        world.live_on(14)
        assert world.points == (0, 1_000, 0), "the business day closes at three in the morning"
        world.live_on(1)
        assert world.points == (1_000, 0, 0)
        assert [entry.type for entry in world.entries()] == ["accrual", "confirmation"]
        assert world.is_right()

    def test_what_is_taken_back_meanwhile_is_never_confirmed(self, new_world: Callable[..., World]) -> None:
        world = new_world(confirm_days=14)
        world.tell()
        world.tell(status="cancelled")
        world.live_on(20)
        assert world.points == (0, 0, 0)
        assert world.is_right()


class TestOriginalRules:
    def test_an_amendment_is_priced_by_the_version_of_the_business_date(self, world: World) -> None:
        world.tell(amount=10_000)
        world.live_on(1)
        world.publish(valid_from=date(2026, 3, 5), rules=(Rule("spend", "spend", points=50, per=100),))
        world.tell(amount=5_000)
        assert world.points == (500, 0, 0), "half of the lines, at the rules of the day"
        world.tell("S-2", arrival="2026-03-04", departure="2026-03-05", amount=10_000)
        assert world.points == (5_500, 0, 0)
        assert [entry.programme_version for entry in world.entries()] == [1, 1, 2]

    def test_a_version_cannot_begin_in_the_past(self, world: World) -> None:
        with pytest.raises(Invalid):
            world.publish(valid_from=date(2026, 3, 3))

    def test_the_property_bears_what_a_spent_stay_leaves_behind(self, world: World) -> None:
        world.tell(amount=10_000)
        service.redeem(world.hq, world.member_id, points=900, reward="free_night", property_id=None)
        world.tell(status="cancelled")
        entry = world.entries()[-1]
        assert (int(entry.points), int(entry.written_off), entry.cost_owner) == (-100, 900, world.house.id)
        world.tell(amount=10_000)
        assert world.points == (100, 0, 0), "what the guest has kept is not given again"
        assert world.is_right()

    def test_a_chain_may_go_below_zero(self, new_world: Callable[..., World]) -> None:
        world = new_world(returns="unlimited")
        world.tell(amount=10_000)
        service.redeem(world.hq, world.member_id, points=900, reward="free_night", property_id=None)
        world.tell(status="cancelled")
        assert world.points == (-900, 0, 0)
        world.tell("S-2", amount=10_000)
        assert world.points == (100, 0, 0)
        assert world.is_right()


class TestEnds:
    def test_points_earned_on_25_january_live_through_25_february(self, new_world: Callable[..., World]) -> None:
        world = new_world(expiry=ExpiryPolicy(months=1))
        world.tell()  # 4 March, so through 4 April
        world.live_on(31)
        assert (world.hq.now.date(), world.points) == (date(2026, 4, 4), (1_000, 0, 0))
        world.live_on(1)
        assert world.points == (0, 0, 0)
        assert [(entry.type, int(entry.points)) for entry in world.entries()] == [
            ("accrual", 1_000),
            ("expiry", -1_000),
        ]
        assert world.is_right()

    def test_one_advance_of_a_year_equals_days(self, new_world: Callable[..., World]) -> None:
        ends = []
        for steps in ([120], [1] * 120):
            world = new_world(expiry=ExpiryPolicy(months=2, idle_months=1, notice_days=(10,)))
            world.tell()
            world.give(50)
            for days in steps:
                world.live_on(days)
            ends.append([(entry.type, int(entry.points), entry.at[:10], entry.reason) for entry in world.entries()])
        assert ends[0] == ends[1]

    def test_a_chain_can_suspend_the_end_in_a_crisis(self, new_world: Callable[..., World]) -> None:
        world = new_world(expiry=ExpiryPolicy(months=1))
        world.tell()
        programme = service.programme_of(world.hq, str(world.programme.id))
        service.change(world.hq, str(programme.id), {"is_expiry_suspended": True}, int(programme.version))
        world.live_on(60)
        assert world.points == (1_000, 0, 0)


class TestExchangeRates:
    @pytest.fixture
    def abroad(self, new_world: Callable[..., World]) -> World:
        world = new_world()
        world.house = make_property(world.hq, "Suzhou House", country="CN", time_zone="Asia/Shanghai", currency="CNY")
        return world

    def test_a_missing_rate_is_an_exception_and_never_nothing(self, abroad: World) -> None:
        stay = abroad.tell(amount=80_000)
        assert abroad.points == (0, 0, 0)
        waiting = service.unpriced(abroad.hq, limit=10)[0]
        assert [(one.stay_key, one.exception) for one in waiting] == [(abroad.hq.key(str(stay.id)), "no_rate")]

    def test_when_the_rate_comes_the_stay_is_priced_by_it(self, abroad: World) -> None:
        abroad.tell(amount=80_000)
        service.tell(abroad.hq, "2026-03-04", "EUR", {"CNY": "0.125"})
        abroad.live_on(0.01)
        assert abroad.points == (1_000, 0, 0)
        assert service.unpriced(abroad.hq, limit=10)[0] == []
        assert (abroad.entries()[-1].rate, abroad.is_right()) == ("1/8", True)

    def test_an_amendment_keeps_the_rate_it_was_priced_by(self, abroad: World) -> None:
        service.tell(abroad.hq, "2026-03-04", "EUR", {"CNY": "0.125"})
        abroad.tell(amount=80_000)
        service.tell(abroad.hq, "2026-03-04", "EUR", {"CNY": "0.25"})
        abroad.tell(amount=40_000)
        assert abroad.points == (500, 0, 0)

    @pytest.mark.parametrize("rates", [{"CNY": "0"}, {"CNY": "-1"}, {"XXQ": "1"}, {"CNY": "1,5"}])
    def test_what_is_no_rate_is_refused(self, abroad: World, rates: dict[str, str]) -> None:
        with pytest.raises(Invalid):
            service.tell(abroad.hq, "2026-03-04", "EUR", rates)
