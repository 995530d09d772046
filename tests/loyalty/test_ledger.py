"""What entries do to an account: the golden vectors, and what holds after any sequence of commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.errors import Refusal
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.ledger import Booked, Entry, Lapse, NothingToDo, PointsOutOfRange
from chalicelib.loyalty.rules.lots import Account, InsufficientPoints, Lot, Slice, Terms, TooManyLots, taken, total

TODAY = date(2026, 12, 1)


def terms(id: str, expires_on: date | None = None, earned_on: date = date(2026, 1, 1), source: str = "sty_1") -> Terms:
    return Terms(id, earned_on, expires_on, "prp_1", "prp_1", source)


def holding(*lots: Lot, pending: int = 0, debt: int = 0) -> Account:
    return Account((), pending, debt).with_lots(lots)


A = Lot(terms("A", date(2027, 1, 31)), 1000)
B = Lot(terms("B", date(2026, 12, 31)), 500)
C = Lot(terms("C"), 300)


class TestConsumption:
    def test_the_soonest_to_end_pays_first_and_the_unlimited_last(self) -> None:
        booked = ledger.redeem(holding(A, B, C), 700, today=TODAY)
        assert [(one.terms.id, one.points) for one in booked.entry.taken] == [("B", 500), ("A", 200)]
        assert booked.entry.points == -700
        assert [(lot.terms.id, lot.left) for lot in booked.account.lots] == [("A", 800), ("C", 300)]

    def test_of_two_that_end_together_the_older_pays_first(self) -> None:
        end = date(2027, 6, 30)
        old, new = Lot(terms("Z", end, date(2025, 1, 1)), 10), Lot(terms("Y", end, date(2026, 1, 1)), 10)
        assert ledger.redeem(holding(new, old), 5, today=TODAY).entry.taken[0].terms.id == "Z"

    def test_a_lot_past_its_day_pays_nothing_before_its_end_is_booked(self) -> None:
        with pytest.raises(InsufficientPoints):
            ledger.redeem(holding(B), 1, today=date(2027, 1, 1))
        assert ledger.redeem(holding(B), 500, today=date(2026, 12, 31)).account.balance == 0

    def test_too_few_points_move_nothing_and_say_how_many_there_are(self) -> None:
        with pytest.raises(InsufficientPoints) as refused:
            ledger.redeem(holding(A), 1001, today=TODAY)
        assert refused.value.values == {"needed": 1001, "available": 1000}

    def test_more_lots_than_a_transaction_holds_are_refused(self) -> None:
        many = holding(*(Lot(terms(f"{number:03}"), 1) for number in range(81)))
        assert len(ledger.redeem(many, 80, today=TODAY).entry.taken) == 80
        with pytest.raises(TooManyLots):
            ledger.redeem(many, 81, today=TODAY)

    @pytest.mark.parametrize("points", [0, -1, 1.5, True, 10**12 + 1, "5"])
    def test_what_is_no_number_of_points_is_refused(self, points: object) -> None:
        with pytest.raises(PointsOutOfRange):
            ledger.redeem(holding(A), points, today=TODAY)  # type: ignore[arg-type]


class TestCancellation:
    @pytest.fixture
    def redeemed(self) -> Booked:
        return ledger.redeem(holding(A, B, C), 700, today=TODAY)

    def test_points_of_a_lot_that_ended_meanwhile_end_at_once(self, redeemed: Booked) -> None:
        after = ledger.cancel(
            redeemed.account, redeemed.entry.taken, penalty=0, today=date(2027, 1, 10), lapsed=Lapse("restore")
        )
        assert [(lot.terms.id, lot.left) for lot in after.account.lots] == [("A", 1000), ("C", 300)]
        assert [(entry.type, entry.points) for entry in after.entries] == [("cancellation", 700), ("expiry", -500)]

    @pytest.mark.parametrize("is_hold", [False, True])
    def test_taking_back_everything_leaves_nothing_even_after_the_end(self, is_hold: bool) -> None:
        away = ledger.hold(holding(B), 500, today=TODAY) if is_hold else ledger.redeem(holding(B), 500, today=TODAY)
        owing = ledger.reverse(
            away.account, waiting=0, confirmed=500, source=B.terms.source, policy="unlimited", today=TODAY
        )
        assert owing.account.debt == 500
        late: dict[str, Any] = {"today": date(2027, 1, 10), "lapsed": Lapse("restore")}
        if is_hold:
            after = ledger.release(owing.account, away.entry.taken, **late)
        else:
            after = ledger.cancel(owing.account, away.entry.taken, penalty=0, **late)
        assert (after.account.balance, after.account.debt, after.account.held, after.account.lots) == (0, 0, 0, ())
        assert [(entry.type, entry.debt) for entry in after.entries] == [
            ("release" if is_hold else "cancellation", -500)
        ]

    def test_what_a_debt_leaves_of_dead_points_ends(self, redeemed: Booked) -> None:
        indebted = replace(redeemed.account, debt=300)  # B's 500 have ended, A's 200 live
        after = ledger.cancel(
            indebted, redeemed.entry.taken, penalty=0, today=date(2027, 1, 10), lapsed=Lapse("restore")
        )
        assert (after.account.debt, after.account.balance) == (0, indebted.balance + 700 - 400)
        assert [(entry.type, entry.points, entry.debt) for entry in after.entries] == [
            ("cancellation", 700, -300), ("expiry", -400, 0),
        ]  # fmt: skip

    def test_or_live_on_for_some_days_as_a_new_lot(self, redeemed: Booked) -> None:
        lapsed = Lapse("min_validity", 30, "lot_new")
        after = ledger.cancel(redeemed.account, redeemed.entry.taken, penalty=0, today=date(2027, 1, 10), lapsed=lapsed)
        assert [(lot.terms.expires_on, lot.left) for lot in after.account.lots] == [
            (date(2027, 1, 31), 1000),
            (date(2027, 2, 9), 500),
            (None, 300),
        ]
        assert after.account.balance == 1800

    def test_a_penalty_stays_taken(self, redeemed: Booked) -> None:
        after = ledger.cancel(redeemed.account, redeemed.entry.taken, penalty=100, today=TODAY, lapsed=Lapse())
        assert after.account.balance == 1700
        with pytest.raises(PointsOutOfRange):
            ledger.cancel(redeemed.account, redeemed.entry.taken, penalty=701, today=TODAY, lapsed=Lapse())


class TestReversal:
    @pytest.mark.parametrize(
        ("policy", "balance", "written_off"),
        [("only_pending", 100, 300), ("within_balance", 0, 200), ("unlimited", -200, 0)],
    )
    def test_a_balance_of_100_and_300_to_take_back(self, policy: str, balance: int, written_off: int) -> None:
        account = holding(Lot(terms("A"), 100))
        after = ledger.reverse(
            account,
            waiting=0,
            confirmed=300,
            source="sty_1",
            policy=policy,
            today=TODAY,  # type: ignore[arg-type]
        )
        assert (after.account.balance, after.entry.written_off) == (balance, written_off)

    def test_the_next_accrual_clears_what_is_owed_first(self) -> None:
        after = ledger.open_lot(Account(debt=200), "accrual", 250, terms("N"))
        assert after.account.balance == 50
        assert after.account.lots == (Lot(terms("N"), 50),)
        assert after.entry.debt == -200

    def test_nothing_is_redeemed_while_points_are_owed(self) -> None:
        with pytest.raises(InsufficientPoints):
            ledger.redeem(Account(debt=1), 1, today=TODAY)

    def test_the_source_s_own_lot_pays_before_those_that_end_sooner(self) -> None:
        mine = Lot(terms("M", date(2028, 1, 1), source="sty_mine"), 50)
        after = ledger.reverse(
            holding(B, mine), waiting=0, confirmed=60, source="sty_mine", policy="within_balance", today=TODAY
        )
        assert [(one.terms.id, one.points) for one in after.entry.taken] == [("M", 50), ("B", 10)]

    def test_waiting_points_are_taken_back_whatever_the_policy(self) -> None:
        after = ledger.reverse(
            Account(pending=80), waiting=30, confirmed=0, source="sty_1", policy="only_pending", today=TODAY
        )
        assert (after.account.pending, after.entry.pending, after.entry.points) == (50, -30, 0)
        with pytest.raises(NothingToDo):
            ledger.reverse(Account(pending=10), waiting=30, confirmed=0, source="s", policy="unlimited", today=TODAY)


class TestHolds:
    def test_locked_points_count_in_the_balance_and_cannot_be_spent(self) -> None:
        held = ledger.hold(holding(A), 600, today=TODAY)
        assert (held.account.balance, held.account.available, held.account.held) == (1000, 400, 600)
        with pytest.raises(InsufficientPoints):
            ledger.redeem(held.account, 401, today=TODAY)

    def test_a_capture_of_a_part_lets_the_rest_go(self) -> None:
        held = ledger.hold(holding(A, B), 600, today=TODAY)
        after = ledger.capture(held.account, held.entry.taken, 450, today=TODAY, lapsed=Lapse())
        assert (after.account.balance, after.account.held, after.account.available) == (1050, 0, 1050)

    def test_released_points_return_to_their_lots_or_end(self) -> None:
        held = ledger.hold(holding(A, B), 600, today=TODAY)
        after = ledger.release(held.account, held.entry.taken, today=date(2027, 1, 1), lapsed=Lapse("restore"))
        assert (after.account.balance, after.account.held) == (1000, 0)
        assert [(entry.type, entry.points, entry.held) for entry in after.entries] == [
            ("release", 0, -600),
            ("expiry", -500, 0),
        ]

    def test_an_end_waits_for_the_redemption_that_has_locked_the_points(self) -> None:
        held = ledger.hold(holding(B), 200, today=TODAY)
        after = ledger.expire(held.account, today=date(2027, 1, 1))
        assert (after.account.balance, after.account.held) == (200, 200)


class TestEnds:
    def test_each_lot_that_is_over_ends_by_an_entry_of_its_own(self) -> None:
        after = ledger.expire(holding(A, B, C), today=date(2027, 2, 1))
        assert [(entry.taken[0].terms.id, entry.points) for entry in after.entries] == [("B", -500), ("A", -1000)]
        assert after.account.balance == 300

    def test_a_lot_lives_through_its_last_day(self) -> None:
        assert ledger.expire(holding(B), today=date(2026, 12, 31)).entries == ()

    def test_who_did_nothing_loses_everything(self) -> None:
        assert ledger.expire(holding(A, C), today=TODAY, idle_since=date(2026, 11, 30)).account.balance == 0
        assert ledger.expire(holding(A, C), today=TODAY, idle_since=TODAY).account.balance == 1300

    def test_goodwill_prolongs_and_brings_back(self) -> None:
        longer = ledger.extend(holding(A, B, C), today=TODAY, until=date(2027, 1, 15))
        assert [lot.terms.expires_on for lot in longer.account.lots] == [date(2027, 1, 15), date(2027, 1, 31), None]
        gone = ledger.expire(holding(B), today=date(2027, 1, 1))
        back = ledger.reinstate(gone.account, gone.entry.taken, until=date(2027, 3, 1), lot_id="lot_back")
        assert (back.account.balance, back.account.lots[0].terms.earned_on) == (500, date(2026, 1, 1))


class TestTransfer:
    def test_a_transfer_never_prolongs_a_point(self) -> None:
        given = ledger.hand_over(holding(A, B), 700, today=TODAY)
        got = ledger.take_over(Account(), given.entry.taken, lot_id="lot_t")
        assert [(lot.terms.expires_on, lot.left) for lot in got.account.lots] == [
            (date(2026, 12, 31), 500),
            (date(2027, 1, 31), 200),
        ]
        assert given.account.balance + got.account.balance == 1500


# -- what holds always ---------------------------------------------------------------------------------------------

COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "accrue",
                "confirm",
                "open",
                "reverse",
                "redeem",
                "hold",
                "capture",
                "release",
                "cancel",
                "expire",
                "idle",
                "extend",
                "deduct",
                "reinstate",
            ]
        ),
        st.integers(1, 400),
        st.integers(0, 40),
    ),
    max_size=50,
)


class Machine:
    """Runs commands as they come and keeps what an auditor would: every entry."""

    def __init__(self, policy: str, lapsed: str) -> None:
        self.account, self.entries, self.today = Account(), [], date(2026, 1, 1)  # type: ignore[var-annotated]
        self.policy, self.lapsed = policy, lapsed
        self.held: list[tuple[Slice, ...]] = []
        self.redeemed: list[tuple[Slice, ...]] = []
        self.ended: list[tuple[Slice, ...]] = []
        self.number = 0

    def run(self, command: str, points: int, days: int) -> None:
        self.today += timedelta(days=days)
        self.number += 1
        try:
            booked = getattr(self, command)(points)
        except Refusal:
            return
        except (IndexError, LookupError) as error:
            assert isinstance(error, IndexError), error
            return
        self.account = booked.account
        self.entries += booked.entries
        for entry in booked.entries:
            if entry.type in ("redemption", "capture"):
                self.redeemed.append(entry.taken)
            if entry.type == "hold":
                self.held.append(entry.taken)
            if entry.type == "expiry":
                self.ended.append(entry.taken)

    def _terms(self, points: int) -> Terms:
        ends = None if points % 5 == 0 else self.today + timedelta(days=points % 90)
        return Terms(f"lot{self.number}", self.today, ends, "prp_1", "prp_1", f"sty_{points % 3}")

    def _lapse(self) -> Lapse:
        return Lapse(self.lapsed, 30, f"new{self.number}")  # type: ignore[arg-type]

    def accrue(self, points: int) -> Booked:
        return ledger.accrue(self.account, points)

    def confirm(self, points: int) -> Booked:
        return ledger.confirm(self.account, points, self._terms(points))

    def open(self, points: int) -> Booked:
        return ledger.open_lot(self.account, "opening", points, self._terms(points))

    def reverse(self, points: int) -> Booked:
        waiting = min(self.account.pending, points // 2)
        return ledger.reverse(
            self.account, waiting=waiting, confirmed=points, source=f"sty_{points % 3}", policy=self.policy,  # type: ignore[arg-type]
            today=self.today,
        )  # fmt: skip

    def redeem(self, points: int) -> Booked:
        return ledger.redeem(self.account, points, today=self.today)

    def hold(self, points: int) -> Booked:
        return ledger.hold(self.account, points, today=self.today)

    def capture(self, points: int) -> Booked:
        slices = self.held.pop()
        part = min(points, total(slices))
        return ledger.capture(self.account, slices, part, today=self.today, lapsed=self._lapse())

    def release(self, points: int) -> Booked:
        return ledger.release(self.account, self.held.pop(), today=self.today, lapsed=self._lapse())

    def cancel(self, points: int) -> Booked:
        slices = self.redeemed.pop()
        return ledger.cancel(
            self.account, slices, penalty=min(points, total(slices) - 1), today=self.today, lapsed=self._lapse()
        )

    def expire(self, points: int) -> Booked:
        return ledger.expire(self.account, today=self.today)

    def idle(self, points: int) -> Booked:
        since = self.today - timedelta(days=1) if points % 7 == 0 else None
        return ledger.expire(self.account, today=self.today, idle_since=since)

    def extend(self, points: int) -> Booked:
        return ledger.extend(self.account, today=self.today, until=self.today + timedelta(days=points))

    def deduct(self, points: int) -> Booked:
        return ledger.deduct(self.account, points, today=self.today)

    def reinstate(self, points: int) -> Booked:
        until = self.today + timedelta(days=points)
        return ledger.reinstate(self.account, self.ended.pop(), until=until, lot_id=f"back{self.number}")


@settings(max_examples=100, deadline=None)
@given(
    COMMANDS,
    st.sampled_from(["only_pending", "within_balance", "unlimited"]),
    st.sampled_from(["restore", "min_validity"]),
)
def test_entries_explain_the_account_whatever_happens(
    commands: list[tuple[str, int, int]], policy: str, lapsed: str
) -> None:
    machine = Machine(policy, lapsed)
    for command, points, days in commands:
        machine.run(command, points, days)
        account = machine.account
        entries: list[Entry] = machine.entries
        assert account.balance == sum(entry.points for entry in entries)
        assert account.pending == sum(entry.pending for entry in entries) >= 0
        assert account.held == sum(entry.held for entry in entries) >= 0
        assert account.debt == sum(entry.debt for entry in entries) >= 0
        assert all(lot.left >= 0 and lot.held >= 0 and lot.left + lot.held > 0 for lot in account.lots)
        if account.debt:
            assert not taken(account, 1, today=machine.today), "points owed and points free at once"
        for entry in entries:
            if entry.type in ("redemption", "capture", "adjustment", "expiry", "transfer_out"):
                assert total(entry.taken) == -entry.points


def test_one_lot_s_points_are_never_spent_twice() -> None:
    account = holding(A)
    first = ledger.redeem(account, 1000, today=TODAY)
    with pytest.raises(InsufficientPoints):
        ledger.redeem(first.account, 1, today=TODAY)
    assert replace(first.account) == Account()
