"""Memberships are joined and parted: points, dates, locks, debts and stays go along, and nothing is made or lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.guests import service as guests
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import service
from chalicelib.loyalty.rules import ledger, merging
from chalicelib.loyalty.rules.ledger import Entry
from chalicelib.loyalty.rules.lots import Account, Lot, Terms, total
from chalicelib.loyalty.rules.merging import LOTS_PER_STEP, Settling
from chalicelib.loyalty.service.claiming import StayEarned
from tests.conftest import work_off_queues
from tests.loyalty.conftest import World
from tests.loyalty.test_importing import content
from tests.loyalty.test_importing import run as bring_in

TODAY = date(2026, 3, 4)


@pytest.fixture
def twins(world: World) -> tuple[World, str, str]:
    """Two guests with a membership each: the world's own, and another with its guest's id."""
    guest = world.new_guest()
    return world, world.enrol(guest), guest.id


MERGES: dict[str, str] = {}


def merged(world: World, guest_id: str, *, runs: bool = True) -> None:
    """Let the desk merge another guest into the world's."""
    MERGES[guest_id] = str(guests.merge(world.hq, world.guest.id, guest_id, {}, "the same passport").id)
    if runs:
        work_off_queues()


def parted(world: World, guest_id: str) -> None:
    """Let the desk undo it."""
    guests.part(world.hq, MERGES[guest_id], "two sisters")
    work_off_queues()


def again(world: World, guest_id: str, is_merge: bool, merge_id: str | None = None) -> None:
    """The fact arrives once more, or one of another merge."""
    unit = Unit(world.hq)
    known = merge_id or MERGES[guest_id]
    if is_merge:
        service.merge_guests(world.hq, unit, world.guest.id, guest_id, known)
    else:
        service.part_guests(world.hq, unit, guest_id, known)
    unit.commit()
    work_off_queues()


def account(world: World, member_id: str) -> tuple[int, int, int, list[tuple[int, int, date | None, str]]]:
    member = service.get(world.hq, member_id)
    lots = [(lot.left, lot.held, lot.terms.expires_on, lot.terms.id) for lot in service.lots(world.hq, member_id)]
    return int(member.balance), int(member.pending), int(member.debt), lots


def opened(world: World, member_id: str, points: int, reference: str, expires_on: date | None = None) -> None:
    service.open_balance(
        world.hq, member_id, points=points, earned_on=date(2025, 5, 1), expires_on=expires_on, reference=reference
    )


class TestJoining:
    def test_lots_keep_their_days_and_the_old_number_finds_the_survivor(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, world.member_id, 100, "same", date(2027, 1, 31))
        opened(world, other, 70, "same", date(2026, 12, 31))
        opened(world, other, 30, "free")
        before = world.is_right()
        merged(world, guest_id)
        again(world, guest_id, True)
        assert world.points == (200, 0, 0)
        lots = service.lots(world.hq, world.member_id)
        assert [(lot.left, lot.terms.expires_on, lot.terms.vintage) for lot in lots] == [
            (70, date(2026, 12, 31), "2025-05"), (100, date(2027, 1, 31), "2025-05"), (30, None, "2025-05"),
        ]  # fmt: skip
        old = service.get(world.hq, other)
        assert (old.status, old.merged_into, int(old.balance)) == ("closed", world.member_id, 0)
        assert [one.id for one in service.by_number(world.hq, str(old.number))] == [world.member_id]
        out, into = world.entries(other)[-1], world.entries()[-1]
        assert (out.type, int(out.points), into.type, int(into.points)) == ("merge_out", -100, "merge_in", 100)
        said = [
            service.explain(world.hq, id, str(one.id), "guest", "zh").headline
            for id, one in ((other, out), (world.member_id, into))
        ]
        assert said == ["100 分转入了与此合并的会员账户。", "与此合并的会员账户转来 100 分。"]
        assert before and world.is_right()

    def test_any_number_of_lots_in_steps(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        number, day = str(service.get(world.hq, other).number), date(2027, 1, 1)
        rows = [
            (f"lot-{place}", number, "", "1", "2025-05-01", str(day + timedelta(days=place)), "")
            for place in range(LOTS_PER_STEP * 2 + 1)
        ]
        bring_in(world, content(*rows))
        merged(world, guest_id)
        assert world.points == (LOTS_PER_STEP * 2 + 1, 0, 0)
        assert [entry.type for entry in world.entries(other)].count("merge_out") == 3
        assert world.is_right()
        parted(world, guest_id)
        assert (world.points, account(world, other)[0]) == ((0, 0, 0), LOTS_PER_STEP * 2 + 1)
        assert world.is_right()

    def test_a_redemption_goes_on_where_the_points_are(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, other, 100, "a")
        held = service.redeem(world.hq, other, points=60, reward="spa", property_id=None, is_hold=True)
        spent = service.redeem(world.hq, other, points=30, reward="tea", property_id=None)
        merged(world, guest_id)
        assert world.points == (70, 0, 60)
        assert service.capture(world.hq, other, str(held.id), 50).status == "captured"
        assert service.cancel(world.hq, other, str(spent.id)).status == "cancelled"
        assert world.points == (50, 0, 0)
        assert world.is_right()

    def test_what_a_refunded_stay_is_short_of_is_taken_back_after_the_merge(
        self, twins: tuple[World, str, str]
    ) -> None:
        world, other, guest_id = twins
        world.tell("S-2", guest_id=guest_id)
        spent = service.redeem(world.hq, other, points=800, reward="spa", property_id=None)
        world.tell("S-2", guest_id=guest_id, status="cancelled")
        assert account(world, other)[0] == 0
        merged(world, guest_id)
        service.cancel(world.hq, other, str(spent.id))
        assert world.points == (0, 0, 0)
        assert world.is_right()

    def test_the_preview_of_a_merge_tells_of_memberships(self, twins: tuple[World, str, str]) -> None:
        world, _, guest_id = twins
        held = guests.preview(world.hq, world.guest.id, guest_id).absorbed.held
        assert held["memberships"].count == 1

    def test_the_stays_of_both_earn_in_one_account(self, new_world: Callable[..., World]) -> None:
        world = new_world(confirm_days=3)
        guest = world.new_guest()
        other = world.enrol(guest)
        world.tell("S-2", guest_id=guest.id, amount=10_000)
        merged(world, guest.id)
        assert world.points == (0, 1_000, 0)
        world.tell("S-2", guest_id=guest.id, amount=20_000)
        world.tell("S-3", guest_id=guest.id, amount=3_000)
        assert world.points == (0, 2_300, 0)
        world.live_on(5)
        assert world.points == (2_300, 0, 0)
        world.tell("S-2", guest_id=guest.id, amount=5_000)
        assert world.points == (800, 0, 0)
        assert world.is_right()
        parted(world, guest.id)
        assert (world.points, account(world, other)[0]) == ((0, 0, 0), 800)
        world.tell("S-3", guest_id=guest.id, amount=4_000)
        assert account(world, other)[:2] == (900, 0)
        assert world.is_right()

    def test_who_is_no_member_takes_the_membership_over(self, world: World) -> None:
        guest = world.new_guest()  # survives, and has never joined
        made = guests.merge(world.hq, guest.id, world.guest.id, {}, "the same passport")
        work_off_queues()
        assert [one.id for one in service.of_guest(world.hq, guest.id)] == [world.member_id]
        world.tell("S-1", amount=10_000)
        world.tell("S-2", guest_id=guest.id, amount=5_000)
        assert world.points == (1_500, 0, 0)
        guests.part(world.hq, made.id, "two brothers")
        work_off_queues()
        assert service.of_guest(world.hq, guest.id) == []
        assert world.enrol(guest) != world.member_id
        assert (world.member.guest_id, world.points) == (world.guest.id, (1_000, 0, 0))
        assert world.is_right()

    def test_a_suspended_membership_suspends_and_a_closed_one_stays_out(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, other, 70, "a")
        service.change_status(world.hq, other, "suspended", int(service.get(world.hq, other).version))
        merged(world, guest_id)
        assert (world.member.status, world.points) == ("suspended", (70, 0, 0))
        parted(world, guest_id)
        statuses = world.member.status, service.get(world.hq, other).status
        assert (statuses, world.points) == (("active", "suspended"), (0, 0, 0))
        service.change_status(world.hq, other, "closed", int(service.get(world.hq, other).version))
        merged(world, guest_id)
        assert (world.member.status, world.points, account(world, other)[0]) == ("active", (0, 0, 0), 70)
        assert world.is_right()

    def test_a_survivor_whose_membership_is_closed_takes_the_open_one(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, other, 70, "a")
        service.change_status(world.hq, world.member_id, "closed", int(world.member.version))
        merged(world, guest_id)
        (member,) = service.of_guest(world.hq, world.guest.id)
        assert (member.id, member.status, int(member.balance)) == (other, "active", 70)
        parted(world, guest_id)
        assert [one.id for one in service.of_guest(world.hq, world.guest.id)] == [world.member_id]
        assert [one.id for one in service.of_guest(world.hq, guest_id)] == [other]

    def test_claims_and_balances_of_the_old_membership_reach_the_new_account(
        self, twins: tuple[World, str, str]
    ) -> None:
        world, other, guest_id = twins
        number = str(service.get(world.hq, other).number)
        days = {"arrival": date(2026, 2, 10), "departure": date(2026, 2, 12)}
        wanted = {"property_id": world.house.id, "cause": "other", "points": 30, **days}
        claim = service.open_claim(world.hq, other, **wanted)  # type: ignore[arg-type]
        world.tell("S-2", guest_id=guest_id, amount=1_000)
        merged(world, guest_id)
        service.approve_claim(world.hq, other, str(claim.id))
        bring_in(world, content(("R1", number, "", "5", "2025-05-01", "", "")))
        bring_in(world, content(("R1", number, "", "5", "2025-05-01", "", "")))
        assert world.points == (135, 0, 0)
        days = {"arrival": date(2026, 3, 2), "departure": date(2026, 3, 4)}
        with pytest.raises(StayEarned):  # under the other membership
            service.open_claim(world.hq, world.member_id, **{**wanted, **days})  # type: ignore[arg-type]
        assert world.is_right()

    def test_a_membership_taken_over_twice_finds_its_way_back_in_any_order(self, world: World) -> None:
        second, third = world.new_guest("B"), world.new_guest("C")
        for merge_id, survivor, absorbed in (("mrg_1", second, world.guest), ("mrg_2", third, second)):
            unit = Unit(world.hq)
            service.merge_guests(world.hq, unit, survivor.id, absorbed.id, merge_id)
            unit.commit()
        assert world.member.guest_ids == [third.id, world.guest.id, second.id]
        for merge_id, absorbed, owner in (("mrg_1", world.guest, world.guest), ("mrg_2", second, world.guest)):
            unit = Unit(world.hq)
            service.part_guests(world.hq, unit, absorbed.id, merge_id)
            unit.commit()
            assert world.member.guest_id == owner.id
        assert [service.of_guest(world.hq, one.id) for one in (second, third)] == [[], []]
        work_off_queues()
        assert world.is_right()


class TestParting:
    def test_everything_is_as_it_was(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, world.member_id, 100, "a", date(2027, 1, 31))
        opened(world, other, 70, "a", date(2026, 12, 31))
        service.redeem(world.hq, other, points=20, reward="spa", property_id=None, is_hold=True)
        before = account(world, world.member_id), account(world, other)
        merged(world, guest_id)
        again(world, guest_id, False, "mrg_other")
        assert world.points == (170, 0, 20)
        parted(world, guest_id)
        again(world, guest_id, False)
        assert (account(world, world.member_id), account(world, other)) == before
        assert service.get(world.hq, other).status == "active"
        assert world.is_right()
        merged(world, guest_id)
        assert world.points == (170, 0, 20)
        assert world.is_right()

    def test_at_once_before_the_points_have_moved(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, other, 70, "a")
        merged(world, guest_id, runs=False)
        parted(world, guest_id)
        assert (account(world, other)[0], service.get(world.hq, other).status) == (70, "active")
        assert world.is_right()

    def test_what_was_spent_is_made_good_from_lots_that_came_last(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, world.member_id, 100, "old")
        opened(world, other, 70, "theirs", date(2026, 12, 31))
        merged(world, guest_id)
        world.give(50)  # earned last
        service.redeem(
            world.hq, world.member_id, points=90, reward="spa", property_id=None
        )  # theirs first, then 20 old
        parted(world, guest_id)
        assert world.points == (60, 0, 0)
        assert [lot.left for lot in service.lots(world.hq, other)] == [20, 50]
        assert [lot.terms.earned_on for lot in service.lots(world.hq, other)] == [date(2025, 5, 1), TODAY]
        assert world.is_right()

    def test_what_is_not_there_is_written_off_and_no_lot_goes_below_zero(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, other, 70, "theirs")
        merged(world, guest_id)
        service.redeem(world.hq, world.member_id, points=50, reward="spa", property_id=None)
        parted(world, guest_id)
        assert (world.points, account(world, other)[0]) == ((0, 0, 0), 20)
        last = world.entries(other)[-1]
        assert int(last.written_off) == 50
        said = service.explain(world.hq, other, str(last.id), "desk", "en").because
        assert said == ["50 points had been spent meanwhile and could not be given back."]
        assert world.is_right()

    def test_points_that_ended_meanwhile_are_nobody_s(self, twins: tuple[World, str, str]) -> None:
        world, other, guest_id = twins
        opened(world, other, 70, "theirs", date(2026, 3, 10))
        merged(world, guest_id)
        world.give(50)
        world.live_on(10)
        parted(world, guest_id)
        assert (world.points, account(world, other)[0]) == ((50, 0, 0), 0)
        assert world.is_right()


# -- pure --------------------------------------------------------------------------------------------------------------


def lot(id: str, left: int, held: int, days: int) -> Lot:
    return Lot(Terms(id, TODAY, TODAY + timedelta(days=days) if days else None, None, "chain", id), left, held)


def side(name: str) -> st.SearchStrategy[Account]:
    lots = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20), st.integers(0, 9)), max_size=5)
    made = lots.map(lambda found: Account().with_lots(lot(f"{name}{place}", *one) for place, one in enumerate(found)))
    return st.tuples(made, st.integers(0, 30), st.integers(0, 30)).map(
        lambda one: Account(one[0].lots, one[1], 0 if one[0].available else one[2])
    )


def adds_up(before: Account, entries: list[Entry], after: Account) -> None:
    assert before.balance + sum(one.points for one in entries) == after.balance
    assert before.pending + sum(one.pending for one in entries) == after.pending
    assert before.held + sum(one.held for one in entries) == after.held
    assert before.debt + sum(one.debt for one in entries) == after.debt >= 0
    assert all(one.left >= 0 and one.held >= 0 for one in after.lots)


@settings(max_examples=60)
@given(side("a"), side("s"), st.integers(1, 3), st.integers(0, 200))
def test_joining_and_parting_make_and_lose_nothing(
    absorbed: Account, survivor: Account, lots_max: int, spent: int
) -> None:
    first = absorbed, survivor
    owed, paid = {one.terms.id: one.left + one.held for one in absorbed.lots}, list[object]()
    held = {one.terms.id: one.held for one in absorbed.lots}
    given: list[Entry] = []
    taken: list[Entry] = []
    while (moved := merging.join(absorbed, survivor, today=TODAY, suffix="m", lots_max=lots_max)) is not None:
        absorbed, survivor = moved.giver.account, moved.taker.account
        given += moved.giver.entries
        taken += moved.taker.entries
        paid = paid or list(moved.taker.entry.taken)
    assert absorbed == Account()
    adds_up(first[0], given, absorbed)
    adds_up(first[1], taken, survivor)
    assert sum(one.points for one in given + taken) == 0
    spent = min(spent, sum(one.left for one in survivor.lots)) if not survivor.debt else 0
    if spent:
        survivor = ledger.redeem(survivor, spent, today=TODAY).account
    middle, back, out = survivor, list[Entry](), list[Entry]()
    while (parted := merging.part(survivor, absorbed, owed, held, suffix="m", lots_max=lots_max)) is not None:
        one, owed = parted
        absorbed, survivor = one.taker.account, one.giver.account
        out += one.giver.entries
        back += one.taker.entries
        held = {
            id: max(0, points - sum(x.held for x in absorbed.lots if x.terms.id == id)) for id, points in held.items()
        }
    missing = sum(owed.values())
    while missing and (
        good := merging.make_good(survivor, absorbed, missing, today=TODAY, suffix="m", lots_max=lots_max)
    ):
        absorbed, survivor = good.taker.account, good.giver.account
        missing -= good.taker.entry.points
        out += good.giver.entries
        back += good.taker.entries
    last = Settling(first[0].pending, first[0].debt, paid, missing)  # type: ignore[arg-type]
    end = merging.settle_parting(survivor, absorbed, last, today=TODAY)
    if end is not None:
        absorbed, survivor = end.taker.account, end.giver.account
        out += end.giver.entries
        back += end.taker.entries
    adds_up(middle, out, survivor)
    adds_up(Account(), back, absorbed)
    assert sum(one.points for one in out + back) == 0
    assert absorbed.balance + survivor.balance == first[0].balance + first[1].balance - spent
    if not spent and not first[0].debt and not first[1].debt:
        assert (absorbed, survivor) == first
    assert absorbed.balance <= max(first[0].balance, 0)
    assert total(end.taker.entry.given if end else ()) == 0
