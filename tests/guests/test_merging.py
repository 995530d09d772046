"""Two guests become one, everywhere at once."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.guests import service
from chalicelib.guests.models import HouseGuest, Merge
from chalicelib.guests.rules.merging import AlreadyMerged, TooManyAbsorbed, TooManyParticulars
from chalicelib.guests.schemas import ConsentSettingIn, GuestPatch
from chalicelib.guests.service import MERGE_KIND, PART_KIND
from chalicelib.guests.service import merging as merging_service
from chalicelib.guests.service import parting as parting_service
from chalicelib.kernel import aws, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.errors import Busy, Forbidden, NotFound, Stale
from chalicelib.kernel.unit import Unit
from tests.builders import make_property
from tests.guests.conftest import World


class TestMerge:
    def test_one_guest_is_left_and_answers_for_both(self, world: World) -> None:
        one = world.create(emails=["ana@guests.example"], nationality="PT")
        two = world.create(given_name="Anna", family_name="Silva", phones=["+351912345678"], occupation="Architect")
        made = service.merge(world.hq, one.id, two.id, {}, "the same passport")
        assert made.status == "merged"
        guest = service.get(world.hq, two.id)
        assert guest.id == one.id and guest.ids == [one.id, two.id]
        assert (guest.given_name, guest.occupation, guest.nationality) == ("Ana", "Architect", "PT")
        assert world.listed() == [one.id]
        assert world.search(phone="+351912345678") == [one.id]
        assert world.search(name="Silva") == [one.id]
        assert world.listed(property_id=world.house.id) == [one.id]
        back = service.part(world.hq, made.id, "two sisters")
        assert back.status == "parted"
        assert service.get(world.hq, two.id).given_name == "Anna"
        assert service.get(world.hq, one.id).occupation is None
        assert sorted(world.listed(property_id=world.house.id)) == sorted([one.id, two.id])
        assert service.is_parted(world.hq, two.id, one.id)

    def test_the_strictest_consent_holds_and_a_report_of_the_old_grant_does_not_lift_it(self, world: World) -> None:
        said = {"purpose": "greeting", "channel": "email", "source": "form"}
        one = world.create(consents=[{**said, "state": "granted", "at": "2026-03-01T00:00:00Z"}])
        two = world.create(consents=[{**said, "state": "denied", "at": "2020-01-01T00:00:00Z"}])
        world.patch(one, external_ids=[{"system": "pms", "property_id": world.house.id, "id": "S"}])
        made = service.merge(world.hq, one.id, two.id)
        again = world.put("S", consents=[{**said, "state": "granted", "at": "2026-03-01T00:00:00Z"}])[0]
        assert again.consents["greeting:email"]["state"] == "denied"
        service.part(world.hq, made.id)
        assert service.get(world.hq, one.id).consents["greeting:email"]["state"] == "granted"
        assert service.get(world.hq, two.id).consents["greeting:email"]["at"].startswith("2020")

    def test_a_denial_since_holds_for_both_and_each_history_tells_it(self, world: World) -> None:
        one, two = world.create(emails=["a@guests.example"]), world.create(emails=["b@guests.example"])
        made = service.merge(world.hq, one.id, two.id)
        body = ConsentSettingIn(state="denied", source="letter")
        service.set_consent(world.hq, two.id, "marketing", "email", body)
        undone = service.part(world.hq, made.id)
        for guest in (one, two):
            kept, history = service.consent_history(world.hq, guest.id, limit=5, after=None)
            assert kept.consents["marketing:email"]["state"] == "denied"
            assert len(history.entries) == 1
        why = {(line["guest_id"], line["name"]): line["reason"] for line in undone.report}
        assert why[one.id, "marketing:email"] == "denial_holds_for_both"
        assert why[two.id, "marketing:email"] == "source"

    def test_a_consent_for_a_channel_that_only_one_has_is_that_ones(self, world: World) -> None:
        one, two = world.create(phones=["+351912345678"]), world.create(emails=["b@guests.example"])
        made = service.merge(world.hq, one.id, two.id)
        service.set_consent(world.hq, one.id, "greeting", "email", ConsentSettingIn(state="granted", source="desk"))
        undone = service.part(world.hq, made.id)
        assert "greeting:email" not in service.get(world.hq, one.id).consents
        assert service.get(world.hq, two.id).consents["greeting:email"]["state"] == "granted"
        assert {"what": "consent", "name": "greeting:email", "guest_id": two.id, "reason": "contact"} in undone.report

    def test_an_edit_under_an_id_goes_back_to_it(self, world: World) -> None:
        one, two = world.create(occupation="Nurse"), world.create(occupation="Architect", nationality="PT")
        made = service.merge(world.hq, one.id, two.id, {"occupation": "absorbed"})
        guest = service.get(world.hq, one.id)
        assert (guest.occupation, guest.nationality) == ("Architect", "PT")
        patch = GuestPatch(nationality="BR", phones=["+351912345678"])
        changed = service.update(world.hq, two.id, patch, guest.version)
        assert (changed.id, changed.nationality) == (one.id, "BR")
        service.part(world.hq, made.id)
        one, two = service.get(world.hq, one.id), service.get(world.hq, two.id)
        assert (one.occupation, one.nationality, one.phones) == ("Nurse", None, [])
        assert (two.occupation, two.nationality, two.phones) == ("Architect", "BR", ["+351912345678"])

    def test_what_is_too_much_is_refused_and_nothing_is_lost(self, world: World) -> None:
        one = world.create(emails=[f"a{n}@guests.example" for n in range(6)])
        two = world.create(emails=[f"b{n}@guests.example" for n in range(6)])
        with pytest.raises(TooManyParticulars) as refusal:
            service.merge(world.hq, one.id, two.id)
        assert [(error.pointer, error.values["count"]) for error in refusal.value.errors] == [("/emails", 12)]
        assert service.preview(world.hq, one.id, two.id).too_many == {"emails": (12, 10)}
        assert len(world.listed()) == 2

    def test_more_than_twenty_are_not_one_person(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(merging_service, "ABSORBED_MAX", 2)
        one, *others = [world.create() for _ in range(4)]
        for other in others[:2]:
            service.merge(world.hq, one.id, other.id)
        with pytest.raises(TooManyAbsorbed):
            service.merge(world.hq, one.id, others[2].id)

    def test_the_wall(self, world: World) -> None:
        here, there, both = world.create(), world.create(home_property_id=world.sister.id), world.create()
        world.patch(both, external_ids=[{"system": "pms", "property_id": world.sister.id, "id": "1"}])
        manager = world.desk(world.house)
        with pytest.raises(NotFound):
            service.merge(manager, here.id, there.id)
        with pytest.raises(Forbidden):
            service.merge(manager, here.id, both.id)
        made = service.merge(world.hq, here.id, there.id)
        with pytest.raises(Forbidden):
            service.part(manager, made.id)
        assert service.merge(manager, world.create().id, world.create().id).status == "merged"

    def test_again_is_no_second_merge_and_versions_are_heeded(self, world: World) -> None:
        one, two, three = world.create(), world.create(), world.create()
        with pytest.raises(Stale):
            service.merge(world.hq, one.id, two.id, survivor_version=7)
        made = service.merge(world.hq, one.id, two.id, survivor_version=1, absorbed_version=1)
        assert service.merge(world.hq, one.id, two.id).id == made.id
        with pytest.raises(AlreadyMerged):
            service.merge(world.hq, three.id, two.id)
        assert service.part(world.hq, made.id).report == service.part(world.hq, made.id).report

    def test_two_at_once_one_wins(self, world: World) -> None:
        one, two = world.create(), world.create()
        gate, made = threading.Barrier(2), []

        def run(survivor: str, absorbed: str) -> None:
            gate.wait()
            try:
                made.append(service.merge(world.hq, survivor, absorbed))
            except (AlreadyMerged, Busy):
                made.append(None)

        threads = [threading.Thread(target=run, args=pair) for pair in ((one.id, two.id), (two.id, one.id))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(one is not None for one in made) == 1
        assert len(world.listed()) == 1

    def test_a_merge_the_other_way_round_between_two_reads_is_noticed(self, world: World) -> None:
        one, two = world.create(), world.create()
        before = service.get(world.hq, two.id)
        service.merge(world.hq, one.id, two.id)
        pair = merging_service.pair_of(world.hq, one.id, world.create().id, {})
        mixed = dataclasses.replace(pair, survivor=before, absorbed=service.get(world.hq, one.id))
        with pytest.raises(Stale):
            merging_service.stage_decision(Unit(world.hq), Merge(), mixed)

    def test_one_more_read_and_one_transaction(self, world: World, counted: Callable[[], Any]) -> None:
        one, two = world.create(emails=["a@guests.example"]), world.create(phones=["+351912345678"])
        with counted() as calls:
            service.merge(world.hq, one.id, two.id)
        assert calls.names.count("TransactWriteItems") == 1
        with counted() as calls:
            service.get(world.hq, one.id)
        assert calls.names == ["GetItem"]
        with counted() as calls:
            service.get(world.hq, two.id)
        assert calls.names == ["GetItem", "GetItem"]


class TestManyHouses:
    """Where the rows of houses do not fit into one transaction."""

    @pytest.fixture
    def pair(self, world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[service.Guest, service.Guest]:
        monkeypatch.setattr(merging_service, "ITEMS_FOR_ROWS", 5)
        monkeypatch.setattr(parting_service, "ITEMS_FOR_ROWS", 5)
        monkeypatch.setattr(merging_service, "ROWS_AT_ONCE", 1)
        monkeypatch.setattr(parting_service, "ROWS_AT_ONCE", 1)
        one = world.create(given_name="Eva")
        two = world.create(home_property_id=world.sister.id)
        third = make_property(world.hq, "Third House")
        key = {"system": "pms", "property_id": third.id, "id": "1"}
        return one, world.patch(two, external_ids=[key])

    def test_readers_see_two_or_one_at_every_step_and_after_every_crash(
        self, world: World, pair: tuple[service.Guest, service.Guest]
    ) -> None:
        one, two = pair
        made = service.merge(world.hq, one.id, two.id)
        assert made.status == "preparing"
        assert live_on(world, made.id, MERGE_KIND, {(one.id, two.id), (one.id,)}) == (one.id,)
        assert service.merge_of(world.hq, made.id).status == "merged"
        for house in service.get(world.hq, one.id).property_ids:
            assert world.listed(property_id=house) == [one.id]
        assert HouseGuest.present(two, two.property_ids) == []
        undone = service.part(world.hq, made.id)
        assert undone.status == "parting"
        assert live_on(world, made.id, PART_KIND, {(one.id, two.id), (one.id,)}) == (one.id, two.id)
        assert HouseGuest.present(one, two.property_ids) == []
        assert service.get(world.hq, two.id).property_ids == two.property_ids

    def test_whoever_changes_one_of_them_meanwhile_stops_it(
        self, world: World, pair: tuple[service.Guest, service.Guest]
    ) -> None:
        one, two = pair
        made = service.merge(world.hq, one.id, two.id)
        world.patch(two, occupation="Pilot")
        live_on(world, made.id, MERGE_KIND, {(one.id, two.id)})
        record = service.merge_of(world.hq, made.id)
        assert (record.status, record.refusal) == ("refused", "stale")
        assert HouseGuest.present(one, two.property_ids) == []


def live_on(world: World, merge_id: str, kind: str, clean: set[tuple[str, ...]]) -> tuple[str, ...]:
    """Work the plan off, dying before and after every write of every step; answers who is left.

    After every death readers see one of the clean states.
    """
    seen: tuple[str, ...] = ()
    for death in ("before", "after", "after", "before", *[""] * 12):
        dying = dies(death) if death else contextlib.nullcontext()
        with dying, contextlib.suppress(Died):
            for waiting in list(AgendaRecord.every(world.hq.key(merge_id))):
                if waiting.kind == kind and waiting.lane:
                    work.run(str(waiting.subject_key), str(waiting.item_key))
        guests = {str(guest.id) for guest in service.find_many(world.hq, world.listed()).values()}
        seen = tuple(one for one in sorted(guests))
        assert seen in {tuple(sorted(state)) for state in clean}
        by_house = {one for house in houses(world) for one in world.listed(property_id=house)}
        assert by_house == guests, "a house sees something else than head office"
        by_name = set(world.search(name="Silva"))
        assert by_name == guests
    return seen


def houses(world: World) -> list[str]:
    return [str(house.id) for house in directory.properties(world.hq)]


class Died(BaseException):
    """The process is gone."""


@contextlib.contextmanager
def dies(when: str) -> Iterator[None]:
    """Die before or after the next transaction."""
    events = aws.client("dynamodb").meta.events
    name = f"{'provide-client-params' if when == 'before' else 'after-call'}.dynamodb.TransactWriteItems"

    def die(**_: Any) -> None:
        raise Died

    events.register(name, die)
    try:
        yield
    finally:
        events.unregister(name, die)
