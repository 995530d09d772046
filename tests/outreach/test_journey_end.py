"""After the stay: one message, whichever; and round numbers of stays, once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kernel import agenda, work
from chalicelib.kernel.scope import system_scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds, service
from chalicelib.outreach.rules.vocabulary import AlreadyDecided
from chalicelib.outreach.service import accompanying, journeys, occurring, policies
from chalicelib.stays.service import Stay
from tests.outreach.test_journey import armed, at, guest_of, sent, switch_on, text_of
from tests.outreach.world import GRANTED, World


def ended(world: World, guest: Any, **fields: Any) -> Stay:
    """A stay that has just ended."""
    return world.stay(guest, **fields)


def history(world: World, guest: Any, count: int) -> None:
    """Stays of long ago."""
    for number in range(count):
        ended(world, guest, arrival=f"2024-{number % 12 + 1:02}-01", departure=f"2024-{number % 12 + 1:02}-03")


def due_of(world: World, stay: Stay) -> tuple[str, str]:
    items = agenda.AgendaRecord.page(world.hq.key(str(stay.id)), limit=100).items
    (found,) = [one for one in items if one.kind == kinds.JOURNEY]
    return str(found.subject_key), str(found.item_key)


class TestThanks:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "thanks")

    def test_the_first_stay_has_its_own_and_the_second_these(self, world: World) -> None:
        guest = guest_of(world)
        ended(world, guest)
        world.advance(at(9))
        second = ended(world, guest)
        world.advance(at(30))
        assert sent(world) == [("first_stay", "2026-03-06T10:00"), ("thanks", "2026-03-10T10:00")]
        assert world.deliveries(occasion="thanks")[0].occurrence == f"thanks#{second.id}"
        assert "good to have you at Harbour House again" in text_of(world)

    def test_once_for_a_stay_whatever_is_taken_back(self, world: World) -> None:
        guest = guest_of(world)
        history(world, guest, 1)
        stay = ended(world, guest)
        world.change_stay(stay, status="in_house")
        assert armed(world, stay) == []
        world.advance(at(5))
        world.change_stay(stay, status="checked_out")
        assert armed(world, stay) == [("thanks", "2026-03-06T10:00")]  # at midnight the day is still the fourth
        world.advance(at(8))
        world.change_stay(stay, status="in_house")
        world.change_stay(stay, status="checked_out")
        world.advance(at(30))
        assert sent(world) == [("thanks", "2026-03-06T10:00")]

    def test_the_first_stays_thanks_and_these_exclude_each_other(self, world: World) -> None:
        """A stay that was thanked for as the first becomes the second, and the other way round."""
        guest = guest_of(world)
        stay = ended(world, guest)
        world.advance(at(6, 12))
        history(world, guest, 1)
        world.change_stay(stay, status="in_house")
        world.change_stay(stay, status="checked_out")
        world.advance(at(15))
        assert sent(world) == [("first_stay", "2026-03-06T10:00")]
        other = guest_of(world)
        earlier = ended(world, other, arrival="2026-01-01", departure="2026-01-03")
        stay = ended(world, other)
        world.advance(at(18))
        assert sent(world)[1:] == [("thanks", "2026-03-16T10:00")]
        world.change_stay(earlier, status="cancelled")
        world.change_stay(stay, status="in_house")
        world.change_stay(stay, status="checked_out")
        world.advance(at(30))
        assert len(sent(world)) == 2

    def test_two_runners_at_once(self, world: World) -> None:
        """Both have decided before either commits: one message leaves."""
        guest = guest_of(world)
        earlier = ended(world, guest, arrival="2026-01-01", departure="2026-01-03")
        stay = ended(world, guest)
        scope = system_scope(world.chain.id, at(6, 11), is_test=True)
        units = [Unit(scope), Unit(scope)]
        thanks = agenda.work_of(agenda.AgendaRecord.find(*due_of(world, stay)))
        accompanying.accompany(scope, thanks, units[0])
        world.change_stay(earlier, status="cancelled")
        first = agenda.Work(guest.id, kinds.FIRST_STAY, str(stay.id), at(6, 10), 0, {})
        occurring.thank(scope, first, units[1])
        units[1].commit()
        with pytest.raises(AlreadyDecided):
            units[0].commit()
        assert [one["tags"]["kind"] for one in world.outbox] == ["first_stay"]

    def test_history_and_what_lies_before_activation_is_silent(self, world: World) -> None:
        guest = guest_of(world)
        history(world, guest, 12)
        world.advance(at(30))
        assert world.deliveries() == []

    def test_doubled_work_sends_once(self, world: World) -> None:
        guest = guest_of(world)
        history(world, guest, 1)
        stay = ended(world, guest)
        key = due_of(world, stay)
        assert [work.run(*key, now=at(6, 11)), work.run(*key, now=at(6, 11))] == [True, False]
        assert len(world.outbox) == 1


class TestMilestones:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "milestone", "thanks")

    def test_the_fifth_stay_has_its_own_message_instead_of_thanks(self, world: World) -> None:
        guest = guest_of(world, consents=[GRANTED])
        history(world, guest, 3)
        for _ in range(3):
            ended(world, guest)
            world.advance(world.hq.now + timedelta(days=8))
        assert [name for name, _ in sent(world)] == ["thanks", "milestone", "thanks"]
        fifth = world.deliveries(occasion="milestone")[0]
        assert (fifth.occurrence, fifth.purpose) == ("milestone#5", "greeting")
        assert "was your 5th with" in text_of(world, 1)

    def test_thanks_that_have_to_wait_for_the_guests_morning(self, world: World) -> None:
        """Where both names of the one message are on, it waits once: the stay's item may not ask for it twice."""
        guest = guest_of(world, time_zone="America/New_York")
        history(world, guest, 1)
        ended(world, guest)
        world.advance(at(8))
        assert sent(world) == [("thanks", "2026-03-06T14:00")]

    def test_once_for_guest_and_number_whatever_is_reversed(self, world: World) -> None:
        guest = guest_of(world, consents=[GRANTED])
        history(world, guest, 3)
        undone = ended(world, guest, arrival="2026-01-10", departure="2026-01-12")
        ended(world, guest)
        world.advance(at(8))
        world.change_stay(undone, status="cancelled")
        ended(world, guest)  # which is now the fifth again
        world.advance(at(30))
        assert [name for name, _ in sent(world)] == ["milestone", "thanks"]

    def test_numbers_that_were_passed_meanwhile_are_not_made_up_for(self, world: World) -> None:
        guest = guest_of(world, consents=[GRANTED])
        history(world, guest, 11)
        ended(world, guest)
        world.advance(at(30))
        assert [name for name, _ in sent(world)] == ["thanks"]

    def test_alone_it_is_silent_on_other_stays(self, world: World) -> None:
        service.publish(world.hq, "thanks", is_on=False, offer={})
        policies.forget()
        guest = guest_of(world, consents=[GRANTED])
        history(world, guest, 8)
        ended(world, guest)
        ended(world, guest)
        world.advance(at(30))
        assert [one.occurrence for one in world.deliveries()] == ["milestone#10"]


def test_a_journey_that_cannot_be_decided_goes_on_with_the_next_step(world: World, monkeypatch: Any) -> None:
    switch_on(world, "pre_arrival", "room_ready")
    stay = world.stay(guest_of(world), status="booked", arrival="2026-03-20", departure="2026-03-23")

    def broken(*_: Any, **__: Any) -> None:
        raise LookupError("a template is broken")

    with monkeypatch.context() as patch:
        patch.setattr(journeys, "plan_of", broken)
        key = due_of(world, stay)
        with pytest.raises(LookupError):
            work.run(*key, now=at(17, 11))
        record = agenda.AgendaRecord.find(*key)
        assert record is not None
        work.bury(record, now=at(17, 11))
    again = agenda.AgendaRecord.find(*key)
    assert again is not None and str(again.due_at)[:16] == "2026-03-20T00:00"
