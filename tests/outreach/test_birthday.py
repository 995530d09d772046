"""Birthday greetings as guests live through them: on a test clock, with real transactions and a real outbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ChainPatch, PropertyPatch
from chalicelib.guests import service as guests
from chalicelib.guests.events import GUESTS_IMPORTED
from chalicelib.kernel import agenda, events, work
from chalicelib.kernel.scope import system_scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.service import arming
from infra.local.inprocess import Engine
from tests.builders import make_property, operator_scope
from tests.outreach.world import GRANTED, World, make_world

DAY = datetime(2026, 3, 10, tzinfo=UTC)  # Ana's birthday; Lisbon is on UTC


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """An instant of the birthday, or so many days after it."""
    return DAY + timedelta(days=days, hours=hour, minutes=minute)


def armed(world: World, guest: guests.Guest) -> agenda.AgendaRecord | None:
    """The guest's birthday on the agenda, if it is there."""
    found = agenda.AgendaRecord.find(world.hq.key(guest.id), kinds.BIRTHDAY)
    return found if found is not None and found.lane else None


def due(world: World, guest: guests.Guest) -> str:
    """When the guest's birthday is looked at next."""
    found = armed(world, guest)
    assert found is not None
    return str(found.due_at)[:16]


def import_now(world: World, *guest_ids: str) -> None:
    """Announce guests as an import does."""
    unit = Unit(system_scope(world.chain.id, world.hq.now, is_test=True))
    agenda.announce(unit, events.Event(GUESTS_IMPORTED, world.house.id, 0, {"ids": list(guest_ids)}))
    unit.commit()
    world.run_queues()


class TestTheMoment:
    def test_ten_in_the_morning_where_the_house_is(self, world: World) -> None:
        guest = world.guest()
        world.advance(at(9, 59))
        assert world.outbox == []
        world.advance(at(10))
        delivery = world.only()
        assert (delivery.status, delivery.occurrence, delivery.guest_id) == ("sent", "birthday#2026", guest.id)
        assert delivery.property_id == world.house.id
        assert world.outbox[0]["chain_time"] == "2026-03-10T10:00:00Z"
        assert due(world, guest) == "2027-03-10T10:00"

    def test_the_guests_own_zone_comes_first(self, world: World) -> None:
        world.guest(time_zone="Asia/Shanghai")
        world.advance(at(3))
        assert [entry["chain_time"] for entry in world.outbox] == ["2026-03-10T02:00:00Z"]

    def test_last_stay_then_next_booking_then_home(self, world: World) -> None:
        tokyo = make_property(world.hq, "Tokyo", time_zone="Asia/Tokyo", country="JP")
        denver = make_property(world.hq, "Denver", time_zone="America/Denver", country="US")
        stayed, booked, home = (world.guest(home_property_id=world.house.id) for _ in range(3))
        world.stay(stayed, house=denver, status="checked_out")
        world.stay(stayed, house=tokyo, status="booked", arrival="2026-04-01", departure="2026-04-02")
        world.stay(booked, house=tokyo, status="booked", arrival="2026-04-01", departure="2026-04-02")
        world.stay(home, house=tokyo, status="cancelled", arrival="2026-04-01", departure="2026-04-02")
        world.advance(at(23))
        greetings = [entry for entry in world.outbox if entry["tags"]["kind"] == "birthday"]
        sent = {entry["tags"]["guest"]: entry["chain_time"][11:16] for entry in greetings}
        assert sent == {booked.id: "01:00", home.id: "10:00", stayed.id: "16:00"}

    def test_a_guest_of_nowhere_lives_by_the_chains_clock(self, engine: Engine, run_queues: Any) -> None:
        world = make_world(engine, run_queues, time_zone="America/New_York")
        guest = world.guest(home_property_id=None)
        assert due(world, guest) == "2026-03-09T20:00"  # ten o'clock at the first place on Earth
        world.advance(at(23))
        assert world.outbox[0]["chain_time"] == "2026-03-10T14:00:00Z"
        assert world.only().property_id is None

    def test_a_clock_that_skips_the_hour(self, engine: Engine, run_queues: Any) -> None:
        world = make_world(engine, run_queues, greeting_hour=2)
        house = make_property(world.hq, "Wide awake", time_zone="Europe/Berlin", quiet_start="00:00", quiet_end="00:00")
        world.guest(home_property_id=house.id, birth_date="1980-03-29")  # 02:00 does not exist that day
        world.advance(datetime(2026, 3, 30, tzinfo=UTC))
        assert world.outbox[0]["chain_time"] == "2026-03-29T01:00:00Z"  # 03:00, the first minute after the gap

    def test_quiet_hours_of_the_guests_zone_put_it_off(self, engine: Engine, run_queues: Any) -> None:
        world = make_world(engine, run_queues, greeting_hour=6)
        world.guest(time_zone="Asia/Shanghai")
        world.advance(at(12))
        assert world.outbox[0]["chain_time"] == "2026-03-10T01:00:00Z"  # 09:00 there

    def test_a_deferral_ends_with_its_day(self, engine: Engine, run_queues: Any) -> None:
        world = make_world(engine, run_queues, greeting_hour=22)
        guest = world.guest()
        world.advance(at(9, days=1))
        assert world.outbox == []
        assert (world.only().status, world.only().reason) == ("skipped", "too_late")
        assert due(world, guest) == "2027-03-10T22:00"

    @pytest.mark.parametrize(
        ("rule", "day"), [("feb28", "2026-02-28"), ("mar1", "2026-03-01"), ("leap_only", "2028-02-29")]
    )
    def test_29_february(self, engine: Engine, run_queues: Any, rule: str, day: str) -> None:
        world = make_world(engine, run_queues, now=datetime(2026, 1, 5, 8, tzinfo=UTC), leap_rule=rule)
        world.guest(birth_date="1984-02-29")
        world.advance(datetime(2028, 12, 31, tzinfo=UTC))
        sent = [entry["chain_time"][:10] for entry in world.outbox]
        assert sent[0] == day
        assert len(sent) == (1 if rule == "leap_only" else 3)
        assert sent[-1] == "2028-02-29"

    def test_year_after_year(self, world: World) -> None:
        world.guest()
        world.advance(at(12, days=365 * 4 + 1))
        assert [entry["chain_time"][:4] for entry in world.outbox] == ["2026", "2027", "2028", "2029", "2030"]


class TestTheDayItself:
    def test_created_before_eight_in_the_evening(self, world: World) -> None:
        world.advance(at(19, 59))
        world.guest()
        assert len(world.outbox) == 1

    def test_created_after_it(self, world: World) -> None:
        world.advance(at(20))
        guest = world.guest()
        assert (world.outbox, world.deliveries()) == ([], [])
        assert due(world, guest) == "2027-03-10T10:00"

    def test_corrected_to_today(self, world: World) -> None:
        guest = world.guest(birth_date="1988-07-01")
        world.advance(at(15))
        world.change(guest, birth_date="1988-03-10")
        assert len(world.outbox) == 1

    def test_an_imported_guest_is_not_greeted_after_the_hour(self, world: World) -> None:
        world.advance(at(10, 1))
        guest = world.guest(is_run=False)
        drop_events(world, guest)
        import_now(world, guest.id)
        assert (world.outbox, due(world, guest)) == ([], "2027-03-10T10:00")

    def test_but_before_it(self, world: World) -> None:
        world.advance(at(9))
        guest = world.guest(is_run=False)
        drop_events(world, guest)
        import_now(world, guest.id)
        world.advance(at(10))
        assert len(world.outbox) == 1

    def test_an_import_does_not_put_off_what_is_overdue(self, world: World) -> None:
        guest = world.guest()
        world.advance(at(9))
        late = work.chain_now(world.chain.id, is_test=True) + timedelta(hours=2)
        unit = Unit(system_scope(world.chain.id, late, is_test=True))
        reaction = events.reactions_to(GUESTS_IMPORTED)["outreach.arm_birthdays"]
        reaction(unit.scope, events.Event(GUESTS_IMPORTED, world.house.id, 0, {"ids": [guest.id]}), unit)
        unit.commit()
        assert due(world, guest) == "2026-03-10T10:00"

    def test_never_twice_in_a_year_whatever_becomes_of_the_birth_date(self, world: World) -> None:
        guest = world.guest()
        world.advance(at(12))
        world.change(guest, birth_date="1988-03-11")
        world.advance(at(12, days=2))
        world.change(guest, birth_date="1988-06-20")
        world.advance(at(12, days=200))
        assert len(world.outbox) == 1
        assert due(world, guest) == "2027-06-20T09:00"
        world.advance(at(12, days=480))
        assert [entry["chain_time"][:10] for entry in world.outbox] == ["2026-03-10", "2027-06-20"]

    def test_an_outage_over_the_day(self, world: World) -> None:
        guest = world.guest()
        found = armed(world, guest)
        assert found is not None
        assert work.run(str(found.subject_key), str(found.item_key), now=at(8, days=3))
        assert (world.only().reason, world.outbox) == ("too_late", [])
        assert due(world, guest) == "2027-03-10T10:00"

    def test_an_outage_over_a_year_and_more(self, world: World) -> None:
        guest = world.guest()
        found = armed(world, guest)
        assert found is not None
        work.run(str(found.subject_key), str(found.item_key), now=at(8, days=500))
        assert due(world, guest) == "2028-03-10T10:00"

    def test_work_that_comes_too_early_does_nothing(self, world: World) -> None:
        guest = world.guest()
        work.run(world.hq.key(guest.id), kinds.BIRTHDAY)
        assert (world.deliveries(), due(world, guest)) == ([], "2026-03-10T10:00")


class TestWhoIsNotGreeted:
    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"birth_date": "2008-03-11"}, None),
            ({"birth_date": "2008-03-10"}, ""),
            ({"consents": []}, "consent_missing"),
            ({"consents": [{**GRANTED, "state": "denied"}]}, "consent_denied"),
            ({"consents": [{**GRANTED, "channel": "sms"}]}, "consent_missing"),
            ({"is_do_not_greet": True}, "do_not_greet"),
            ({"emails": []}, "no_channel"),
            ({"emails": ["x1@guest.booking.com"]}, "relay_address"),
            ({"birth_date": "1900-01-15", "birthday_calendar": "lunar"}, None),
            ({"birth_date": None}, None),
        ],
    )
    def test_reasons(self, world: World, fields: dict[str, Any], reason: str | None) -> None:
        world.guest(**fields)
        world.advance(at(12))
        if reason is None:
            assert (world.deliveries(), world.outbox) == ([], [])
        elif reason == "":
            assert len(world.outbox) == 1
        else:
            assert (world.only().status, world.only().reason, world.outbox) == ("skipped", reason, [])

    def test_a_minor(self, world: World) -> None:
        world.guest(birth_date="2010-03-10")
        world.advance(at(12))
        assert world.only().reason == "minor"
        world.advance(at(12, days=366 + 366))
        assert [(one.occurrence, one.status) for one in world.deliveries()] == [
            ("birthday#2028", "sent"), ("birthday#2027", "skipped"), ("birthday#2026", "skipped"),
        ]  # fmt: skip

    def test_no_consent_is_needed_outside_the_union_and_china(self, world: World) -> None:
        tokyo = make_property(world.hq, "Tokyo", time_zone="Asia/Tokyo", country="JP")
        shanghai = make_property(world.hq, "Shanghai", time_zone="Asia/Shanghai", country="CN")
        world.guest(home_property_id=tokyo.id, consents=[])
        world.guest(home_property_id=shanghai.id, consents=[])
        world.guest(home_property_id=tokyo.id, consents=[{**GRANTED, "state": "denied"}])
        world.advance(at(12))
        found = sorted((str(one.status), str(one.reason)) for one in world.deliveries())
        assert found == [("sent", "None"), ("skipped", "consent_denied"), ("skipped", "consent_missing")]

    def test_an_address_of_four_guests_is_nobodys_own(self, world: World) -> None:
        for _ in range(4):
            world.guest(emails=["Office@example.com"])
        world.advance(at(12))
        assert [one.reason for one in world.deliveries()] == ["shared_contact"] * 4

    def test_one_of_three_is(self, world: World) -> None:
        for name in ("office@example.com", "OFFICE@example.com", "Office@Example.com"):
            world.guest(emails=[name])
        world.advance(at(12))
        assert len(world.outbox) == 3

    def test_the_next_address_is_taken_if_the_first_is_shared(self, world: World) -> None:
        for number in range(3):
            world.guest(emails=["office@example.com"], birth_date=f"1980-08-1{number}")
        world.guest(emails=["office@example.com", "ana.silva@example.com"])
        world.advance(at(12))
        assert [entry["recipient"] for entry in world.outbox] == ["ana.silva@example.com"]

    def test_a_skip_is_decided_anew_on_the_same_day(self, world: World) -> None:
        guest = world.guest(emails=[])
        world.advance(at(11))
        assert world.only().reason == "no_channel"
        world.change(guest, emails=["ana@example.com"])
        assert (world.only().status, world.only().reason, len(world.outbox)) == ("sent", None, 1)

    def test_the_reason_is_what_would_have_to_change_first(self, world: World) -> None:
        world.guest(emails=["a@guest.booking.com"], phones=["+351912345678"])
        world.advance(at(12))
        assert world.only().reason == "relay_address"


class TestChannels:
    def test_a_text_if_there_is_no_mail(self, world: World) -> None:
        world.guest(emails=[], phones=["+351912345678"], consents=[{**GRANTED, "channel": "sms"}])
        world.advance(at(12))
        entry, delivery = world.outbox[0], world.only()
        assert (entry["kind"], entry["recipient"], delivery.channel) == ("sms", "+351912345678", "sms")
        assert entry["chain_time"] == "2026-03-10T10:00:00Z"
        assert (delivery.address_masked, int(delivery.parts)) == ("***5678", 1)

    def test_a_text_if_mail_is_not_agreed_to(self, world: World) -> None:
        denied = {**GRANTED, "state": "denied"}
        world.guest(phones=["+351912345678"], consents=[denied, {**GRANTED, "channel": "sms"}])
        world.advance(at(12))
        assert [entry["kind"] for entry in world.outbox] == ["sms"]

    def test_one_channel_is_enough(self, world: World) -> None:
        world.guest(phones=["+351912345678"], consents=[GRANTED, {**GRANTED, "channel": "sms"}])
        world.advance(at(12))
        assert [entry["kind"] for entry in world.outbox] == ["mail"]

    def test_own_addresses_before_forwarders(self, world: World) -> None:
        world.guest(emails=["x@m.expediapartnercentral.com", "ana@example.com"])
        world.advance(at(12))
        assert world.outbox[0]["recipient"] == "ana@example.com"


class TestTheAgenda:
    def test_a_guest_without_a_birthday_leaves_it(self, world: World) -> None:
        guest = world.guest()
        world.change(guest, birth_date=None)
        assert armed(world, guest) is None
        world.change(guest, birth_date="1988-03-10", birthday_calendar="lunar")
        assert due(world, guest) == "2026-03-11T10:00"  # the 23rd of the first month
        world.change(guest, birthday_calendar="gregorian")
        assert due(world, guest) == "2026-03-10T10:00"

    def test_a_new_house_further_east_is_looked_at_earlier(self, world: World) -> None:
        tokyo = make_property(world.hq, "Tokyo", time_zone="Asia/Tokyo", country="JP")
        guest = world.guest()
        world.stay(guest, house=tokyo, status="booked", arrival="2026-03-08", departure="2026-03-12")
        assert due(world, guest) == "2026-03-10T01:00"

    @pytest.mark.parametrize(
        ("fields", "at_instant"),
        [({"greeting_hour": 9}, "2026-03-10T09:00"), ({"time_zone": "Asia/Tokyo"}, "2026-03-10T10:00")],
    )
    def test_a_chain_that_changes_its_hour(self, world: World, fields: dict[str, Any], at_instant: str) -> None:
        people = [world.guest(emails=[f"g{number}@example.com"]) for number in range(3)]
        nobody = world.guest(birth_date=None)
        change_chain(world, **fields)
        assert [due(world, guest) for guest in people] == [at_instant] * 3
        assert armed(world, nobody) is None

    def test_a_house_that_changes_its_zone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(arming, "REARMED_AT_ONCE", 2)
        people = [world.guest(emails=[f"g{number}@example.com"]) for number in range(5)]
        away = world.guest(time_zone="America/Denver")
        patch = PropertyPatch.model_validate({"time_zone": "Asia/Tokyo"})
        directory.update_property(world.hq, world.house.id, patch, int(world.house.version))
        world.run_queues()
        assert [due(world, guest) for guest in people] == ["2026-03-10T01:00"] * 5
        assert due(world, away) == "2026-03-10T16:00"

    def test_what_does_not_move_the_day_writes_nothing(self, world: World) -> None:
        guest = world.guest()
        before = armed(world, guest)
        world.change(guest, given_name="Anna", emails=["anna@example.com"])
        after = armed(world, guest)
        assert before is not None and after is not None and before.revision == after.revision

    def test_an_occurrence_that_dies_is_visible_and_next_year_goes_on(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        guest = world.guest()

        def broken(*_: Any) -> int:
            raise ValueError("broken")

        monkeypatch.setattr(guests, "contact_owner_count", broken)
        world.advance(at(12))
        monkeypatch.undo()
        assert (world.outbox, due(world, guest)) == ([], "2027-03-10T10:00")
        dead = agenda.lane_page(agenda.dead_lane(world.chain.id), limit=10).items
        assert [one.item_key for one in dead] == ["outreach.birthday!birthday#2026"]
        assert work.revive(world.hq, guest.id, str(dead[0].item_key))
        world.run_queues()
        assert len(world.outbox) == 1
        world.advance(at(12, days=800))
        assert len(world.outbox) == 3
        live = agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items
        assert [one.item_key for one in live if one.lane and one.kind == kinds.BIRTHDAY] == ["outreach.birthday"]


def change_chain(world: World, **fields: Any) -> None:
    """Change the chain's settings and do what follows."""
    patch = ChainPatch.model_validate(fields)
    directory.update_chain(operator_scope(), world.chain.id, patch, int(world.chain.version))
    world.run_queues()


def drop_events(world: World, guest: guests.Guest) -> None:
    """Forget that the guest was announced as created by hand."""
    for item in agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items:
        item.delete()
