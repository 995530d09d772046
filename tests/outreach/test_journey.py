"""The journey of a stay: each message once, at its moment, by the stay as it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ChainPatch
from chalicelib.kernel import agenda, aws, work
from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import system_scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds, service
from chalicelib.outreach.rules.journey import STEPS
from chalicelib.outreach.service import accompanying, foreseeing, policies
from chalicelib.stays import service as stays
from chalicelib.stays.events import STAYS_IMPORTED
from chalicelib.stays.schemas import StayIn, StayPatch
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


def text_of(world: World, number: int = -1) -> str:
    body = world.mail(number).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class TestConfirming:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "booking_confirmed")

    def test_once_when_the_booking_has_settled_with_what_it_is_then(self, world: World) -> None:
        world.advance(at(4, 11))
        stay = booking(world, guest_of(world), room_type="DLX")
        world.change_stay(stay, departure="2026-03-25", room_type="Garden Suite")
        world.advance(at(30))
        assert sent(world) == [("booking_confirmed", "2026-03-04T11:10")]
        assert world.outbox[0]["subject"] == "Your stay at Harbour House is booked: Friday, 20 March 2026"
        assert "Wednesday, 25 March 2026" in text_of(world) and "Garden Suite" in text_of(world)

    def test_at_night_it_waits_for_the_morning(self, world: World) -> None:
        world.advance(at(4, 22))
        booking(world, guest_of(world))
        world.advance(at(30))
        assert sent(world) == [("booking_confirmed", "2026-03-05T09:00")]

    def test_in_chinese(self, world: World) -> None:
        booking(world, guest_of(world, language="zh", given_name="小明", family_name="王"))
        world.advance(at(4, 12))
        assert world.outbox[0]["subject"] == "海港酒店已为您留房：2026年3月20日（星期五）"

    def test_not_for_whoever_walks_in_and_not_once_it_is_cancelled(self, world: World) -> None:
        world.stay(guest_of(world), status="in_house", arrival="2026-03-04", departure="2026-03-06")
        world.change_stay(booking(world, guest_of(world)), status="cancelled")
        world.advance(at(30))
        assert world.deliveries() == []

    def test_another_guest_is_told_of_what_is_theirs_now(self, world: World) -> None:
        first, second = guest_of(world), guest_of(world)
        stay = booking(world, first)
        world.change_stay(stay, guest_id=second.id)
        world.advance(at(5))
        assert [one.guest_id for one in world.deliveries()] == [second.id]


class TestTheRoom:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "room_ready", "stay_changed")

    def test_when_the_property_says_so_on_the_day(self, world: World) -> None:
        stay = booking(world, guest_of(world), "2026-03-10", "2026-03-13")
        world.advance(at(10, 11))
        world.change_stay(stay, room_number="0412", room_ready_at="2026-03-10T11:00:00Z")
        world.advance(at(10, 12))
        assert (sent(world), "Room 0412 is ready" in text_of(world)) == ([("room_ready", "2026-03-10T11:00")], True)
        world.change_stay(stay, room_ready_at="2026-03-10T12:00:00Z")
        world.advance(at(10, 13))
        assert len(sent(world)) == 1

    def test_a_room_that_was_named_and_is_another_now(self, world: World) -> None:
        stay = booking(world, guest_of(world), "2026-03-10", "2026-03-13")
        world.change_stay(stay, room_number="0412")  # not told: nobody's affair yet
        world.advance(at(10, 11))
        world.change_stay(stay, room_ready_at="2026-03-10T11:00:00Z")
        world.change_stay(stay, room_number="0415")
        world.advance(at(10, 20))
        assert sent(world) == [("room_ready", "2026-03-10T11:00"), ("stay_changed", "2026-03-10T11:10")]
        assert "Room number: 0415" in text_of(world)

    def test_told_a_day_early_it_waits_for_the_morning_of_the_day(self, world: World) -> None:
        stay = booking(world, guest_of(world), "2026-03-10", "2026-03-13")
        world.advance(at(9, 15))
        world.change_stay(stay, room_number="0412", room_ready_at="2026-03-09T15:00:00Z")
        world.advance(at(12))
        assert sent(world) == [("room_ready", "2026-03-10T09:00")]

    @pytest.mark.parametrize("fields", [{"status": "in_house"}, {"room_ready_at": None}, {"status": "no_show"}])
    def test_not_once_it_is_otherwise(self, world: World, fields: dict[str, Any]) -> None:
        stay = booking(world, guest_of(world), "2026-03-10", "2026-03-13")
        world.advance(at(9, 15))
        world.change_stay(stay, room_ready_at="2026-03-09T15:00:00Z")
        world.change_stay(stay, **fields)
        world.advance(at(14))
        assert sent(world) == []


class TestChanges:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "stay_changed")

    def test_several_quick_ones_are_one_message(self, world: World) -> None:
        stay = booking(world, guest_of(world))
        world.advance(at(5, 12))
        world.change_stay(stay, departure="2026-03-24")
        world.advance(at(5, 12, 6))
        world.change_stay(stay, arrival="2026-03-21")
        world.change_stay(stay, adults=2)  # nothing that has to be told, and it puts nothing off
        world.advance(at(6))
        assert sent(world) == [("stay_changed", "2026-03-05T12:16")]
        assert "Saturday, 21 March" in text_of(world) and "Tuesday, 24 March" in text_of(world)
        world.advance(at(7, 12))
        world.change_stay(stay, room_type="DLX")
        world.advance(at(30))
        assert sent(world)[1:] == [("stay_changed", "2026-03-07T12:10")]
        assert [one.occurrence for one in world.deliveries()] == [f"stay_changed#{stay.id}#{n}" for n in (2, 1)]

    def test_what_is_taken_back_at_once_was_nothing(self, world: World) -> None:
        stay = booking(world, guest_of(world))
        world.change_stay(stay, departure="2026-03-24")
        world.change_stay(stay, departure="2026-03-23")
        world.advance(at(30))
        assert world.deliveries() == []

    def test_who_is_there_is_told_of_another_departure_only(self, world: World) -> None:
        stay = booking(world, guest_of(world), "2026-03-10", "2026-03-13", room_type="STD")
        world.advance(at(10, 15))
        world.change_stay(stay, status="in_house", room_type="DLX", room_number="7")
        world.advance(at(11, 12))
        world.change_stay(stay, departure="2026-03-14")
        world.advance(at(20))
        assert sent(world) == [("stay_changed", "2026-03-11T12:10")]

    def test_another_message_that_names_the_days_tells_the_news(self, world: World) -> None:
        switch_on(world, "pre_arrival")
        stay = booking(world, guest_of(world))
        world.advance(at(17, 9, 55))
        world.change_stay(stay, departure="2026-03-25")
        world.advance(at(30))
        assert sent(world) == [("pre_arrival", "2026-03-17T10:00")]
        assert "Wednesday, 25 March 2026" in text_of(world)

    def test_a_word_that_is_heard_late_still_says_what_the_guest_knew(self, world: World) -> None:
        """Booking and change come within a second, and the second event is run first."""
        guest = guest_of(world)
        made, _ = stays.record(world.hq, StayIn.model_validate({
            "guest_id": guest.id, "property_id": world.house.id, "arrival": "2026-03-20", "departure": "2026-03-23",
        }))  # fmt: skip
        patch = StayPatch.model_validate({"departure": "2026-03-24"})
        stays.update(world.hq, str(made.id), patch, int(made.version))
        events = [
            one for one in agenda.AgendaRecord.page(world.hq.key(str(made.id)), limit=100).items if one.kind == "event"
        ]
        events.sort(key=lambda one: -int(one.detail["version"]))
        for one in (*events, *events):
            work.run(str(one.subject_key), str(one.item_key), str(one.revision))
        world.run_queues()
        world.advance(at(30))
        assert sent(world) == [("stay_changed", "2026-03-04T09:00")]  # eight o'clock is too early


class TestImports:
    def imported(self, world: World, *found: Stay) -> None:
        unit = Unit(system_scope(world.chain.id, world.hq.now, is_test=True))
        pairs = [[one.guest_id, str(one.id)] for one in found]
        detail = {"guest_ids": [one for one, _ in pairs], "completed": [], "current": pairs}
        agenda.announce(unit, Event(STAYS_IMPORTED, world.house.id, 0, detail))
        unit.commit()
        world.run_queues()

    def test_bookings_go_on_from_now_and_are_not_confirmed(self, world: World, monkeypatch: Any) -> None:
        switch_on(world, *STEPS)
        with monkeypatch.context() as patch:
            patch.setattr(accompanying, "follow", lambda *_: None)  # a file announces its group, and no single stay
            ahead = booking(world, guest_of(world))
            soon = booking(world, guest_of(world), "2026-03-05", "2026-03-06")
        self.imported(world, ahead, soon)
        world.change_stay(ahead, adults=2)  # and the property goes on telling
        assert (armed(world, ahead), armed(world, soon)) == ([("pre_arrival", "2026-03-17T10:00")], [])
        world.advance(at(30))
        assert sent(world) == [("pre_arrival", "2026-03-17T10:00")]

    def test_a_group_costs_two_reads_and_one_transaction(self, world: World, monkeypatch: Any) -> None:
        switch_on(world, *STEPS)
        with monkeypatch.context() as patch:
            patch.setattr(accompanying, "follow", lambda *_: None)
            found = [booking(world, guest_of(world)) for _ in range(19)]
        policies.in_force(world.hq)
        scope, calls = system_scope(world.chain.id, world.hq.now, is_test=True), []
        unit = Unit(scope)
        events = aws.client("dynamodb").meta.events
        events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name), unique_id="n")
        accompanying.follow_imported(scope, unit, [[one.guest_id, str(one.id)] for one in found])
        events.unregister("before-call.dynamodb.*", unique_id="n")
        assert calls == ["BatchGetItem"] * 2
        assert unit.size == 3 * 19  # what is remembered, the item, and the stay as it was read
        unit.commit()
        assert [len(armed(world, one)) for one in found] == [1] * 19


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


class TestForeseeing:
    def test_what_went_what_comes_and_why_not(self, world: World) -> None:
        switch_on(world, "booking_confirmed", "pre_arrival", "in_stay")
        guest = guest_of(world)
        stay = booking(world, guest)
        world.advance(at(4, 12))
        found = service.occasions_of_guest(world.hq, guest.id, *service.occasion_days(world.hq, None, None))
        assert [(one.occasion, one.will_send, str(one.at)[:16], one.stay_id) for one in found if one.day] == [
            ("booking_confirmed", False, "2026-03-04 09:00", stay.id),
            ("pre_arrival", True, "2026-03-17 10:00", stay.id),
            ("in_stay", True, "2026-03-21 16:00", stay.id),
        ]
        (journey,) = foreseeing.journeys_of_guest(world.hq, guest.id)
        assert [
            (one.occasion, one.delivery.status if one.delivery else None, one.will_send, one.reason)
            for one in journey.steps
        ] == [
            ("booking_confirmed", "sent", False, None), ("pre_arrival", None, True, None),
            ("room_ready", None, False, "policy_off"), ("in_stay", None, True, None),
            ("thanks", None, False, "policy_off"),
        ]  # fmt: skip
        world.change_stay(stay, status="cancelled")
        assert foreseeing.journeys_of_guest(world.hq, guest.id) == []
        left = service.occasions_of_guest(world.hq, guest.id, *service.occasion_days(world.hq, None, None))
        assert [one.occasion for one in left if one.day] == []

    def test_a_property_sees_its_own_stays_only(self, world: World) -> None:
        switch_on(world, "pre_arrival")
        other = make_property(world.hq, "Elsewhere")
        guest = guest_of(world)
        own, far = booking(world, guest), booking(world, guest, house=other)
        desk = world.scope(property_ids={str(world.house.id)})
        assert [one.stay.id for one in foreseeing.journeys_of_guest(desk, guest.id)] == [own.id]
        days = service.occasion_days(desk, None, None)
        assert {one.stay_id for one in service.occasions_of_guest(desk, guest.id, *days) if one.day} == {own.id}
        assert len(foreseeing.journeys_of_guest(world.hq, guest.id)) == 2 and far.id != own.id

    def test_what_was_foreseen_is_what_is_sent(self, world: World) -> None:
        switch_on(world, *STEPS)
        guest = guest_of(world)
        stay = booking(world, guest, "2026-03-10", "2026-03-13")
        days = service.occasion_days(world.hq, None, None)
        foreseen = [
            (one.occasion, f"{one.at:%Y-%m-%dT%H:%M}")
            for one in service.occasions_of_guest(world.hq, guest.id, *days)
            if one.will_send and one.at
        ]
        world.advance(at(10, 15))
        world.change_stay(stay, status="in_house")
        world.advance(at(13, 10))
        assert sent(world) == foreseen
        assert [name for name, _ in foreseen] == ["booking_confirmed", "pre_arrival", "in_stay"]
