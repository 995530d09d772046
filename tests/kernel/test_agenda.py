"""The agenda: arming, lanes, nudges, the sweep's lease, reactions, death and revival, and the test clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kernel import agenda, aws, events, testclock, work
from chalicelib.kernel.agenda import Again, AgendaRecord, Done, Work
from chalicelib.kernel.clock import ClockRecord, real_now, sortable
from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope, system_scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.table import Page, Record
from chalicelib.kernel.unit import Unit

START = datetime(2026, 1, 1, tzinfo=UTC)
CHAIN = "chn_a"


class Mark(Record):
    """An effect."""

    class Meta(Record.Meta):
        table_name = Record.table("marks")

    name = UnicodeAttribute(hash_key=True)
    at = UnicodeAttribute(range_key=True)
    count = NumberAttribute(default=0)


BROKEN: set[str] = set()
MEANWHILE: dict[str, Callable[[], Any]] = {}  # what somebody else does while a handler is at work, once


def meanwhile(subject_id: str) -> None:
    """Let somebody else act now, if a test wants that."""
    act = MEANWHILE.pop(subject_id, None)
    if act is not None:
        act()


def count(unit: Unit, subject_id: str) -> None:
    """An effect that shows how often it was had."""
    unit.amend(Mark, (f"{unit.scope.chain_id}#{subject_id}", "-"), "ADD #n :one", names={"#n": "count"},
               values={":one": {"N": "1"}})  # fmt: skip


def counted(subject_id: str) -> int:
    """How often it was."""
    found = Mark.find(f"{CHAIN}#{subject_id}", "-")
    return int(found.count) if found is not None else 0


@agenda.handles("test.once")
def once(scope: Scope, item: Work, unit: Unit) -> Again | Done:
    """Leaves a mark."""
    if item.subject_id in BROKEN:
        raise ValueError("broken on purpose")
    unit.create(Mark(name=f"{scope.chain_id}#{item.subject_id}", at=scope.now.isoformat()))
    return Done()


@agenda.handles("test.counted")
def counts(scope: Scope, item: Work, unit: Unit) -> Again | Done:
    """Counts, once or for ever."""
    meanwhile(item.subject_id)
    count(unit, item.subject_id)
    return Again(item.due_at + timedelta(days=30)) if item.detail.get("recurs") else Done()


@events.reacts_to("test.counted", "test.third")
def third(scope: Scope, event: Event, unit: Unit) -> None:
    """Counts an event."""
    meanwhile(event.subject_id)
    count(unit, event.subject_id)


@agenda.handles("test.yearly", bury=lambda scope, item: Again(item.due_at + timedelta(days=365), "next"))
def yearly(scope: Scope, item: Work, unit: Unit) -> Again | Done:
    """Leaves a mark and comes again, announcing an event."""
    if item.subject_id in BROKEN:
        raise ValueError("broken on purpose")
    unit.put(Mark(name=f"{scope.chain_id}#{item.subject_id}", at=scope.now.isoformat()))
    agenda.announce(unit, Event("test.happened", item.subject_id))
    return Again(item.due_at + timedelta(days=30))


@events.reacts_to("test.happened", "test.first")
def first(scope: Scope, event: Event, unit: Unit) -> None:
    """One of two reactions."""
    unit.put(Mark(name=f"{scope.chain_id}#first-{event.subject_id}", at=scope.now.isoformat()))


@events.reacts_to("test.happened", "test.second")
def second(scope: Scope, event: Event, unit: Unit) -> None:
    """The other one."""
    if event.subject_id in BROKEN:
        raise ValueError("broken on purpose")
    unit.put(Mark(name=f"{scope.chain_id}#second-{event.subject_id}", at=scope.now.isoformat()))
    agenda.arm(unit, subject_id=event.subject_id, kind="test.once", due_at=scope.now + timedelta(hours=1))


@pytest.fixture(autouse=True)
def mended() -> Iterator[None]:
    """Nothing is broken before and after a test."""
    BROKEN.clear()
    MEANWHILE.clear()
    yield
    BROKEN.clear()
    MEANWHILE.clear()


def live(now: datetime | None = None) -> Scope:
    return system_scope(CHAIN, now or real_now(), is_test=False)


def arm(scope: Scope, subject: str, due_at: datetime, **more: Any) -> None:
    unit = Unit(scope)
    agenda.arm(unit, subject_id=subject, kind=more.pop("kind", "test.once"), due_at=due_at, **more)
    unit.commit()


def marks(name: str, chain: str = CHAIN) -> list[str]:
    return [str(mark.at) for mark in Mark.every(f"{chain}#{name}")]


def item(subject: str, key: str) -> AgendaRecord:
    found = AgendaRecord.find(f"{CHAIN}#{subject}", key)
    assert found is not None
    return found


class TestSweep:
    def test_reads_only_what_is_due(self, run_queues: Any) -> None:
        arm(live(), "now", real_now() - timedelta(seconds=1))
        arm(live(), "later", real_now() + timedelta(days=1))
        assert work.sweep()["handed"] == 1
        run_queues()
        assert len(marks("now")) == 1 and marks("later") == []

    def test_leases_so_that_two_sweeps_hand_over_once(self) -> None:
        arm(live(), "a", real_now() - timedelta(seconds=1))
        assert work.sweep()["handed"] == 1
        assert work.sweep()["handed"] == 0
        assert item("a", "test.once").attempts == 1

    def test_two_sweeps_that_have_seen_the_same_lease_it_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both have read the lane before either of them wrote."""
        arm(live(), "a", real_now() - timedelta(seconds=1))
        lane, now = str(item("a", "test.once").lane), real_now()
        seen, nothing = agenda.due_page(lane, now, limit=10), Page([], None)
        assert len(seen.items) == 1
        monkeypatch.setattr(agenda, "due_page", lambda asked, *_, **__: seen if asked == lane else nothing)
        assert [work.sweep(now)["handed"] for _ in range(2)] == [1, 0]
        assert item("a", "test.once").attempts == 1

    def test_finds_an_item_again_after_the_lease(self, run_queues: Any) -> None:
        arm(live(), "a", real_now() - timedelta(seconds=1))
        work.sweep()
        aws.client("sqs").purge_queue(QueueUrl=settings().queue_url("agenda-due"))
        assert work.sweep(real_now() + timedelta(seconds=work.LEASE_S + 1))["handed"] == 1
        run_queues()
        assert len(marks("a")) == 1

    def test_a_stale_message_changes_nothing(self, run_queues: Any) -> None:
        arm(live(), "a", real_now() - timedelta(seconds=1))
        work.sweep()
        arm(live(), "a", real_now() + timedelta(days=3))
        run_queues()
        assert marks("a") == []

    def test_buries_after_the_last_attempt_and_can_be_revived(self, run_queues: Any) -> None:
        BROKEN.add("a")
        arm(live(), "a", real_now() - timedelta(seconds=1))
        now = real_now()
        for _ in range(work.ATTEMPTS_MAX):
            assert work.sweep(now)["handed"] == 1
            work.note_failure(f"{CHAIN}#a", "test.once", ValueError())
            now += timedelta(seconds=work.WAIT_MAX_S + 1)
        assert work.sweep(now) == {"handed": 0, "buried": 1}
        assert item("a", "test.once").lane == f"dead#{CHAIN}"
        BROKEN.clear()
        assert work.revive(live(), "a", "test.once")
        run_queues()
        assert len(marks("a")) == 1

    def test_an_item_that_only_waits_in_a_long_queue_is_not_buried(
        self, run_queues: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(agenda, "LANES_PER_CLASS", 1)
        arm(live(), "a", real_now() - timedelta(seconds=1))
        now = real_now()
        for _ in range(work.ATTEMPTS_MAX * 2):
            assert work.sweep(now) == {"handed": 1, "buried": 0}
            now += timedelta(seconds=work.LEASE_S + 1)
        run_queues()
        assert len(marks("a")) == 1

    def test_what_kills_its_worker_is_buried_in_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(agenda, "LANES_PER_CLASS", 1)
        arm(live(), "a", real_now() - timedelta(seconds=1))
        now = real_now()
        for _ in range(work.LEASES_MAX):
            assert work.sweep(now)["handed"] == 1
            now += timedelta(seconds=work.LEASE_S + 1)
        assert work.sweep(now) == {"handed": 0, "buried": 1}

    def test_a_dead_recurrence_goes_on(self) -> None:
        BROKEN.add("y")
        arm(live(), "y", real_now() - timedelta(seconds=1), kind="test.yearly", is_recurring=True, occurrence="2026")
        now = real_now()
        for _ in range(work.ATTEMPTS_MAX):
            work.sweep(now)
            work.note_failure(f"{CHAIN}#y", "test.yearly", ValueError())
            now += timedelta(seconds=work.WAIT_MAX_S + 1)
        assert work.sweep(now)["buried"] == 1
        assert item("y", "test.yearly!2026").lane == f"dead#{CHAIN}"
        going_on = item("y", "test.yearly")
        assert going_on.lane != f"dead#{CHAIN}" and going_on.occurrence == "next"


class TestSettling:
    """Two are at work on one item: what the slower one decided has no effect."""

    def test_what_is_armed_anew_meanwhile_is_not_ended(self) -> None:
        later = real_now() + timedelta(days=3)
        arm(live(), "a", real_now() - timedelta(seconds=1), kind="test.counted")
        MEANWHILE["a"] = lambda: arm(live(), "a", later, kind="test.counted")
        assert not work.run(f"{CHAIN}#a", "test.counted")
        assert counted("a") == 0
        assert item("a", "test.counted").due_at == sortable(later)

    def test_of_two_runners_of_a_recurrence_one_has_its_effect(self) -> None:
        arm(live(), "a", real_now(), kind="test.counted", is_recurring=True, detail={"recurs": True})
        MEANWHILE["a"] = lambda: work.run(f"{CHAIN}#a", "test.counted")
        assert not work.run(f"{CHAIN}#a", "test.counted")
        assert counted("a") == 1

    def test_of_two_runners_of_the_last_time_one_has_its_effect(self) -> None:
        arm(live(), "a", real_now(), kind="test.counted")
        MEANWHILE["a"] = lambda: work.run(f"{CHAIN}#a", "test.counted", str(item("a", "test.counted").revision))
        work.run(f"{CHAIN}#a", "test.counted")
        assert counted("a") == 1


class TestReactions:
    def test_two_runners_of_one_event_react_once(self) -> None:
        unit = Unit(live())
        agenda.announce(unit, Event("test.counted", "s"))
        unit.commit()
        url = settings().queue_url("agenda-event")
        body = aws.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]
        MEANWHILE["s"] = lambda: work.run_message(body)
        work.run_message(body)
        assert counted("s") == 1

    def test_each_runs_once_however_often_it_is_delivered(self, run_queues: Any) -> None:
        unit = Unit(live())
        agenda.announce(unit, Event("test.happened", "s"))
        unit.commit()
        url = settings().queue_url("agenda-event")
        body = aws.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]
        for _ in range(3):
            work.run_message(body)
        assert len(marks("first-s")) == 1 and len(marks("second-s")) == 1

    def test_one_that_fails_does_not_repeat_its_neighbour(self) -> None:
        BROKEN.add("s")
        unit = Unit(live())
        agenda.announce(unit, Event("test.happened", "s"))
        unit.commit()
        url = settings().queue_url("agenda-event")
        body = aws.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]
        with pytest.raises(ValueError, match="on purpose"):
            work.run_message(body)
        BROKEN.clear()
        work.run_message(body)
        assert len(marks("first-s")) == 1 and len(marks("second-s")) == 1

    def test_the_sweep_finds_an_event_whose_nudge_was_lost(self, run_queues: Any) -> None:
        unit = Unit(live())
        agenda.announce(unit, Event("test.happened", "s"))
        unit.commit()
        aws.client("sqs").purge_queue(QueueUrl=settings().queue_url("agenda-event"))
        assert work.sweep()["handed"] == 0
        assert work.sweep(real_now() + timedelta(seconds=agenda.EVENT_GRACE_S + 1))["handed"] == 1
        run_queues()
        assert len(marks("first-s")) == 1

    def test_an_event_nobody_reacts_to_is_not_written(self) -> None:
        unit = Unit(live())
        agenda.announce(unit, Event("test.nobody", "s"))
        assert unit.size == 0


def clocked(chain: str) -> Scope:
    scope = system_scope(chain, START, is_test=True)
    unit = Unit(scope)
    testclock.start_clock(unit, START)
    unit.commit()
    return scope


class TestTestClock:
    def test_one_advance_of_a_year_equals_many_of_a_day(self, run_queues: Any) -> None:
        for chain in ("chn_year", "chn_days"):
            scope = clocked(chain)
            for number in range(5):
                due = START + timedelta(days=number, hours=number)
                arm(scope, f"s{number}", due, kind="test.yearly", is_recurring=True)
            arm(scope, "single", START + timedelta(days=100))
        testclock.request_advance(system_scope("chn_year", START, is_test=True), days=120)
        run_queues()
        for _ in range(120):
            testclock.request_advance(system_scope("chn_days", START, is_test=True), days=1)
            run_queues()
        for name in ("s0", "s3", "first-s0", "second-s4", "single"):
            assert marks(name, "chn_year") == marks(name, "chn_days") != []
        clock = ClockRecord.find("chn_year")
        assert clock is not None and clock.now == START + timedelta(days=120) and clock.target_at is None

    def test_work_runs_at_its_own_instant_and_in_order(self, run_queues: Any) -> None:
        scope = clocked("chn_t")
        arm(scope, "b", START + timedelta(days=2))
        arm(scope, "a", START + timedelta(days=1), kind="test.yearly", is_recurring=True)
        testclock.request_advance(scope, days=3)
        run_queues()
        assert marks("a", "chn_t")[0] == (START + timedelta(days=1)).isoformat()
        assert marks("first-a", "chn_t") == [(START + timedelta(days=1)).isoformat()]

    def test_a_broken_item_dies_and_the_advance_goes_on(self, run_queues: Any) -> None:
        scope = clocked("chn_t")
        BROKEN.add("bad")
        arm(scope, "bad", START + timedelta(days=1))
        arm(scope, "good", START + timedelta(days=2))
        testclock.request_advance(scope, days=3)
        run_queues()
        assert len(marks("good", "chn_t")) == 1
        assert len(agenda.lane_page(agenda.dead_lane("chn_t"), limit=10).items) == 1

    def test_steps_back_are_refused(self) -> None:
        scope = clocked("chn_t")
        with pytest.raises(Exception, match="not right"):
            testclock.request_advance(scope, to=START - timedelta(days=1))

    def test_a_lost_nudge_is_overdue_until_it_is_caught_up(self, run_queues: Any) -> None:
        scope = clocked("chn_t")
        unit = Unit(scope)
        agenda.announce(unit, Event("test.happened", "s"))
        unit.commit()
        aws.client("sqs").purge_queue(QueueUrl=settings().queue_url("agenda-event"))
        assert testclock.overdue_count(scope, START) == 1
        work.sweep(real_now() + timedelta(seconds=testclock.CATCH_UP_EVERY_S + 5))
        run_queues()
        assert testclock.overdue_count(scope, START) == 0
        assert len(marks("first-s", "chn_t")) == 1
