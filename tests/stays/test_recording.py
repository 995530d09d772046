"""Telling of stays: which word counts in the store, what it writes and announces, and who may."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel.audit import AuditRecord
from chalicelib.kernel.errors import Invalid, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.meter import item_size_bytes
from chalicelib.stays import service
from chalicelib.stays.events import STAY_CHANGED, STAY_COMPLETED
from chalicelib.stays.models import Stay, StayPointer
from chalicelib.stays.schemas import ExternalStayIn, StayIn, StayPatch
from tests.orders import every_order
from tests.stays.conftest import World

LINES = [
    {"id": "1", "category": "room", "amount": 30000, "tax": 1800},
    {"id": "2", "category": "spa", "amount": -2500, "eligible": False},
]
Heard = Callable[[], list[Event]]


def version(number: int) -> dict[str, Any]:
    return {"source": {"version": number}}


def patch(scope: Any, stay: service.Stay, **fields: Any) -> tuple[service.Stay, str]:
    return service.update(scope, str(stay.id), StayPatch.model_validate(fields), int(stay.version))


class TestBeyondTheWall:
    def test_another_chain_finds_nothing(self, world: World) -> None:
        stay, _ = world.record()
        other = world.hq.__class__(**{**world.hq.__dict__, "chain_id": "chn_0000000000000000000000r000"})
        with pytest.raises(NotFound):
            service.get(other, str(stay.id))

    def test_the_sister_finds_nothing_and_changes_nothing(self, world: World) -> None:
        stay, _ = world.tell("R-1")
        sister = world.desk(world.sister)
        with pytest.raises(NotFound):
            service.get(sister, str(stay.id))
        with pytest.raises(NotFound):
            patch(sister, stay, room_number="1")
        with pytest.raises(NotFound):
            world.tell("R-1", sister, status="cancelled")
        with pytest.raises(Invalid):
            world.record(sister)
        assert service.get(world.hq, str(stay.id)).version == 1

    def test_a_guest_of_the_sister_cannot_be_named(self, world: World) -> None:
        stranger = world.new_guest("Costa", "G-9", house=world.sister)
        with pytest.raises(Invalid) as refused:
            world.record(world.desk(world.house), guest_id=stranger.id)
        assert refused.value.errors[0].pointer == "/guest_id"


class TestInvalid:
    @pytest.mark.parametrize("guest_id", ["gst_0000000000000000000000zzzz", "nonsense", "gst_#", "王"])
    def test_a_guest_whom_nobody_knows(self, world: World, guest_id: str) -> None:
        with pytest.raises(Invalid) as refused:
            world.record(guest_id=guest_id)
        assert refused.value.errors[0].pointer == "/guest_id"

    def test_a_property_that_there_is_not(self, world: World) -> None:
        with pytest.raises(Invalid) as refused:
            world.record(property_id="prp_0000000000000000000000zzzz")
        assert refused.value.errors[0].pointer == "/property_id"

    def test_another_currency(self, world: World) -> None:
        with pytest.raises(Invalid) as refused:
            world.record(currency="USD")
        assert refused.value.errors[0].pointer == "/currency"

    @pytest.mark.parametrize("source", [{"updated_at": "2026-03-04T00:00:00Z"}, {"system": "other", "version": 3}])
    def test_a_word_that_cannot_be_put_in_order(self, world: World, source: dict[str, Any]) -> None:
        world.tell("R-1", **version(1))
        with pytest.raises(Invalid) as refused:
            world.tell("R-1", source=source, status="cancelled")
        assert refused.value.errors[0].pointer.startswith("/source")

    @pytest.mark.parametrize(("system", "number"), [("PMS!", "1"), ("pms", " "), ("pms", "a\x00b"), ("pms", "x" * 201)])
    def test_an_address_that_names_nothing(self, world: World, system: str, number: str) -> None:
        body = ExternalStayIn.model_validate(
            {"guest_id": world.guest.id, "arrival": "2026-03-05", "departure": "2026-03-06"}
        )
        with pytest.raises(Invalid):
            service.upsert_external(world.hq, system, world.house.id, number, body)

    def test_a_patch_that_turns_the_days_round(self, world: World) -> None:
        stay, _ = world.record()
        with pytest.raises(Invalid) as refused:
            patch(world.hq, stay, departure="2026-03-01")
        assert refused.value.errors[0].pointer == "/departure"

    def test_a_patch_of_an_older_version(self, world: World) -> None:
        stay, _ = world.record()
        patch(world.hq, stay, room_number="12")
        stay.version = 1
        with pytest.raises(Stale):
            patch(world.hq, stay, room_number="13")


class TestRecord:
    def test_what_is_told_is_kept(self, world: World) -> None:
        stay, outcome = world.record(
            external_id="R-1", source={"system": "pms", "version": 4}, status="in_house", room_type="DLX",
            room_number="0412", rate_plan="BAR", rate={"amount": 10000, "currency": "EUR"}, channel="direct",
            segment="leisure", adults=2, children=0, booked_on="2026-01-01", revenue_lines=LINES,
        )  # fmt: skip
        found = service.get(world.hq, str(stay.id))
        assert outcome == "created" and found.version == 1
        assert (found.guest_id, found.property_id, found.chain_id) == (world.guest.id, world.house.id, world.chain.id)
        assert (found.nights, found.revenue_total, found.currency) == (3, 27500, "EUR")
        assert (found.adults, found.children) == (2, 0)
        assert found.rate == {"amount": 10000, "currency": "EUR"} and found.updated_at == world.hq.now
        assert found.revenue_lines[0] == {"id": "1", "category": "room", "amount": 30000, "tax": 1800, "eligible": True}
        assert found.state() == stay.state() and found.source is not None and found.source.version == 4

    def test_without_a_number_each_is_another_stay(self, world: World) -> None:
        assert world.record()[0].id != world.record()[0].id

    def test_one_number_is_one_stay_whichever_door_it_comes_by(self, world: World) -> None:
        named = {"external_id": "R-1", "source": {"system": "pms", "version": 1}}
        first, second, third = world.record(**named), world.record(**named), world.tell("R-1", **version(1))
        assert [first[1], second[1], third[1]] == ["created", "unchanged", "unchanged"]
        assert first[0].id == second[0].id == third[0].id and third[0].version == 1

    def test_one_number_of_two_systems_or_houses_is_two_stays(self, world: World) -> None:
        stays = [
            world.record(external_id="R-1", source={"system": system}, property_id=house.id)[0].id
            for system in ("pms", "crs")
            for house in (world.house, world.sister)
        ]
        assert len(set(stays)) == 4

    def test_a_seeded_id_is_kept(self, world: World) -> None:
        body = StayIn.model_validate(world.body())
        assert service.record(world.hq, body, id="sty_0000000000000000000000s000")[0].id.endswith("s000")

    def test_the_house_knows_the_guest_from_then_on(self, world: World) -> None:
        world.record(property_id=world.sister.id)
        found = guests.find(world.desk(world.sister), world.guest.id)
        assert found is not None and set(found.property_ids) == {world.house.id, world.sister.id}

    def test_a_stay_of_a_guest_whom_the_house_knows_leaves_the_guest_alone(self, world: World) -> None:
        before = guests.get(world.hq, world.guest.id).version
        world.record()
        assert guests.get(world.hq, world.guest.id).version == before

    def test_a_typical_stay_fits_one_kilobyte(self, world: World) -> None:
        """A write unit is one kilobyte; a stay is written several times in its life, in transactions at double."""
        stay, _ = world.record(
            external_id="HBD-000001", source={"system": "import", "version": 3}, status="checked_out", room_type="A",
            rate_plan="BB", channel="TA/TO", segment="Online TA", adults=2, children=0, booked_on="2026-01-01",
            revenue_lines=[{"id": "room", "category": "room", "amount": 12345}],
        )  # fmt: skip
        assert item_size_bytes(stay.serialize()) <= 1024


class TestWhichWordCounts:
    WORDS = [
        {"status": "booked", **version(1)},
        {"status": "in_house", "room_number": "12", **version(2)},
        {"status": "checked_out", "revenue_lines": LINES[:1], **version(3)},
        {"status": "in_house", "room_number": "14", "departure": "2026-03-09", **version(4)},
        {"status": "checked_out", "revenue_lines": LINES, "departure": "2026-03-09", **version(5)},
    ]

    def test_every_order_of_five_versions_sent_twice_ends_alike(self, world: World) -> None:
        told = []

        def tell_twice(word: dict[str, Any]) -> None:
            for _ in range(2):
                told.append(str(world.tell("R-1", **word)[0].id))

        ends = []
        for _ in every_order(self.WORDS, tell_twice):
            found = service.get(world.hq, told[-1])
            ends.append((found.state(), found.nights, found.revenue_total, found.in_house_key, found.room_order))
        assert len(ends) == 120 and len(set(ends)) == 1
        state, nights, revenue, *_ = ends[0]
        assert (state.told.status, nights, revenue, state.checked_out_at) == ("checked_out", 4, 27500, world.hq.now)

    def test_the_outcomes(self, world: World) -> None:
        told = [
            world.tell("R-1", status=status, **version(number))[1]
            for status, number in [("booked", 2), ("booked", 2), ("in_house", 2), ("cancelled", 1), ("in_house", 3)]
        ]
        assert told == ["created", "unchanged", "superseded", "superseded", "updated"]

    def test_what_changes_nothing_writes_nothing(self, world: World) -> None:
        stay, _ = world.tell("R-1", status="in_house", **version(2))
        for word in ({"status": "booked", **version(1)}, {"status": "in_house", **version(2)}):
            answered, _ = world.tell("R-1", **word)
            assert answered.serialize() == stay.serialize() == service.get(world.hq, str(stay.id)).serialize()
        assert len(list(AuditRecord.every(world.hq.key(str(stay.id))))) == 1

    def test_instants_order_as_versions_do(self, world: World) -> None:
        def at(hour: int) -> dict[str, Any]:
            return {"source": {"updated_at": f"2026-03-04T{hour:02}:00:00+08:00"}}

        world.tell("R-1", status="in_house", **at(9))
        assert world.tell("R-1", status="booked", **at(8))[1] == "superseded"
        assert world.tell("R-1", status="checked_out", source={"updated_at": "2026-03-04T01:00:01Z"})[1] == "updated"

    @pytest.mark.parametrize(
        ("former", "latter"), [("checked_out", "in_house"), ("in_house", "booked"), ("cancelled", "booked")]
    )
    def test_going_back_is_legal_with_a_newer_word(self, world: World, former: str, latter: str) -> None:
        world.tell("R-1", status=former, **version(1))
        stay, outcome = world.tell("R-1", status=latter, **version(2))
        assert outcome == "updated" and stay.status == latter and stay.checked_out_at is None

    def test_by_hand_the_last_word_wins_until_the_source_has_news(self, world: World) -> None:
        stay, _ = world.tell("R-1", status="in_house", **version(5))
        stay, outcome = patch(world.hq, stay, status="booked", segment="leisure")
        assert outcome == "updated" and stay.version == 2
        assert world.tell("R-1", status="in_house", **version(5))[1] == "superseded"
        assert world.tell("R-1", status="checked_out", **version(6))[0].status == "checked_out"

    def test_a_patch_with_an_older_word_of_the_source_changes_nothing(self, world: World) -> None:
        stay, _ = world.tell("R-1", **version(5))
        answered, outcome = patch(world.hq, stay, status="cancelled", source={"system": "pms", "version": 4})
        assert (outcome, answered.status, answered.version) == ("superseded", "booked", 1)

    def test_null_forgets_and_absence_does_not(self, world: World) -> None:
        stay, _ = world.record(room_type="DLX", channel="direct", rate={"amount": 1, "currency": "USD"}, adults=2)
        stay, _ = patch(world.hq, stay, channel=None, rate=None, adults=None)
        assert (stay.room_type, stay.channel, stay.rate, stay.adults) == ("DLX", None, None, None)


class TestMoving:
    def test_a_stay_goes_along_to_another_guest(self, world: World) -> None:
        other = world.new_guest("Costa", "G-2", house=world.sister)
        stay, _ = world.tell("R-1", **version(1))
        moved, _ = patch(world.hq, stay, guest_id=other.id, room_number="7")
        found = service.get(world.hq, str(stay.id))
        assert (found.guest_id, found.id, found.version, found.room_number) == (other.id, stay.id, 2, "7")
        assert found.created_at == stay.created_at and moved.version == 2
        assert service.of_guest(world.hq, world.guest.id) == []
        assert [one.id for one in service.of_guest(world.hq, other.id)] == [stay.id]
        assert world.tell("R-1", guest_id=other.id, room_number="7", **version(2))[0].id == stay.id
        assert world.house.id in guests.get(world.hq, other.id).property_ids

    def test_and_back_again(self, world: World) -> None:
        other = world.new_guest("Costa", "G-2")
        for number, guest_id in enumerate([world.guest.id, other.id, world.guest.id, other.id]):
            stay, outcome = world.tell("R-1", guest_id=guest_id, **version(number))
        assert (stay.guest_id, stay.version, outcome) == (other.id, 4, "updated")

    def test_two_who_move_it_at_once(self, world: World) -> None:
        others = [world.new_guest(name, f"G-{name}") for name in ("Costa", "Sousa", "Lopes", "Matos")]
        stay, _ = world.tell("R-1", **version(0))

        def move(number: int) -> None:
            world.tell("R-1", guest_id=others[number].id, **version(number + 1))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(move, range(4)))
        found = service.get(world.hq, str(stay.id))
        assert found.guest_id == others[3].id
        assert [len(service.of_guest(world.hq, one.id)) for one in (world.guest, *others)] == [0, 0, 0, 0, 1]


class TestAtOnce:
    def test_eight_tell_of_one_new_stay(self, world: World) -> None:
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda number: world.tell("R-1", adults=number, **version(number)), range(8)))
        assert len({stay.id for stay, _ in told}) == 1
        assert [outcome for _, outcome in told].count("created") == 1
        stays = service.of_guest(world.hq, world.guest.id)
        assert [(stay.adults, stay.source_version) for stay in stays] == [(7, 7)]
        assert StayPointer.by_number(world.hq, "pms", world.house.id, "R-1").stay_id == stays[0].id  # type: ignore[union-attr]

    def test_eight_say_the_same(self, world: World) -> None:
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda _: world.tell("R-1", **version(1)), range(8)))
        assert sorted(outcome for _, outcome in told) == ["created"] + ["unchanged"] * 7
        assert [stay.version for stay in service.of_guest(world.hq, world.guest.id)] == [1]


class TestFacts:
    def test_a_life(self, world: World, heard: Heard) -> None:
        stay, _ = world.tell("R-1", **version(1))
        (fact,) = heard()
        assert (fact.type, fact.subject_id, fact.version) == (STAY_CHANGED, stay.id, 1)
        assert fact.detail == {
            "guest_id": world.guest.id, "property_id": world.house.id, "from": None, "to": "booked",
            "is_history": False,
        }  # fmt: skip
        world.tell("R-1", status="in_house", **version(2))
        assert [(one.type, one.detail["from"], one.detail["to"]) for one in heard()] == [
            (STAY_CHANGED, "booked", "in_house")
        ]
        world.tell("R-1", status="checked_out", **version(3))
        facts = {one.type: one for one in heard()}
        assert set(facts) == {STAY_CHANGED, STAY_COMPLETED} and facts[STAY_COMPLETED].version == 3
        assert facts[STAY_COMPLETED].detail == facts[STAY_CHANGED].detail

    def test_a_reversed_check_out_completes_again(self, world: World, heard: Heard) -> None:
        completed = []
        for number, status in enumerate(["checked_out", "in_house", "checked_out", "checked_out"]):
            world.tell("R-1", status=status, adults=number, **version(number))
            completed.append([one.version for one in heard() if one.type == STAY_COMPLETED])
        assert completed == [[1], [], [3], []]

    def test_what_changes_nothing_is_no_fact(self, world: World, heard: Heard) -> None:
        world.tell("R-1", status="in_house", **version(2))
        heard()
        world.tell("R-1", status="booked", **version(1))
        world.tell("R-1", status="in_house", **version(2))
        world.tell("R-1", status="in_house", **version(3))  # only the source's mark moves
        assert heard() == []

    def test_moving_names_both_guests(self, world: World, heard: Heard) -> None:
        other = world.new_guest("Costa", "G-2")
        stay, _ = world.record()
        heard()
        patch(world.hq, stay, guest_id=other.id)
        (fact,) = heard()
        assert (fact.detail["guest_id"], fact.detail["from_guest_id"]) == (other.id, world.guest.id)

    def test_the_activity_log_names_fields_and_no_values(self, world: World) -> None:
        stay, _ = world.record(room_number="0412")
        patch(world.hq, stay, room_number="0413", status="in_house")
        lines = list(AuditRecord.every(world.hq.key(str(stay.id))))
        assert [line.action for line in lines] == ["stay.recorded", "stay.updated"]
        assert lines[1].detail == {
            "step": "checked_in", "fields": "room_number,status", "property_id": world.house.id,
        }  # fmt: skip


class TestCheckedOut:
    def test_live_it_is_now(self, world: World) -> None:
        world.tell("R-1", status="in_house", **version(1))
        assert world.tell("R-1", status="checked_out", **version(2))[0].checked_out_at == world.hq.now

    def test_told_long_after_it_is_the_close_of_that_day(self, world: World) -> None:
        stay, _ = world.record(status="checked_out", arrival="2026-01-03", departure="2026-01-05")
        assert stay.checked_out_at is not None and not stay.is_history
        assert world.hq.now - stay.checked_out_at > timedelta(days=50)
        assert stay.checked_out_at.isoformat() == "2026-01-06T03:00:00+00:00"


def test_everything_of_a_guest_lies_in_one_partition(world: World) -> None:
    first, _ = world.record(arrival="2026-03-05", departure="2026-03-06")
    second, _ = world.record(arrival="2026-05-05", departure="2026-05-06", property_id=world.sister.id)
    assert {one.id for one in Stay.every(world.hq.key(world.guest.id))} == {first.id, second.id}
    assert [one.id for one in service.of_guest(world.hq, world.guest.id)] == [second.id, first.id]
    assert [one.id for one in service.of_guest(world.desk(world.house), world.guest.id)] == [first.id]
