"""Thanks after a first stay: once, within a week, and not for history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel import agenda, events
from chalicelib.kernel.scope import system_scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.stays.events import STAYS_IMPORTED
from infra.local.inprocess import Engine
from tests.builders import make_property
from tests.conftest import fresh_stack
from tests.outreach.world import World, make_world


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def guest_of(world: World, **fields: Any) -> Any:
    return world.guest(birth_date=None, consents=[], **fields)


def armed(world: World, guest: Any) -> list[str]:
    items = agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items
    return [str(one.due_at)[:16] for one in items if one.lane and one.kind == kinds.FIRST_STAY]


class TestTheMoment:
    def test_on_the_second_day_at_ten(self, world: World) -> None:
        guest = guest_of(world)
        stay = world.stay(guest)  # checked out on 4 March at 08:00
        world.advance(at(6, 9, 59))
        assert world.outbox == []
        world.advance(at(6, 10))
        delivery = world.only()
        assert (delivery.status, delivery.occasion, delivery.stay_id) == ("sent", "first_stay", stay.id)
        assert (delivery.purpose, delivery.day, delivery.property_id) == ("service", "2026-03-06", world.house.id)
        assert "Thank you for your stay" in world.outbox[0]["subject"]

    def test_in_the_houses_zone(self, world: World) -> None:
        tokyo = make_property(world.hq, "Tokyo", time_zone="Asia/Tokyo", country="JP")
        guest = guest_of(world)
        world.stay(guest, house=tokyo)  # 17:00 there
        world.advance(at(7, 0))
        assert [entry["chain_time"] for entry in world.outbox] == ["2026-03-06T01:00:00Z"]

    def test_quiet_hours_are_the_guests(self, world: World) -> None:
        guest = guest_of(world, time_zone="America/Los_Angeles")
        world.stay(guest)
        world.advance(at(7, 0))
        assert [entry["chain_time"] for entry in world.outbox] == ["2026-03-06T17:00:00Z"]  # 09:00 there

    def test_a_night_belongs_to_the_business_day(self, world: World) -> None:
        guest = guest_of(world)
        stay = world.stay(guest, status="in_house", departure="2026-03-05")
        world.advance(at(6, 2))  # long after midnight of the fifth, before the close at three
        world.change_stay(stay, status="checked_out")
        assert armed(world, guest) == ["2026-03-07T10:00"]

    def test_an_outage_of_a_week(self, world: World) -> None:
        guest = guest_of(world)
        world.stay(guest)
        item = agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items
        keys = [(str(one.subject_key), str(one.item_key)) for one in item if one.kind == kinds.FIRST_STAY]
        from chalicelib.kernel import work

        work.run(*keys[0], now=at(11, 8))
        assert (world.outbox, world.only().reason) == ([], "too_late")

    def test_late_but_within_the_week(self, world: World) -> None:
        guest = guest_of(world)
        world.stay(guest)
        item = agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items
        keys = [(str(one.subject_key), str(one.item_key)) for one in item if one.kind == kinds.FIRST_STAY]
        from chalicelib.kernel import work

        work.run(*keys[0], now=at(10, 15))
        assert world.only().status == "sent"


class TestWhose:
    def test_only_the_first(self, world: World) -> None:
        guest = guest_of(world)
        world.stay(guest)
        world.advance(at(10, 12))
        world.stay(guest)
        world.advance(at(20, 12))
        assert len(world.outbox) == 1

    def test_history_makes_a_guest_known(self, world: World) -> None:
        guest = guest_of(world)
        world.stay(guest, arrival="2025-01-01", departure="2025-01-03")
        world.stay(guest)
        world.advance(at(20, 12))
        assert world.outbox == []

    def test_history_that_comes_later_does_too(self, world: World) -> None:
        guest = guest_of(world)
        world.stay(guest)
        world.stay(guest, arrival="2025-01-01", departure="2025-01-03")
        world.advance(at(20, 12))
        assert (world.outbox, world.only().reason) == ([], "not_first_stay")

    def test_stays_that_did_not_happen_do_not(self, world: World) -> None:
        guest = guest_of(world)
        for status in ("cancelled", "no_show", "booked"):
            world.stay(guest, status=status, arrival="2026-02-01", departure="2026-02-02")
        world.stay(guest)
        world.advance(at(20, 12))
        assert len(world.outbox) == 1

    def test_a_check_out_that_was_taken_back(self, world: World) -> None:
        guest = guest_of(world)
        stay = world.stay(guest)
        world.change_stay(stay, status="in_house")
        world.advance(at(6, 12))
        assert (world.outbox, world.only().reason) == ([], "stay_reversed")
        world.change_stay(stay, status="checked_out")
        world.advance(at(8, 12))
        assert (len(world.outbox), world.only().status) == (1, "sent")

    def test_taken_back_after_the_thanks(self, world: World) -> None:
        guest = guest_of(world)
        stay = world.stay(guest)
        world.advance(at(6, 12))
        world.change_stay(stay, status="in_house")
        world.change_stay(stay, status="checked_out")
        other = world.stay(guest)
        assert other.id != stay.id
        world.advance(at(20, 12))
        assert len(world.outbox) == 1

    def test_before_the_chain_was_switched_on(self, world: World) -> None:
        guest = guest_of(world)
        world.stay(guest, arrival="2026-01-20", departure="2026-01-22")
        world.advance(at(20, 12))
        assert (world.outbox, armed(world, guest), world.deliveries()) == ([], [], [])

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({}, None),
            ({"emails": ["x@guest.booking.com"]}, None),  # a service message may go to a forwarder
            ({"is_do_not_greet": True}, "do_not_greet"),
            ({"emails": []}, "no_channel"),
        ],
    )
    def test_reasons(self, world: World, fields: dict[str, Any], reason: str | None) -> None:
        world.stay(guest_of(world, **fields))
        world.advance(at(6, 12))
        assert (world.only().reason, len(world.outbox)) == (reason, 0 if reason else 1)

    def test_consent_is_needed_only_where_it_was_denied(self, world: World) -> None:
        denied = {"purpose": "service", "channel": "email", "state": "denied", "source": "desk"}
        world.stay(world.guest(birth_date=None, consents=[denied]))
        world.advance(at(6, 12))
        assert world.only().reason == "consent_denied"

    def test_a_minor(self, world: World) -> None:
        world.stay(world.guest(birth_date="2010-06-10", consents=[]))
        world.advance(at(6, 12))
        assert world.only().reason == "minor"


class TestImports:
    def announce(self, world: World, *completed: tuple[str, str]) -> None:
        unit = Unit(system_scope(world.chain.id, world.hq.now, is_test=True))
        detail = {"guest_ids": [one for one, _ in completed], "completed": [list(one) for one in completed]}
        agenda.announce(unit, events.Event(STAYS_IMPORTED, world.house.id, 0, detail))
        unit.commit()
        world.run_queues()

    def test_a_stay_that_an_import_saw_end(self, world: World) -> None:
        guest = guest_of(world)
        stay = world.stay(guest)
        self.announce(world, (guest.id, str(stay.id)))
        world.advance(at(6, 12))
        assert len(world.outbox) == 1

    def test_many_guests_of_one_group(self, world: World) -> None:
        found = []
        for number in range(20):
            guest = guest_of(world, emails=[f"g{number}@example.com"])
            found.append((guest.id, str(world.stay(guest).id)))
        self.announce(world, *found)
        world.advance(at(6, 12))
        assert len(world.outbox) == 20


def test_one_advance_of_a_month_equals_thirty_of_a_day(engine: Engine, run_queues: Any) -> None:
    """The outbox does not depend on how the clock is turned."""
    seen = []
    for step in (1, 30):
        fresh_stack()
        world = make_world(engine, run_queues)
        for number in range(6):
            guest = world.guest(emails=[f"g{number}@example.com"], birth_date=f"1980-03-{6 + number:02}", language="zh")
            world.stay(guest)
        for day in range(step, 31, step):
            world.advance(at(4, 8) + timedelta(days=day))
        seen.append(sorted((one["chain_time"], one["recipient"], one["subject"]) for one in world.outbox))
    assert len(seen[0]) == 12
    assert seen[0] == seen[1]
