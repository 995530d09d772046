"""The proof of the points: it holds at a small size, and it would find what could be wrong with the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import pytest

from chalicelib.kernel.unit import Unit
from chalicelib.loyalty.models import Member
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.lots import Terms
from chalicelib.loyalty.service import earning
from chalicelib.web import replay
from infra.local.inprocess import Engine
from infra.proof.points import lives, orders, racing, repeating
from infra.proof.points.desk import RIVAL, TWIN
from infra.proof.points.living import Living, Policies
from infra.proof.simulator import faults

Patch = pytest.MonkeyPatch
Steps = Sequence[Callable[[Living], None]]


def live(engine: Engine, steps: Steps, *, expiry: dict[str, Any] | None = None, **policies: Any) -> str:
    """Take steps by hand; what broke, or nothing."""
    machine: Living = type("ByHand", (Living,), {"engine": engine})()
    try:
        machine.open(Policies(**policies), expiry or {})
        for step in steps:
            step(machine)
            machine.agree()
        machine.deliver(False, False)
        machine.live_on(3.2)
        machine.agree()
    except AssertionError as error:
        return str(error)
    finally:
        machine.teardown()
    return ""


def adjust(given: int, trouble: str = "") -> Callable[[Living], None]:
    return lambda machine: machine.adjust(0, given, trouble)


def redeem(wanted: int, *, is_hold: bool = False, trouble: str = "") -> Callable[[Living], None]:
    return lambda machine: machine.redeem(0, wanted, is_hold, trouble)


def tell(*, ago: int = 0, amount: int = 1_000, status: str = "checked_out") -> Callable[[Living], None]:
    said = {"status": status, "amount": amount, "nights": 1, "channel": "agency", "is_eligible": True}

    def step(machine: Living) -> None:
        machine.tell("S-1", 0, 0, ago, **said)
        machine.deliver(False, False)

    return step


def days(count: float) -> Callable[[Living], None]:
    return lambda machine: machine.live_on(count)


def test_books_agree_whatever_happens(engine: Engine) -> None:
    steps, _, problems = lives.lived(engine, "1.0", lives=4, steps=30, is_shrunk=False)
    assert problems == []
    assert steps >= 120


def test_a_failure_says_how_to_repeat_it(engine: Engine, monkeypatch: Patch) -> None:
    monkeypatch.setattr(ledger, "more", lambda account, slices: account)
    _, _, problems = lives.lived(engine, "2.0", lives=5, steps=40, is_shrunk=False)
    assert problems and problems[0].startswith("seed 2.0") and "state.agree()" in problems[0]


class TestWhatItHasFound:
    def test_an_extension_survives_a_release(self, engine: Engine) -> None:
        def prolong(machine: Living) -> None:
            machine.extend(0, 60, "")

        held = [adjust(100), redeem(0, is_hold=True), prolong]
        assert live(engine, [*held, lambda machine: machine.release(0, ""), days(30)], expiry={"months": 1}) == ""
        late = [adjust(100), days(30), redeem(0, is_hold=True), prolong, days(3.2)]
        assert live(engine, late, expiry={"months": 1}) == ""

    def test_a_twin_that_was_faster_answers_for_both(self, engine: Engine) -> None:
        assert live(engine, [adjust(100), redeem(80, trouble=TWIN), adjust(-15, TWIN)]) == ""

    def test_points_of_a_stay_that_was_prolonged_wait_for_its_new_end(self, engine: Engine) -> None:
        assert live(engine, [days(2), tell(ago=2), tell(ago=0), days(3.2), days(3.2)], confirm_days=3) == ""


def unguarded(patch: Patch) -> None:
    patch.setattr(Unit, "_guard_idempotency", lambda unit: None)


def unversioned(patch: Patch) -> None:
    update = Unit.update

    def careless(unit: Unit, record: Any, **options: Any) -> None:
        if isinstance(record, Member):
            record.version = int(record.version) + 1
            unit.put(record)
        else:
            update(unit, record, **options)

    patch.setattr(Unit, "update", careless)
    create = Unit.create
    patch.setattr(Unit, "create", lambda unit, record, **options: (
        unit.put(record) if type(record).__name__ == "EntryRecord" else create(unit, record, **options)
    ))  # fmt: skip


def newest_first(patch: Patch) -> None:
    """Ids begin with their instant: their letters turned round, not their order of writing, put the last first."""
    patch.setattr(Terms, "order", property(lambda terms: [-ord(letter) for letter in terms.id]))


def forgetful_release(patch: Patch) -> None:
    patch.setattr(ledger, "_as_now", lambda account, slices: list(slices))


def stay_points_kept(patch: Patch) -> None:
    patch.setattr(earning, "_take_back", lambda *_: None)


def uncounted(patch: Patch) -> None:
    counting = import_module("chalicelib.loyalty.service.liability")
    patch.setattr(counting, "COLUMNS", {**counting.COLUMNS, "redemption": ("expired", -1)})


def generous(patch: Patch) -> None:
    patch.setattr(ledger, "paid_from", lambda account, points, *, today: ledger.taken(account, points, today=today))


def deaf_to_twins(patch: Patch) -> None:
    patch.setattr(replay, "lost_race", lambda scope, guard: None)


HELD = (adjust(100), redeem(0, is_hold=True), lambda machine: machine.extend(0, 60, ""))


@pytest.mark.parametrize(
    ("broken", "steps", "expiry"),
    [
        (unguarded, [adjust(100), lambda machine: machine.repeat(0)], {}),
        (unversioned, [adjust(100), redeem(80, trouble=RIVAL)], {}),
        (newest_first, [adjust(100), adjust(30), redeem(60), adjust(7), redeem(0)], {"months": 1}),
        (forgetful_release, [*HELD, lambda machine: machine.release(0, "")], {"months": 1}),
        (stay_points_kept, [tell(), tell(status="cancelled")], {}),
        (uncounted, [adjust(100), redeem(30)], {}),
        (generous, [adjust(100), redeem(200)], {}),
        (deaf_to_twins, [adjust(100), redeem(80, trouble=TWIN)], {}),
    ],
)
def test_a_broken_ledger_is_noticed(
    engine: Engine, monkeypatch: Patch, broken: Callable[[Patch], None], steps: Steps, expiry: dict[str, Any]
) -> None:
    """The same steps hold with the product as it is."""
    assert live(engine, steps, expiry=expiry) == ""
    broken(monkeypatch)
    assert live(engine, steps, expiry=expiry) != ""


def test_every_trouble_is_met_and_changes_no_totals(engine: Engine) -> None:
    met: list[int] = []
    every = (faults.LOST, faults.CONFLICT, faults.THROTTLED, faults.CUT, RIVAL, TWIN)
    steps = [adjust(300), *(redeem(20, trouble=one) for one in every), lambda machine: met.append(machine.desk.hits)]
    assert live(engine, steps) == ""
    assert met == [len(every)]


class TestOtherLines:
    def test_exactly_as_many_are_paid_as_the_balance_covers(self, engine: Engine) -> None:
        won, problems = racing.races(engine, "1", 3)
        assert problems == [] and won > 0

    def test_a_double_spend_is_noticed(self, engine: Engine, monkeypatch: Patch) -> None:
        unversioned(monkeypatch)
        assert racing.races(engine, "1", 1)[1]

    def test_a_key_has_one_effect_and_one_answer(self, engine: Engine) -> None:
        repeats, problems = repeating.in_one_chain(engine, "1", 14)
        assert problems == [] and repeats > 60

    def test_a_second_answer_is_noticed(self, engine: Engine, monkeypatch: Patch) -> None:
        deaf_to_twins(monkeypatch)
        monkeypatch.setattr(repeating, "PARALLEL_EVERY", 1)
        monkeypatch.setattr(repeating, "TRIES_MAX", 1)
        assert repeating.in_one_chain(engine, "1", 6)[1]

    ORDERS = (
        ("earn", "redeem", "refund", "give back", "amend", "hold", "release"),
        ("earn", "hold", "redeem", "refund", "release", "give back", "amend"),
        ("refund", "amend", "earn", "redeem", "hold", "give back", "release"),
        ("earn", "redeem", "refund", "hold", "amend", "release", "give back"),
        ("amend", "redeem", "earn", "give back", "refund", "hold", "release"),
    )

    @pytest.mark.parametrize("returns", orders.RETURNS)
    def test_a_refund_takes_points_back_in_every_order(self, engine: Engine, returns: str) -> None:
        assert orders.in_one_chain(engine, returns, list(self.ORDERS)) == []

    def test_points_that_come_back_after_the_refund_are_noticed(self, engine: Engine, monkeypatch: Patch) -> None:
        monkeypatch.setattr("chalicelib.loyalty.service.spending.recover", lambda *_: None)
        found = orders.in_one_chain(engine, "within_balance", list(self.ORDERS[:1]))
        assert any("left" in one for one in found)
