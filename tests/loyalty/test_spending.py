"""Redemptions and corrections: nothing is spent twice, and what comes back comes back to its own lots."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest

from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from chalicelib.loyalty import service
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from chalicelib.loyalty.rules.ledger import NothingToDo
from chalicelib.loyalty.rules.lots import InsufficientPoints
from chalicelib.loyalty.service.booking import MemberInactive
from chalicelib.loyalty.service.spending import RedemptionSettled
from tests.loyalty.conftest import World


def redeem(world: World, points: int, *, is_hold: bool = False) -> service.Redemption:
    return service.redeem(
        world.hq, world.member_id, points=points, reward="free_night", property_id=world.house.id, is_hold=is_hold
    )


class TestRedeeming:
    def test_it_takes_points_and_says_from_which_lots(self, world: World) -> None:
        world.give(300)
        world.tell(amount=5_000)
        record = redeem(world, 700)
        assert (record.status, world.points) == ("captured", (100, 0, 0))
        assert sum(one["points"] for one in record.slices) == 700
        assert world.entries()[-1].reason == "free_night"
        assert world.is_right()

    def test_too_few_points_move_nothing(self, world: World) -> None:
        world.give(300)
        with pytest.raises(InsufficientPoints):
            redeem(world, 301)
        assert (world.points, len(world.entries())) == ((300, 0, 0), 1)

    def test_the_programme_s_least_and_most_hold(self, new_world: Callable[..., World]) -> None:
        world = new_world(redeem_min=100, redeem_max=200)
        world.give(500)
        for points in (99, 201):
            with pytest.raises(Invalid):
                redeem(world, points)
        redeem(world, 200)

    @pytest.mark.parametrize("status", ["suspended", "closed"])
    def test_points_of_an_inactive_member_do_not_move(self, world: World, status: str) -> None:
        world.give(500)
        service.change_status(world.hq, world.member_id, status, int(world.member.version))
        for step in (lambda: redeem(world, 1), lambda: world.give(1)):
            with pytest.raises(MemberInactive):
                step()
        assert world.points == (500, 0, 0)

    def test_of_sixteen_who_want_five_rewards_at_once_five_succeed(self, world: World) -> None:
        world.give(500)
        answers: list[str] = []

        def one() -> None:
            for _ in range(40):  # a writer that meets others is told so, and tries again
                try:
                    redeem(world, 100)
                except InsufficientPoints:
                    answers.append("refused")
                    return
                except Conflict:
                    continue
                answers.append("redeemed")
                return

        threads = [threading.Thread(target=one) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["redeemed"] * 5 + ["refused"] * 11
        assert world.points == (0, 0, 0)
        assert world.is_right()


class TestHolds:
    def test_a_hold_is_captured_in_part_and_the_rest_goes_back(self, world: World) -> None:
        world.give(500)
        held = redeem(world, 400, is_hold=True)
        assert world.points == (500, 0, 400)
        with pytest.raises(InsufficientPoints):
            redeem(world, 101)
        record = service.capture(world.hq, world.member_id, str(held.id), 250)
        assert (record.status, int(record.points), world.points) == ("captured", 250, (250, 0, 0))
        with pytest.raises(RedemptionSettled):
            service.release(world.hq, world.member_id, str(held.id))
        assert world.is_right()

    def test_a_hold_that_nobody_settles_ends_by_itself(self, world: World) -> None:
        world.give(500)
        held = redeem(world, 400, is_hold=True)
        world.live_on(3.1)
        assert world.points == (500, 0, 0)
        assert [entry.type for entry in world.entries()] == ["adjustment", "hold", "release"]
        with pytest.raises(RedemptionSettled):
            service.capture(world.hq, world.member_id, str(held.id))
        assert world.is_right()

    def test_points_whose_lot_ended_while_they_were_held_end_with_the_release(
        self, new_world: Callable[..., World]
    ) -> None:
        world = new_world(expiry=ExpiryPolicy(months=1), hold_hours=24 * 60)
        world.tell()
        redeem(world, 400, is_hold=True)
        world.live_on(35)
        assert world.points == (400, 0, 400), "only what was free has ended"
        world.live_on(30)
        assert world.points == (0, 0, 0)
        assert world.is_right()


class TestCancelling:
    def test_points_come_back_once_less_the_penalty(self, world: World) -> None:
        world.give(500)
        record = redeem(world, 400)
        service.cancel(world.hq, world.member_id, str(record.id), 50)
        assert world.points == (450, 0, 0)
        service.cancel(world.hq, world.member_id, str(record.id), 50)
        assert world.points == (450, 0, 0), "a repetition changes nothing"
        with pytest.raises(RedemptionSettled):
            service.cancel(world.hq, world.member_id, str(record.id))
        assert world.is_right()

    def test_where_the_lot_has_ended_the_chain_may_give_some_days_more(self, new_world: Callable[..., World]) -> None:
        world = new_world(expiry=ExpiryPolicy(months=1), lapsed="min_validity", lapsed_days=30)
        world.tell()
        record = redeem(world, 1_000)
        world.live_on(40)
        service.cancel(world.hq, world.member_id, str(record.id))
        lots = service.lots(world.hq, world.member_id)
        assert [(lot.left, lot.terms.expires_on) for lot in lots] == [(1_000, date(2026, 5, 13))]
        world.live_on(31)
        assert world.points == (0, 0, 0)
        assert world.is_right()


class TestCorrections:
    def test_a_role_adjusts_up_to_its_limit(self, world: World) -> None:
        for role, most in (("front_desk", 500), ("property_manager", 10_000)):
            scope = world.desk(role=role)
            given = {"reason": "goodwill", "cost_owner": world.house.id}
            service.adjust(scope, world.member_id, points=most, **given)
            with pytest.raises(Forbidden):
                service.adjust(scope, world.member_id, points=most + 1, **given)
            with pytest.raises(Forbidden):
                service.adjust(scope, world.member_id, points=-most - 1, **given)
        assert world.points == (10_500, 0, 0)
        assert world.is_right()

    def test_somebody_bears_the_cost_and_not_somebody_else_s_house(self, world: World) -> None:
        for owner in (world.sister.id, "chain"):
            with pytest.raises(Invalid):
                service.adjust(world.desk(), world.member_id, points=1, reason="goodwill", cost_owner=owner)

    def test_never_more_is_taken_than_there_is(self, world: World) -> None:
        world.give(10)
        with pytest.raises(InsufficientPoints):
            world.give(-11)
        with pytest.raises(Conflict):
            world.give(0)

    def test_ended_points_are_brought_back_once(self, new_world: Callable[..., World]) -> None:
        world = new_world(expiry=ExpiryPolicy(months=1))
        world.tell()
        world.live_on(40)
        ended = world.entries()[-1]
        again = {"sequence": ended.sequence, "until": date(2026, 5, 1), "reason": "goodwill"}
        service.reinstate(world.hq, world.member_id, **again)
        assert world.points == (1_000, 0, 0)
        service.reinstate(world.hq, world.member_id, **again)
        assert world.points == (1_000, 0, 0), "a repetition changes nothing"
        world.live_on(30)
        with pytest.raises(NothingToDo):
            service.reinstate(world.hq, world.member_id, **{**again, "until": date(2026, 9, 1)})
        assert world.is_right()

    def test_an_end_can_be_put_off(self, new_world: Callable[..., World]) -> None:
        world = new_world(expiry=ExpiryPolicy(months=1))
        world.tell()
        service.extend(world.hq, world.member_id, until=date(2026, 6, 1), reason="goodwill")
        world.live_on(60)
        assert world.points == (1_000, 0, 0)
        world.live_on(35)
        assert world.points == (0, 0, 0)
        assert world.is_right()

    def test_a_transfer_keeps_the_last_days_and_the_yearly_limit(self, new_world: Callable[..., World]) -> None:
        world = new_world(expiry=ExpiryPolicy(months=3), transfer_max_year=600)
        world.tell()
        taker = world.enrol(world.new_guest())
        service.transfer(world.hq, world.member_id, taker, 600)
        assert (world.points[0], int(service.get(world.hq, taker).balance)) == (400, 600)
        assert service.lots(world.hq, taker)[0].terms.expires_on == date(2026, 6, 4)
        with pytest.raises(Conflict):
            service.transfer(world.hq, world.member_id, taker, 1)
        with pytest.raises(Invalid):
            service.transfer(world.hq, world.member_id, world.member_id, 1)
        assert world.is_right()

    def test_an_opening_balance_is_brought_in_once(self, world: World) -> None:
        opening = {
            "points": 900, "earned_on": date(2025, 6, 1), "expires_on": date(2027, 6, 1), "reference": "old-1",
        }  # fmt: skip
        first = service.open_balance(world.hq, world.member_id, **opening)
        assert service.open_balance(world.hq, world.member_id, **opening).id == first.id
        with pytest.raises(Conflict):
            service.open_balance(world.hq, world.member_id, **{**opening, "points": 901})
        assert world.points == (900, 0, 0)

    def test_a_balance_that_has_ended_is_brought_in_and_ended(self, world: World) -> None:
        service.open_balance(
            world.hq, world.member_id, points=70, earned_on=date(2024, 1, 1), expires_on=date(2026, 3, 3),
            reference="old",
        )  # fmt: skip
        assert [(entry.type, int(entry.points)) for entry in world.entries()] == [("opening", 70), ("expiry", -70)]
        assert world.is_right()


class TestWalls:
    def test_a_member_of_another_house_s_guest_is_nobody(self, world: World) -> None:
        stranger = world.desk(world.sister)
        steps: list[Callable[[], object]] = [
            lambda: service.get(stranger, world.member_id),
            lambda: service.redeem(stranger, world.member_id, points=1, reward="x", property_id=None),
            lambda: service.entries(stranger, world.member_id, limit=10, after=None),
            lambda: service.lots(stranger, world.member_id),
            lambda: service.of_guest(stranger, world.guest.id),
        ]
        for step in steps:
            with pytest.raises(NotFound):
                step()
        assert service.by_number(stranger, str(world.member.number)) == []

    def test_nor_is_one_of_another_chain(self, world: World, new_world: Callable[..., World]) -> None:
        other = new_world()
        with pytest.raises(NotFound):
            service.get(other.hq, world.member_id)
        assert service.by_number(other.hq, str(world.member.number)) == []
        with pytest.raises(Refusal):
            service.transfer(other.hq, other.member_id, world.member_id, 1)
