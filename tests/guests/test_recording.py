"""Creating and changing guests: what is kept, what is refused, who may, and what happens to the rows around a guest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.guests import service
from chalicelib.guests.events import GUEST_CHANGED
from chalicelib.guests.kinds import HOUSES_KIND
from chalicelib.guests.models import ContactPoint, ExternalId, Guest, HouseGuest
from chalicelib.guests.rules import NumberTaken
from chalicelib.guests.schemas import GuestIn, GuestPatch
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Forbidden, Invalid, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.unit import OPERATIONS_MAX, Unit
from tests.builders import make_chain, make_property, make_scope
from tests.guests.conftest import World

Heard = Callable[[], list[Event]]


def pointers(refusal: Invalid) -> list[str]:
    return [error.pointer for error in refusal.errors]


def rows_of(table: type[Any]) -> list[Any]:
    """Everything in a table: only tests look at it that way."""
    return list(table.scan())


class TestCreate:
    def test_what_is_kept(self, world: World) -> None:
        guest = world.create(
            given_name=" José ", emails=["Ana@Example.COM", "ANA@example.com", "b@x.pt"],
            phones=["912 345 678", "+351912345678"], language="ZH_hans", birth_date="1987-08-05",
            birthday_calendar="lunar", nationality="pt", time_zone="Asia/Shanghai",
        )  # fmt: skip
        kept = service.get(world.hq, guest.id)
        assert (kept.given_name, kept.language, kept.nationality) == ("José", "zh-Hans", "PT")
        assert kept.emails == ["Ana@example.com", "b@x.pt"] and kept.phones == ["+351912345678"]
        assert kept.birthday_calendar == "lunar" and kept.property_ids == {world.house.id}
        assert kept.source == "api" and not kept.first_imported and kept.version == 1
        assert kept.created_at == kept.updated_at == world.hq.now

    @pytest.mark.parametrize("name", ["👩‍👩‍👧", "مُحَمَّد", "Zoë\u200dx", "x" * 300, "=cmd()", "'; DROP TABLE guests; --"])
    def test_naughty_names_come_back_as_they_were(self, world: World, name: str) -> None:
        assert service.get(world.hq, world.create(family_name=name).id).family_name == name

    def test_the_language_of_the_house_is_the_default(self, world: World) -> None:
        house = make_property(world.hq, "Shanghai House", languages=["zh", "en"], country="CN")
        assert world.create(home_property_id=house.id).language == "zh"
        assert world.create(world.hq).language == world.chain.default_language

    def test_numbers_are_dialled_at_the_house_else_at_home(self, world: World) -> None:
        assert world.create(phones=["912345678"], nationality="DE").phones == ["+351912345678"]
        assert world.create(world.hq, phones=["030 901820"], nationality="DE").phones == ["+4930901820"]
        with pytest.raises(Invalid) as refusal:
            world.create(world.hq, phones=["030 901820"])
        assert pointers(refusal.value) == ["/phones/0"]

    def test_everything_wrong_is_said_at_once(self, world: World) -> None:
        with pytest.raises(Invalid) as refusal:
            world.create(
                given_name=None, family_name="", birth_date="2031-01-01", phones=["1", "+351912345678", "abc"],
                home_property_id="prp_x", external_ids=[{"system": "pms", "property_id": "prp_y", "id": "1"}],
            )  # fmt: skip
        assert sorted(pointers(refusal.value)) == [
            "/birth_date", "/external_ids/0/property_id", "/family_name", "/home_property_id", "/phones/0", "/phones/2"
        ]  # fmt: skip
        assert rows_of(Guest) == []

    def test_two_people_may_share_a_contact_point(self, world: World) -> None:
        first, second = world.create(emails=["a@x.pt"]), world.create(given_name="Rui", emails=["A@x.pt"])
        assert first.id != second.id
        assert service.contact_owner_count(world.hq, "email", "a@X.pt".lower()) == 2

    def test_a_number_belongs_to_one_guest(self, world: World) -> None:
        number = {"system": "pms", "property_id": world.house.id, "id": "7"}
        world.create(external_ids=[number])
        with pytest.raises(NumberTaken):
            world.create(external_ids=[number])
        world.create(external_ids=[{**number, "property_id": world.sister.id}])
        world.create(external_ids=[{**number, "property_id": None}])
        assert len(rows_of(Guest)) == len(rows_of(ExternalId)) == 3

    def test_houses_of_numbers_know_the_guest(self, world: World) -> None:
        guest = world.create(external_ids=[{"system": "pms", "property_id": world.sister.id, "id": "7"}])
        assert guest.property_ids == {world.house.id, world.sister.id}
        assert {row.house_key.split("#")[1] for row in rows_of(HouseGuest)} == guest.property_ids

    def test_no_personal_data_in_keys_of_tables(self, world: World) -> None:
        world.create(
            family_name="Geheim", emails=["geheim@x.pt"], phones=["+351912345678"],
            external_ids=[{"system": "pms", "property_id": None, "id": "geheim"}],
        )  # fmt: skip
        for table in (Guest, HouseGuest, ContactPoint, ExternalId):
            for row in rows_of(table):
                key = str(row.key()).lower()
                assert "geheim" not in key and "912345678" not in key
                assert row.key()[table.key_names()[0]]["S"].startswith(world.chain.id + "#")

    def test_it_is_told_and_noted_without_personal_data(self, world: World, heard: Heard) -> None:
        guest = world.create(family_name="Geheim")
        (event,) = heard()
        assert (event.type, event.subject_id, event.version) == (GUEST_CHANGED, guest.id, 1)
        assert event.detail["is_new"] is True and "family_name" in event.detail["fields"]
        (line,) = audit_page(world.hq, guest.id, limit=5).items
        assert line.action == "guest.created" and "Geheim" not in str(line.serialize())

    def test_a_desk_creates_for_its_own_house(self, world: World) -> None:
        desk = world.desk(world.house)
        assert world.create(desk).home_property_id == world.house.id
        with pytest.raises(Invalid) as refusal:
            world.create(desk, home_property_id=world.sister.id)
        assert pointers(refusal.value) == ["/home_property_id"]
        both = world.desk(world.house, world.sister)
        with pytest.raises(Invalid) as refusal:
            world.create(both)
        assert pointers(refusal.value) == ["/home_property_id"]
        assert world.create(both, home_property_id=world.sister.id).property_ids == {world.sister.id}

    def test_a_desk_gives_no_numbers_of_the_chain_or_of_others(self, world: World) -> None:
        for property_id in (None, world.sister.id):
            with pytest.raises(Invalid):
                world.create(
                    world.desk(world.house),
                    external_ids=[{"system": "pms", "property_id": property_id, "id": "1"}],
                )

    def test_a_given_id_is_used_once(self, world: World) -> None:
        body = GuestIn.model_validate({"family_name": "Wang"})
        wanted = "gst_0000000000000000000000g000"
        assert service.create(world.hq, body, id=wanted).id == wanted
        with pytest.raises(Exception, match="exists"):
            service.create(world.hq, body, id=wanted)


class TestWall:
    def test_others_are_nobody(self, world: World) -> None:
        guest = world.create()
        _, rival = make_chain()
        for caller in (rival, world.desk(world.sister)):
            assert service.find(caller, guest.id) is None
            assert service.find_many(caller, [guest.id]) == {}
            with pytest.raises(NotFound):
                service.get(caller, guest.id)
        assert service.find(world.desk(world.sister, world.house), guest.id) is not None

    @pytest.mark.parametrize("guest_id", ["", "x", "gst_#", "gst_" + "u" * 26, "sty_0000000000000000000000s000"])
    def test_what_is_no_id_is_nobody(self, world: World, guest_id: str) -> None:
        assert service.find(world.hq, guest_id) is None

    def test_numbers_of_other_houses_are_not_told(self, world: World) -> None:
        guest, _ = world.put("7")
        key = ("pms", world.house.id, "7")
        assert service.ids_by_external(world.hq, [key, ("pms", world.house.id, "8")]) == {key: guest.id}
        assert service.ids_by_external(world.desk(world.sister), [key]) == {}
        assert service.ids_by_external(make_chain()[1], [key]) == {}

    def test_numbers_of_the_chain_are_asked_for_in_two_ways(self, world: World) -> None:
        guest, _ = world.put("7", at="-")
        for property_id in (None, "-"):
            key = ("pms", property_id, "7")
            assert service.ids_by_external(world.hq, [key]) == {key: guest.id}


class TestUpdate:
    def test_absent_stays_and_null_empties(self, world: World) -> None:
        guest = world.create(emails=["a@x.pt"], birth_date="1987-08-05", nationality="PT", language="pt")
        changed = world.patch(guest, emails=None, birth_date=None, language=None)
        assert (changed.emails, changed.birth_date, changed.nationality) == ([], None, "PT")
        assert changed.language == world.house.languages[0] and changed.version == 2

    def test_a_guest_keeps_a_name(self, world: World) -> None:
        guest = world.create(given_name=None)
        with pytest.raises(Invalid):
            world.patch(guest, family_name=None)
        assert world.patch(guest, family_name=None, given_name="Ana").family_name == ""

    def test_no_difference_writes_nothing(self, world: World, counted: Callable[[], Any]) -> None:
        guest = world.create(emails=["a@x.pt"], phones=["912345678"])
        with counted() as calls:
            same = service.update(
                world.hq, guest.id, GuestPatch(family_name="Silva", phones=["912345678"]), guest.version
            )
        assert same.version == 1 and "TransactWriteItems" not in calls.names

    def test_somebody_was_faster(self, world: World) -> None:
        guest = world.create()
        world.patch(guest, language="pt")
        with pytest.raises(Stale):
            service.update(world.hq, guest.id, GuestPatch(language="de"), 1)

    def test_contact_points_and_numbers_move_with_the_guest(self, world: World) -> None:
        numbers = [{"system": "pms", "property_id": world.house.id, "id": name} for name in ("1", "2", "3")]
        guest = world.create(emails=["a@x.pt", "b@x.pt"], phones=["912345678"], external_ids=numbers[:2])
        world.patch(guest, emails=["B@x.pt", "c@x.pt"], phones=[], external_ids=numbers[1:])
        assert service.contact_owner_count(world.hq, "email", "a@x.pt") == 0
        assert service.contact_owner_count(world.hq, "email", "b@x.pt") == 1
        assert service.contact_owner_count(world.hq, "email", "c@x.pt") == 1
        assert service.contact_owner_count(world.hq, "phone", "+351912345678") == 0
        keys = [("pms", world.house.id, name) for name in ("1", "2", "3")]
        assert service.ids_by_external(world.hq, keys) == dict.fromkeys(keys[1:], guest.id)
        world.create(external_ids=numbers[:1])  # the number that was given up is free again

    def test_a_desk_changes_neither_numbers_nor_home_of_others(self, world: World) -> None:
        mine = {"system": "pms", "property_id": world.house.id, "id": "1"}
        theirs = {"system": "pms", "property_id": world.sister.id, "id": "2"}
        chains = {"system": "crs", "property_id": None, "id": "3"}
        guest = world.create(home_property_id=world.sister.id, external_ids=[mine, theirs, chains])
        desk = world.desk(world.house)
        changed = world.patch(guest, desk, external_ids=[{**mine, "id": "9"}, chains])
        assert {one["id"] for one in changed.external_ids} == {"9", "2", "3"}
        with pytest.raises(Invalid) as refusal:
            world.patch(guest, desk, home_property_id=world.house.id)
        assert pointers(refusal.value) == ["/home_property_id"]

    def test_the_most_that_can_change_at_once_fits_into_a_unit(
        self, world: World, counted: Callable[[], Any], heard: Heard
    ) -> None:
        houses = [make_property(world.hq, f"House {number}") for number in range(20)]

        def everything(turn: int) -> dict[str, Any]:
            return {
                "emails": [f"m{turn}{number}@x.pt" for number in range(10)],
                "phones": [f"+3519{turn}00000{number:02}" for number in range(10)],
                "external_ids": [{"system": f"s{turn}", "property_id": house.id, "id": "1"} for house in houses],
            }

        guest = world.create(**everything(1))
        later = [make_property(world.hq, f"Later {number}") for number in range(20)]
        patch = everything(2)
        patch["external_ids"] = [{"system": "s2", "property_id": house.id, "id": "1"} for house in later]
        with counted() as calls:
            world.patch(guest, **patch)
        sizes = [len(one["TransactItems"]) for one in calls.requests if "TransactItems" in one]
        assert 80 < max(sizes) <= OPERATIONS_MAX
        assert len(service.get(world.hq, guest.id).property_ids) == 41


class TestManyHouses:
    def test_the_rows_beyond_a_unit_are_written_by_the_agenda(
        self, world: World, run_queues: Callable[[], int]
    ) -> None:
        houses = [make_property(world.hq, f"House {number:03}") for number in range(97)]
        guest = world.create()
        for house in houses:
            unit = Unit(world.hq)
            service.note_seen_at(unit, guest, house.id)
            assert unit.size <= 3
            unit.commit()
        run_queues()
        changed = world.patch(guest, family_name="Costa")
        stale = [row for row in rows_of(HouseGuest) if row.name_key != "costa ana"]
        assert len(stale) > 80
        run_queues()
        rows = rows_of(HouseGuest)
        assert len(rows) == 98
        assert {row.name_key for row in rows} == {"costa ana"}
        assert {row.updated_key for row in rows} == {changed.updated_key}
        item = AgendaRecord.find(world.hq.key(guest.id), HOUSES_KIND)
        assert item is not None and item.lane is None

    def test_seen_again_is_no_news(self, world: World) -> None:
        guest = world.create()
        unit = Unit(world.hq)
        service.note_seen_at(unit, guest, world.house.id)
        assert unit.size == 0
        service.note_seen_at(unit, guest, world.sister.id)
        unit.commit()
        assert world.listed(world.desk(world.sister)) == [guest.id]
        assert service.get(world.desk(world.sister), guest.id).version == 2

    def test_seen_while_somebody_writes(self, world: World) -> None:
        guest = world.create()
        world.patch(guest, language="pt")
        unit = Unit(world.hq)
        service.note_seen_at(unit, guest, world.sister.id)
        with pytest.raises(Stale):
            unit.commit()
        assert world.listed(world.desk(world.sister)) == []

    def test_another_unit_can_depend_on_the_guest(self, world: World) -> None:
        guest = world.create()
        unit = Unit(world.hq)
        service.check_unchanged(unit, guest)
        unit.commit()
        world.patch(guest, language="pt")
        unit = Unit(world.hq)
        service.check_unchanged(unit, guest, refusal=Forbidden("changed"))
        with pytest.raises(Forbidden):
            unit.commit()


class TestUpsert:
    def test_created_then_updated_then_unchanged(self, world: World, heard: Heard) -> None:
        guest, is_new = world.put("G 1/7", emails=["a@x.pt"], language="pt")
        assert is_new and guest.home_property_id == world.house.id and guest.property_ids == {world.house.id}
        again, is_new = world.put("G 1/7", given_name="Ana")
        assert not is_new and again.id == guest.id and again.emails == ["a@x.pt"] and again.version == 2
        same, is_new = world.put("G 1/7", given_name="Ana", language="pt")
        assert not is_new and same.version == 2
        assert [event.detail["is_new"] for event in heard()] == [True, False]

    def test_the_number_is_always_among_the_guests_numbers(self, world: World) -> None:
        guest, _ = world.put("1", external_ids=[{"system": "crs", "id": "5"}])
        again, _ = world.put("1", external_ids=[])
        assert again.external_ids == [{"system": "pms", "property_id": world.house.id, "id": "1"}]
        assert service.ids_by_external(world.hq, [("crs", None, "5")]) == {}
        assert again.id == guest.id

    def test_houses_of_one_chain_have_numbers_of_their_own(self, world: World) -> None:
        first, _ = world.put("1")
        second, _ = world.put("1", at=world.sister.id)
        third, _ = world.put("1", at="-")
        assert len({first.id, second.id, third.id}) == 3 and third.property_ids == set()

    def test_a_desk_says_what_its_own_system_knows(self, world: World) -> None:
        desk = world.desk(world.house)
        guest, is_new = world.put("1", desk)
        assert is_new and guest.property_ids == {world.house.id}
        with pytest.raises(NotFound):
            world.put("1", desk, at=world.sister.id)
        with pytest.raises(Forbidden):
            world.put("1", desk, at="-")
        with pytest.raises(NotFound):
            world.put("1", at="prp_0000000000000000000000zzzz")

    def test_what_cannot_be_a_key(self, world: World) -> None:
        body = GuestIn(family_name="Silva")
        with pytest.raises(Invalid) as refusal:
            service.upsert_external(world.hq, "P M S", world.house.id, " ", body)
        assert pointers(refusal.value) == ["?system", "?external_id"]

    def test_another_number_of_the_body_is_somebodys(self, world: World) -> None:
        world.put("1", external_ids=[{"system": "crs", "id": "5"}])
        with pytest.raises(NumberTaken):
            world.put("2", external_ids=[{"system": "crs", "id": "5"}])
        assert len(rows_of(Guest)) == 1

    def test_a_consent_takes_effect_if_it_is_newer(self, world: World) -> None:
        def said(state: str, at: str | None) -> dict[str, Any]:
            one = {"purpose": "marketing", "channel": "email", "state": state, "source": "pms"}
            return {**one, "at": at} if at else one

        world.put("1", consents=[said("granted", "2026-01-01T00:00:00Z")])
        world.put("1", consents=[said("denied", "2026-02-01T00:00:00Z")])
        guest, _ = world.put("1", consents=[said("granted", "2026-01-15T00:00:00Z")])
        assert guest.consents["marketing:email"]["state"] == "denied" and guest.version == 2
        guest, _ = world.put("1", consents=[said("granted", None)])
        assert guest.consents["marketing:email"]["state"] == "denied" and guest.version == 2
        guest, _ = world.put("1", consents=[said("granted", "2026-03-01T00:00:00Z")])
        assert guest.consents["marketing:email"]["state"] == "granted"

    def test_eight_at_once_make_one_guest(self, world: World) -> None:
        gate = threading.Barrier(8)

        def work(number: int) -> list[tuple[str, bool]]:
            scope = make_scope(world.chain)
            told = []
            gate.wait()
            for turn in range(3):
                fields = {"given_name": f"Ana {number}", "emails": [f"e{number}.{turn}@x.pt"]}
                guest, is_new = world.put("42", scope, **fields)
                told.append((guest.id, is_new))
            return told

        with ThreadPoolExecutor(8) as pool:
            seen = [one for told in pool.map(work, range(8)) for one in told]
        assert len(seen) == 24 and len({guest_id for guest_id, _ in seen}) == 1
        assert sum(is_new for _, is_new in seen) == 1
        (guest,) = rows_of(Guest)
        assert guest.version == 24  # each wrote what differs, none wrote over another unseen
        points = rows_of(ContactPoint)
        assert len(points) == 1 and service.contact_owner_count(world.hq, "email", guest.emails[0]) == 1
