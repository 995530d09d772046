"""The lines of the proof: each holds at a small size, and none of them holds if the product is broken on purpose."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.guests.models.quality import ContactFacts
from chalicelib.kernel import aws, work
from chalicelib.kernel.calendars import birthday_in
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.models.reputation import SendingDay
from chalicelib.outreach.rules import timing
from chalicelib.outreach.rules.reputation import Counts
from chalicelib.outreach.service import claiming
from infra.local.inprocess import Engine
from infra.proof import __main__ as driver
from infra.proof import answers, calendar_days, consents, crashes, greetings, inside, poison
from infra.proof.finding import Finding
from infra.proof.journeys import JOURNEYS, Journey
from infra.proof.proxy import Proxy
from infra.proof.simulator.baton import PreemptAt
from infra.proof.simulator.faults import CRASH_AFTER, Calm
from infra.proof.simulator.runs import run
from infra.proof.simulator.world import Endless

KEYS = next(journey for journey in JOURNEYS if journey.name == "keys")
GREETINGS = next(journey for journey in JOURNEYS if journey.name == "greetings")


@pytest.fixture(autouse=True)
def _same_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "stand_up", lambda: engine)


def crash_problems(engine: Engine, journey: Journey, operation: str, *, most: int = 2) -> list[str]:
    """What is wrong after the process has died behind the first calls of an operation."""
    calm = run(engine, journey, "1", lambda world: Calm())
    points = [number for number, (_, name) in enumerate(calm.calls) if name == operation][:most]
    assert points
    return [
        one for number in points for one in crashes.problems_at(engine, journey, 1, calm, number, CRASH_AFTER)
    ]


def test_a_crash_after_a_message_or_a_claim_heals(engine: Engine) -> None:
    assert crash_problems(engine, GREETINGS, "SendEmail") == []


def test_a_product_that_sends_before_it_claims_is_caught(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that leaves before its claim is committed leaves again after a crash."""
    monkeypatch.setattr(Unit, "after", lambda unit, step: step())
    assert any("2 messages" in one for one in crash_problems(engine, GREETINGS, "SendEmail"))


def test_a_product_without_the_guard_of_a_claim_is_caught(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runners at one greeting, of which nothing stops the second."""
    anything = "attribute_not_exists(id) OR attribute_exists(id) OR delivery_status = :skipped OR reason = :final"
    monkeypatch.setattr(claiming, "_UNCLAIMED", anything)
    monkeypatch.setattr(work, "_settle", _unguarded(work._settle))
    found = [one for seed in range(2) for one in greetings.one_life(engine, f"b{seed}", is_test=False, count=8)[1]]
    assert any("2 messages for" in one for one in found)


def _unguarded(settle: Any) -> Any:
    """The end of an item without the condition that it is still the one that was read."""

    def settled(unit: Unit, record: Any, answer: Any) -> None:
        settle(unit, record, answer)
        for operation in unit._operations.values():
            if operation.body["TableName"].endswith("agenda") and operation.kind in ("Put", "Update"):
                condition = operation.body.get("ConditionExpression")
                if condition == "revision = :seen":
                    operation.body["ConditionExpression"] = "revision = :seen OR NOT revision = :seen"

    return settled


def test_a_product_without_idempotency_keys_is_caught(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unit, "_guard_idempotency", lambda unit: None)
    assert any("2 items" in one for one in crash_problems(engine, KEYS, "TransactWriteItems", most=1))


def test_a_product_that_repeats_mails_is_caught(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own second try at a mail."""
    monkeypatch.setattr(aws, "_SENT_ONCE", frozenset())
    aws.client.cache_clear()
    try:
        calm = run(engine, GREETINGS, "1", lambda world: Calm())
        found = [one for k in range(2) for one in answers.under_faults(engine, GREETINGS, f"m{k}", calm)[1]]
    finally:
        aws.client.cache_clear()
    assert any("messages" in one or "at the sink" in one for one in found)


def test_a_product_that_does_not_look_at_the_guest_again_is_caught(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming.guests, "check_unchanged", lambda *_: None)
    monkeypatch.setattr(consents, "CHANGES", {"denied": "", "do not greet": ""})
    monkeypatch.setattr(consents, "_choice", lambda source: PreemptAt(consents.RUNNER, source.randint(2, 7)))
    assert any("1 mails" in one for one in consents.one_world(engine, "b", count=10)[1])


def test_a_product_that_counts_a_mail_twice_or_on_no_day_is_caught(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums of a property's day are held to those of the run in peace, and to what its own mails tell."""
    calm = run(engine, GREETINGS, "1", lambda world: Calm()).totals
    assert calm.problems == [] and any(name.endswith(" told") for name in calm.mails)
    assert run(engine, GREETINGS, "2", lambda world: Calm()).totals.differences(calm) == []
    add = SendingDay.add.__func__  # type: ignore[attr-defined]

    def twice(cls: Any, unit: Unit, *where: str) -> None:
        add(cls, unit, *where[:-1], Counts(2, 0, 0))

    for broken in (twice, lambda *_: None):
        monkeypatch.setattr(SendingDay, "add", classmethod(broken))
        found = run(engine, GREETINGS, "2", lambda world: Calm()).totals.differences(calm)
        assert any(one.startswith("mails of ") for one in found)
        assert any(one.startswith("the days count ") for one in found)


def test_a_product_that_forgets_what_mails_tell_of_addresses_is_caught(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = run(engine, GREETINGS, "1", lambda world: Calm()).totals
    assert calm.facts
    monkeypatch.setattr(ContactFacts, "note", lambda *_: None)
    found = run(engine, GREETINGS, "2", lambda world: Calm()).totals.differences(calm)
    assert any(one.startswith("too little of ") for one in found)


def test_poison_that_takes_its_batch_along_is_caught(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_buried", lambda record: bool(1 / 0))
    monkeypatch.setattr("infra.proof.simulator.world.STEPS_MAX", 600)
    with pytest.raises(Endless):  # the sweep breaks at it every minute
        poison.one_world(engine, "b", count=1)


def test_a_greeting_that_forgets_a_skipped_hour_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening an hour late where the clocks go forward."""
    day = date(2027, 3, 28)
    clock = calendar_days.clock_of("Europe/Lisbon", 2027, 1)
    assert list(calendar_days.problems_of(clock, day, random.Random(1))) == []
    plain = timing.local_instant

    def naive(on: date, at: Any, zone: str) -> datetime:
        return plain(on, at, zone) + timedelta(hours=on == day and at.hour == 1)

    monkeypatch.setattr(timing, "local_instant", naive)
    assert list(calendar_days.problems_of(clock, day, random.Random(1)))


@pytest.mark.parametrize(("zone", "year"), calendar_days.AWKWARD)
def test_the_oracle_and_the_product_agree_where_clocks_change(zone: str, year: int) -> None:
    clock = calendar_days.clock_of(zone, year, 1)
    changes = [datetime.fromtimestamp(second, UTC).date() for second in clock.begins[1:]]
    days = [change + timedelta(days=by) for change in changes if change.year == year for by in range(-2, 3)]
    days += [date(year, 2, 28), date(year, 3, 1)]
    found = [one for day in days for one in calendar_days.problems_of(clock, day, random.Random(1))]
    assert found == []


def test_a_missing_day_is_kept_on_the_next(engine: Engine) -> None:
    clock = calendar_days.clock_of("Pacific/Apia", 2011, 1)
    second = calendar_days.second_of(date(2011, 12, 30))
    assert clock.day_at(clock.comes(second + 10 * 3600)) == date(2011, 12, 31)
    assert birthday_in(2011, date(1980, 12, 30)) == date(2011, 12, 30)


@pytest.mark.parametrize("name", ["I4", "I5", "I6", "I8", "I13"])
def test_every_line_holds_at_a_small_size(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"answers": ("greetings", "guests", "cancelling"), "crashes": ("guests", "cancelling")}
    for module, names in few.items():
        chosen = tuple(journey for journey in JOURNEYS if journey.name in names)
        monkeypatch.setattr(sys.modules[f"infra.proof.{module}"], "JOURNEYS", chosen)
    monkeypatch.setattr(answers, "EVERY_WORKER", frozenset({"work_events", "work_due", "sweep"}))
    monkeypatch.setattr(greetings, "one_life", _smaller(greetings.one_life, 8))
    monkeypatch.setattr(consents, "one_world", _smaller(consents.one_world, 14))
    monkeypatch.setattr(poison, "one_world", _smaller(poison.one_world, 6))
    found = driver.try_line(name, 0.0005 if name != "I4" else 0.006, 5)
    assert found["is_met"], found["examples"]
    assert found["failures"] == 0 and found["count"] >= found["goal"] >= 1


def _smaller(function: Any, count: int) -> Any:
    return lambda *arguments, **named: function(*arguments, **{**named, "count": count})


# -- the driver ------------------------------------------------------------------------------------------------


def test_the_driver_writes_what_it_found_and_keeps_the_other_lines(tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    driver.written({"I5": {"count": 1}}, path)
    driver.written({"I6": {"count": 2}}, path)
    assert json.loads(path.read_text()) == {"I5": {"count": 1}, "I6": {"count": 2}}


def test_a_line_is_met_if_it_was_tried_often_enough_and_never_broke() -> None:
    assert Finding(3, 3).is_met
    assert not Finding(3, 2).is_met and not Finding(3, 3, ["x"]).is_met


@pytest.fixture
def proof(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Run the driver's command line over one line made up here."""
    monkeypatch.setenv("HOSPES_LOCAL", str(tmp_path))

    def ran(told: dict[str, Any], *arguments: str) -> int:
        monkeypatch.setattr(driver, "try_all", lambda names, scale, seed: dict.fromkeys(names, told))
        monkeypatch.setattr(sys, "argv", ["proof", *arguments])
        return driver.main()

    yield ran


def test_the_driver_fails_when_a_line_fails(proof: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"is_met": False, "count": 1, "goal": 2, "failures": 0}
    assert proof(told, "--only", "I7", "--scale", "ci", "--seed", "9") == 1
    assert "Seed 9, 0.1" in capsys.readouterr().out
    assert json.loads((tmp_path / "proof.json").read_text())["I7"] == told
    assert proof({**told, "is_met": True}, "--only", "I7") == 0


def test_lines_whose_module_is_not_there_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "LINES", {"I0": ("nothing", "infra.proof.no_such_module")})
    assert driver.prover("I0") is None
    with pytest.raises(LookupError):
        driver.try_line("I0", 1, 1)


def test_the_proxy_breaks_real_connections() -> None:
    """Cut before the request was forwarded, it never reaches an engine: there is none here."""
    proxy = Proxy("http://127.0.0.1:1", random.Random(1), slow_s=0.0)
    proxy.rate = 1.0
    monkeyed = [proxy.drawn() for _ in range(60)]
    assert set(monkeyed) == {"cut before", "cut after", "slow", "failed", "failed late", "throttled"}
    assert proxy.faults.total() == 60
    proxy.server_close()
