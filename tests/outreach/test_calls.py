"""Silence: who is found silent and when, the five who are called, the mail to the others, what is noted of a call."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda, work
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.models.calls import SilentDay, Task
from chalicelib.outreach.rules import calls as call_rules
from chalicelib.outreach.rules.calls import Agreed, TaskClosed, Told
from chalicelib.outreach.service import silence, tasks
from tests.builders import make_property, make_staff
from tests.outreach.test_obligations import owe, owed
from tests.outreach.test_policies import on
from tests.outreach.world import World

LEFT = date(2026, 3, 4)  # the world's first day
SILENT = datetime(2026, 3, 19, 8, 30, tzinfo=UTC)  # fifteen days after, half an hour after the day's choice
REASON = Told("reached", "price", Agreed("letter", "Send the new rates", date(2026, 3, 25)))


@pytest.fixture
def desk(world: World) -> World:
    """A chain that wants to know who has fallen silent."""
    on(world, "silence")
    return world


def regular(world: World, *, total: int = 0, phone: str | None = "", **fields: Any) -> guests.Guest:
    """A guest with three stays in ninety days, the last of which ends now. `total` is what the last one brought."""
    number = next(world.numbers)
    values = {"phones": [f"+3519120{number:05}"]} if phone == "" else {}
    guest = world.guest(is_run=False, birth_date=None, **{**values, **fields})
    for ago in (60, 30):
        stay(world, guest, ago, status="checked_out")
    lines = [{"id": "room", "category": "room", "amount": total, "tax": 0, "eligible": True}] if total else []
    world.stay(guest, revenue_lines=lines) if lines else world.stay(guest)
    return guest


def stay(world: World, guest: guests.Guest, ago: int, **fields: Any) -> Any:
    """A stay that ended so many days ago."""
    day = world.hq.now.date() - timedelta(days=ago)
    return world.stay(guest, arrival=(day - timedelta(days=2)).isoformat(), departure=day.isoformat(), **fields)


def open_tasks(world: World, guest: guests.Guest | None = None, house: str | None = None) -> list[Task]:
    found = Task.full(Task.queued(world.hq, [house or str(world.house.id)], ["open"], first="0", last="9", after=None))
    return [one for one in found if guest is None or one.guest_id == guest.id]


def only_task(world: World) -> Task:
    (found,) = open_tasks(world)
    return found


class TestFallingSilent:
    def test_a_regular_is_called_after_two_weeks(self, desk: World) -> None:
        manager = make_staff(desk.hq, "property_manager", property_ids=[desk.house.id])
        guest = regular(desk, total=45_000)
        desk.advance(SILENT - timedelta(days=1))
        assert open_tasks(desk) == [] and desk.deliveries(occasion="silence") == []
        desk.advance(SILENT)
        task = only_task(desk)
        assert (task.guest_id, task.kind, task.property_id) == (guest.id, "call", desk.house.id)
        assert (task.due_on, task.value, task.asks_reason) == ("2026-03-23", 45_000, True)  # a Monday: two working days
        assert (task.assigned_to, task.opened_by) == (manager.id, "system")
        assert desk.deliveries(occasion="silence") == []
        desk.advance(SILENT + timedelta(days=3))
        assert len(open_tasks(desk)) == 1

    def test_another_returning_guest_at_their_own_rhythm(self, desk: World) -> None:
        guest = desk.guest(birth_date=None, phones=["+351912000000"])
        for ago in (124, 62):
            stay(desk, guest, ago)
        desk.stay(guest)  # sixty days away each time: ninety are allowed
        desk.advance(datetime(2026, 6, 2, 9, tzinfo=UTC))
        assert open_tasks(desk) == []
        desk.advance(datetime(2026, 6, 3, 9, tzinfo=UTC))
        assert [one.guest_id for one in open_tasks(desk)] == [guest.id]

    def test_one_stay_has_no_rhythm(self, desk: World) -> None:
        guest = desk.guest(birth_date=None, phones=["+351912000000"])
        desk.stay(guest)
        assert not agenda.is_armed(desk.hq, guest.id, kinds.SILENCE)

    def test_off_by_default_and_silent_about_what_was_before(self, world: World) -> None:
        before = regular(world)
        on(world, "silence")
        world.advance(datetime(2026, 3, 5, 8, tzinfo=UTC))
        after = regular(world)
        assert not agenda.is_armed(world.hq, before.id, kinds.SILENCE)
        assert agenda.is_armed(world.hq, after.id, kinds.SILENCE)
        on(world, "silence", is_on=False)
        world.advance(SILENT + timedelta(days=9))
        assert open_tasks(world) == [] and world.deliveries(occasion="silence") == []

    def test_history_opens_no_call(self, desk: World) -> None:
        guest = desk.guest(birth_date=None, phones=["+351912000000"])
        for ago in (60, 40, 20):
            stay(desk, guest, ago)
        assert not agenda.is_armed(desk.hq, guest.id, kinds.SILENCE)

    def test_a_booking_ends_the_watch_and_a_cancellation_begins_it_again(self, desk: World) -> None:
        guest = regular(desk)
        booked = stay(desk, guest, -30, status="booked")
        assert not agenda.is_armed(desk.hq, guest.id, kinds.SILENCE)
        desk.advance(SILENT + timedelta(days=1))
        assert open_tasks(desk) == []
        desk.change_stay(booked, status="cancelled")
        desk.advance(SILENT + timedelta(days=1, minutes=5))  # silent since the day before
        assert [one.guest_id for one in open_tasks(desk)] == [guest.id]

    def test_whoever_books_need_not_be_called(self, desk: World) -> None:
        guest = regular(desk)
        desk.advance(SILENT)
        assert len(open_tasks(desk)) == 1
        stay(desk, guest, -30, status="booked")
        assert open_tasks(desk) == []
        (task,) = tasks.of_guest(desk.hq, guests.get(desk.hq, guest.id))
        assert (task.status, task.outcome) == ("cancelled", None)

    def test_the_property_last_stayed_at(self, desk: World) -> None:
        porto = make_property(desk.hq, "Porto")
        guest = desk.guest(birth_date=None, phones=["+351912000000"])
        for ago in (60, 30):
            stay(desk, guest, ago)
        desk.stay(guest, house=porto)
        desk.advance(SILENT)
        assert [one.guest_id for one in open_tasks(desk, house=str(porto.id))] == [guest.id]
        assert open_tasks(desk) == []


class TestTheDay:
    def test_the_best_five_are_called_and_the_others_written_to(
        self, desk: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chalicelib.outreach.service.silent_days.WRITTEN_AT_ONCE", 3)
        monkeypatch.setattr("chalicelib.outreach.service.silent_days.LOOKED_AT_ONCE", 4)
        people = [regular(desk, total=1000 * number) for number in range(1, 10)]
        unreachable = regular(desk, total=90_000, phone=None)
        refuses = regular(
            desk,
            total=91_000,
            consents=[{"purpose": "service", "channel": "phone", "state": "denied", "source": "desk"}],
        )
        desk.advance(SILENT + timedelta(hours=4))
        found = open_tasks(desk)
        assert [one.guest_id for one in found] == [one.id for one in people[:-6:-1]]
        sent = Counter(one["tags"]["guest"] for one in desk.outbox)
        assert sent == Counter([one.id for one in people[:4]] + [unreachable.id])
        skipped = desk.deliveries(status="skipped")
        assert [(one.guest_id, one.reason) for one in skipped] == [(refuses.id, "consent_missing")]
        assert "missed you" in str(desk.mail()["Subject"])
        assert int(SilentDay.of(desk.hq, str(desk.house.id), "2026-03-19").opened) == 5

    def test_a_call_that_silence_opens_is_owed_until_it_is_made(self, desk: World) -> None:
        owe(desk, "silence")
        regular(desk)
        desk.advance(SILENT)
        task = only_task(desk)
        assert owed(desk) == [(f"silence#{task.id}", "open", None)]
        tasks.note_attempt(desk.hq, str(task.id), REASON)
        desk.run_queues()
        assert owed(desk) == [(f"silence#{task.id}", "kept", None)]

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            (Told("no_answer", again_on=date(2026, 4, 20)), ("excused", "not_reached")),
            (Told("callback", again_on=date(2026, 4, 20)), ("excused", "not_reached")),
            (None, ("breached", "not_called")),
        ],
    )
    def test_a_call_that_was_tried_in_time_and_is_still_to_be_made(
        self, desk: World, told: Told | None, expected: tuple[str, str]
    ) -> None:
        owe(desk, "silence")
        regular(desk)
        desk.advance(SILENT)
        task = only_task(desk)
        if told is not None:
            tasks.note_attempt(desk.hq, str(task.id), told)
        desk.advance(SILENT + timedelta(days=7))
        assert owed(desk) == [(f"silence#{task.id}", *expected)]

    def test_a_call_by_hand_is_owed_by_no_rule(self, desk: World) -> None:
        owe(desk, "silence")
        guest = regular(desk)
        tasks.open_by_hand(
            desk.hq, guest_id=guest.id, property_id=str(desk.house.id), kind="call", due_on=date(2026, 3, 20), about="x"
        )
        desk.run_queues()
        assert owed(desk) == []

    def test_a_day_gone_through_twice_opens_no_sixth_call(self, desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
        people = [regular(desk, total=1000 * number) for number in range(1, 7)]
        # As if the day had died after its calls: the sixth is still a candidate when it is gone through again.
        with monkeypatch.context() as dying:
            dying.setattr("chalicelib.outreach.service.silent_days._write_to_some", lambda *_: None)
            desk.advance(SILENT)
        assert len(open_tasks(desk)) == 5 and desk.outbox == []
        record = agenda.AgendaRecord.find(desk.hq.key(desk.house.id), f"{kinds.SILENT_DAY}#2026-03-19")
        assert record is not None and record.lane  # it waits for late-comers
        record.due_at = record.armed_for = sortable(desk.hq.now)
        record.detail = {"phase": "call"}
        record.save()
        work.run(str(record.subject_key), str(record.item_key), now=desk.hq.now)
        desk.advance(SILENT + timedelta(hours=4))
        assert {one.guest_id for one in open_tasks(desk)} == {one.id for one in people[1:]}
        assert [one["tags"]["guest"] for one in desk.outbox] == [people[0].id]

    def test_late_comers_share_the_days_five(self, desk: World) -> None:
        for number in range(4):
            regular(desk, total=1000 * number)
        back = [regular(desk, total=5_000), regular(desk, total=9_000)]
        booked = [stay(desk, one, -30, status="booked") for one in back]
        desk.advance(SILENT)
        assert len(open_tasks(desk)) == 4
        for one in booked:
            desk.change_stay(one, status="cancelled")
        desk.advance(SILENT + timedelta(minutes=30))
        assert next(one.guest_id for one in open_tasks(desk)) == back[1].id  # the more valuable of the two
        desk.advance(SILENT + timedelta(days=2))
        assert len(open_tasks(desk)) == 5
        assert [one["tags"]["guest"] for one in desk.outbox] == [back[0].id]

    def test_two_records_of_one_person_are_called_once(self, desk: World) -> None:
        one, two = regular(desk), regular(desk)
        made = guests.merge(desk.hq, one.id, two.id)
        desk.run_queues()
        desk.advance(SILENT)
        assert len(open_tasks(desk)) == 1
        guests.part(desk.hq, made.id)
        desk.run_queues()
        desk.advance(SILENT + timedelta(days=1))
        assert {task.guest_id for task in open_tasks(desk)} == {one.id, two.id}

    def test_open_calls_of_two_who_turn_out_to_be_one(self, desk: World) -> None:
        one, two = regular(desk), regular(desk)
        desk.advance(SILENT)
        assert len(open_tasks(desk)) == 2
        guests.merge(desk.hq, one.id, two.id)
        desk.run_queues()
        assert len(open_tasks(desk)) == 1
        found = tasks.of_guest(desk.hq, guests.get(desk.hq, two.id))
        assert sorted(task.status for task in found) == ["cancelled", "open"]


class TestAttempts:
    @pytest.fixture
    def task(self, desk: World) -> Task:
        """A call to be made."""
        regular(desk)
        desk.advance(SILENT)
        return only_task(desk)

    def test_reached(self, desk: World, task: Task) -> None:
        done = tasks.note_attempt(desk.hq, str(task.id), REASON)
        assert (done.status, done.outcome, done.reason) == ("done", "reached", "price")
        follow_up = only_task(desk)
        assert (follow_up.id, follow_up.kind, follow_up.due_on) == (done.follow_up_id, "letter", "2026-03-25")
        assert (follow_up.about, follow_up.guest_id) == ("Send the new rates", task.guest_id)
        with pytest.raises(TaskClosed):
            tasks.note_attempt(desk.hq, str(task.id), Told("no_answer"))

    def test_every_fault_at_once(self, desk: World, task: Task) -> None:
        told = Told("reached", None, Agreed("call", "x", date(2026, 1, 1)), again_on=date(2029, 1, 1))
        with pytest.raises(Invalid) as refused:
            tasks.note_attempt(desk.hq, str(task.id), told)
        assert [one.pointer for one in refused.value.errors] == ["/reason", "/agreed/due_on", "/again_on"]
        with pytest.raises(Invalid) as refused:
            tasks.note_attempt(desk.hq, str(task.id), Told("done", "price"))
        assert [one.pointer for one in refused.value.errors] == ["/outcome", "/reason"]
        assert only_task(desk).attempts == []

    def test_two_retries_then_closed(self, desk: World, task: Task) -> None:
        first = tasks.note_attempt(desk.hq, str(task.id), Told("no_answer"))
        assert (first.status, first.due_on) == ("open", "2026-03-20")
        second = tasks.note_attempt(desk.hq, str(task.id), Told("callback", again_on=date(2026, 3, 27)))
        assert (second.status, second.due_on) == ("open", "2026-03-27")
        assert [one.due_on for one in open_tasks(desk)] == ["2026-03-27"]
        third = tasks.note_attempt(desk.hq, str(task.id), Told("no_answer", note="Three times"))
        assert (third.status, third.outcome, len(third.attempts)) == ("done", "no_answer", 3)
        assert open_tasks(desk) == []

    def test_nobody_came_to_it(self, desk: World, task: Task) -> None:
        desk.advance(datetime(2026, 4, 5, 8, tzinfo=UTC))
        assert len(open_tasks(desk)) == 1
        desk.advance(datetime(2026, 4, 6, 8, tzinfo=UTC))
        assert tasks.get(desk.hq, str(task.id)).status == "expired"

    def test_beyond_the_wall(self, desk: World, task: Task) -> None:
        sister = make_property(desk.hq, "Sister")
        with pytest.raises(NotFound):
            tasks.get(desk.scope(property_ids=[sister.id]), str(task.id))

    def test_opened_twice_is_once(self, desk: World, task: Task) -> None:
        for _ in range(2):
            unit = Unit(desk.hq)
            made = tasks.open_task(
                desk.hq, unit, guest_id=task.guest_id, property_id=task.property_id, kind="gift",
                due_on=date(2026, 3, 20), cause="birthday#2026",
            )  # fmt: skip
            unit.commit()
        assert [one.id for one in open_tasks(desk)] == [made.id, task.id]


def test_reasons_are_counted_in_order() -> None:
    found = call_rules.counted(["price", "other", "price"])
    assert (list(found), found["price"], found["other"], found["place"]) == (list(call_rules.REASONS), 2, 1, 0)


assert silence
