"""The journey of a stay: each message once, at its moment, by the stay as it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ChainPatch
from chalicelib.kernel import agenda, aws
from chalicelib.outreach import service
from chalicelib.outreach.rules.journey import STEPS
from chalicelib.outreach.service import accompanying, kinds, policies
from chalicelib.stays.service import Stay
from tests.builders import make_property
from tests.outreach.world import World

ALL = (*STEPS, "points_ending")
BOTH = {"en": "Stay three nights, pay for two.", "zh": "住三晚，付两晚。"}


def at(day: int, hour: int = 0, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def switch_on(world: World, *steps: str, offer: dict[str, str] | None = None) -> None:
    for one in steps:
        service.publish(world.hq, one, is_on=True, offer=offer or {})
    policies.forget()
    world.run_queues()


def guest_of(world: World, **fields: Any) -> Any:
    return world.guest(**{"birth_date": None, "consents": [], **fields})


def booking(
    world: World, guest: Any, arrival: str = "2026-03-20", departure: str = "2026-03-23", **fields: Any
) -> Stay:
    return world.stay(guest, status="booked", arrival=arrival, departure=departure, **fields)


def sent(world: World) -> list[tuple[str, str]]:
    """Occasion and instant of every message, in order."""
    return [(str(one["tags"]["kind"]), str(one["chain_time"])[:16]) for one in world.outbox]


def armed(world: World, stay: Stay) -> list[tuple[str | None, str]]:
    items = agenda.AgendaRecord.page(world.hq.key(str(stay.id)), limit=100).items
    return [(one.occurrence, str(one.due_at)[:16]) for one in items if one.lane and one.kind == kinds.JOURNEY]


class TestBeforeTheArrival:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "pre_arrival")

    def test_three_days_before_at_ten(self, world: World) -> None:
        stay = booking(world, guest_of(world))
        assert armed(world, stay) == [("pre_arrival", "2026-03-17T10:00")]
        world.advance(at(17, 9, 59))
        assert sent(world) == []
        world.advance(at(25))
        assert sent(world) == [("pre_arrival", "2026-03-17T10:00")]
        delivery = world.only()
        assert (delivery.occurrence, delivery.purpose) == (f"pre_arrival#{stay.id}", "service")
        assert (delivery.stay_id, delivery.day) == (stay.id, "2026-03-17")
        assert "Friday, 20 March 2026" in str(world.mail().get_body(("plain",)).get_content())

    def test_it_moves_with_the_stay_and_is_sent_once(self, world: World) -> None:
        stay = booking(world, guest_of(world))
        world.change_stay(stay, arrival="2026-03-25", departure="2026-03-28")
        assert armed(world, stay) == [("pre_arrival", "2026-03-22T10:00")]
        world.advance(at(22, 12))
        world.change_stay(stay, arrival="2026-04-25", departure="2026-04-28")
        world.advance(at(30, month=4))
        assert sent(world) == [("pre_arrival", "2026-03-22T10:00")]

    def test_a_stay_that_is_cancelled_and_comes_back(self, world: World) -> None:
        stay = booking(world, guest_of(world))
        world.change_stay(stay, status="cancelled")
        assert armed(world, stay) == []
        world.advance(at(18))
        assert world.deliveries() == []
        world.change_stay(stay, status="booked")
        world.advance(at(25))
        assert sent(world) == [("pre_arrival", "2026-03-18T09:00")]  # at once, after the quiet hours

    def test_who_books_late_hears_the_day_after_and_who_books_at_the_last_moment_nothing(self, world: World) -> None:
        late = booking(world, guest_of(world), "2026-03-06", "2026-03-09")
        last = booking(world, guest_of(world), "2026-03-05", "2026-03-09")
        assert (armed(world, late), armed(world, last)) == ([("pre_arrival", "2026-03-05T10:00")], [])
        world.advance(at(9))
        assert [one.stay_id for one in world.deliveries()] == [late.id]

    def test_with_an_offer_it_is_marketing(self, world: World) -> None:
        switch_on(world, "pre_arrival", offer=BOTH)
        agreed = {"purpose": "marketing", "channel": "email", "state": "granted", "source": "form"}
        booking(world, guest_of(world))
        booking(world, guest_of(world, consents=[agreed]))
        world.advance(at(18))
        assert {(one.status, one.reason) for one in world.deliveries()} == {
            ("sent", None), ("skipped", "consent_missing"),
        }  # fmt: skip
        assert BOTH["en"] in str(world.mail().get_body(("plain",)).get_content())

    def test_a_moment_before_it_was_switched_on(self, world: World) -> None:
        """The third day before has passed, and the arrival is still to come."""
        service.publish(world.hq, "pre_arrival", is_on=False, offer={})
        stay = booking(world, guest_of(world))
        later = booking(world, guest_of(world), "2026-03-30", "2026-03-31")
        world.advance(at(18))
        switch_on(world, "pre_arrival")
        assert (armed(world, stay), armed(world, later)) == ([], [("pre_arrival", "2026-03-27T10:00")])
        world.advance(at(31))
        assert [one.stay_id for one in world.deliveries()] == [later.id]

    def test_switched_off_nothing_is_left(self, world: World) -> None:
        stay = booking(world, guest_of(world))
        service.publish(world.hq, "pre_arrival", is_on=False, offer={})
        policies.forget()
        world.advance(at(19))
        assert (armed(world, stay), world.deliveries()) == ([], [])

    def test_another_hour_of_the_chain_moves_it(self, world: World) -> None:
        stay = booking(world, guest_of(world))
        chain = directory.chain_of(world.hq)
        patch = ChainPatch.model_validate({"greeting_hour": 14})
        directory.update_chain(world.hq, world.chain.id, patch, int(chain.version))
        world.run_queues()
        assert armed(world, stay) == [("pre_arrival", "2026-03-17T14:00")]


class TestDuringTheStay:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "in_stay")

    def test_on_the_second_day_in_the_propertys_zone(self, world: World) -> None:
        tokyo = make_property(world.hq, "Tokyo", time_zone="Asia/Tokyo", country="JP")
        guest = guest_of(world, time_zone="America/Los_Angeles")
        stay = booking(world, guest, "2026-03-10", "2026-03-13", house=tokyo)
        world.advance(at(10, 5))
        assert armed(world, stay) == []
        world.change_stay(stay, status="in_house")
        assert armed(world, stay) == [("in_stay", "2026-03-11T07:00")]
        world.advance(at(20))
        assert sent(world) == [("in_stay", "2026-03-11T07:00")]

    def test_not_for_a_night_and_not_after_a_shortening(self, world: World) -> None:
        short = booking(world, guest_of(world), "2026-03-10", "2026-03-11")
        shortened = booking(world, guest_of(world), "2026-03-10", "2026-03-13")
        extended = booking(world, guest_of(world), "2026-03-10", "2026-03-11")
        world.advance(at(10, 15))
        for stay in (short, shortened, extended):
            world.change_stay(stay, status="in_house")
        world.advance(at(11, 8))
        world.change_stay(shortened, departure="2026-03-11")
        world.change_stay(extended, departure="2026-03-14")
        world.advance(at(20))
        assert [one.stay_id for one in world.deliveries()] == [extended.id]

    @pytest.mark.parametrize("status", ["checked_out", "booked", "cancelled"])
    def test_whoever_is_not_there_is_not_asked(self, world: World, status: str) -> None:
        stay = booking(world, guest_of(world), "2026-03-10", "2026-03-13")
        world.advance(at(10, 15))
        world.change_stay(stay, status="in_house")
        world.change_stay(stay, status=status)
        world.advance(at(20))
        assert [one for one in world.deliveries() if one.occasion == "in_stay"] == []

    def test_a_check_in_that_is_told_late_on_the_day_or_after_it(self, world: World) -> None:
        told, untold = (booking(world, guest_of(world), "2026-03-10", "2026-03-13") for _ in range(2))
        world.advance(at(11, 18))
        world.change_stay(told, status="in_house")
        world.advance(at(12, 9))
        world.change_stay(untold, status="in_house")
        world.advance(at(20))
        assert sent(world) == [("in_stay", "2026-03-11T18:00")]

    def test_what_could_not_leave_on_the_day_is_too_late(self, world: World) -> None:
        stay = booking(world, guest_of(world), "2026-03-10", "2026-03-13")
        world.advance(at(11, 21, 30))
        world.change_stay(stay, status="in_house")  # in the quiet hours of the second day
        world.advance(at(20))
        assert (sent(world), world.only().reason) == ([], "too_late")


class TestCost:
    def test_a_chain_that_has_no_step_on_reads_and_arms_nothing_more(self, world: World, monkeypatch: Any) -> None:
        """Counted without the journey and with it."""
        guest = guest_of(world)
        booking(world, guest)  # what is remembered from now on
        calls: list[str] = []
        events = aws.client("dynamodb").meta.events
        events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name), unique_id="n")
        stay = booking(world, guest)
        with_it = list(calls)
        monkeypatch.setattr(accompanying, "follow", lambda *_: None)
        calls.clear()
        booking(world, guest)
        events.unregister("before-call.dynamodb.*", unique_id="n")
        assert sorted(with_it) == sorted(calls)
        assert armed(world, stay) == []
