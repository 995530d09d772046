"""Rows of a file become stays: read in both languages, staged by the group, in any order, without noise."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel import aws
from chalicelib.kernel.errors import NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import translator
from chalicelib.kernel.imports import ImportFormat, ImportRow, Staged
from chalicelib.kernel.scope import Scope, system_scope
from chalicelib.kernel.unit import Unit
from chalicelib.stays import service
from chalicelib.stays.events import STAYS_IMPORTED
from chalicelib.stays.rules import STATUSES, Line
from chalicelib.stays.service.cells import STATUS_OF_WORD, Word, read_row, read_status
from tests.builders import make_chain, make_property
from tests.stays.conftest import World

PMS = ImportFormat(system="pms")
Heard = Callable[[], list[Event]]


def cells(**fields: str) -> dict[str, str]:
    """A row of the guest's stay; an empty text takes a column away."""
    row = {
        "external_id": "R-1",
        "guest_external_id": "G-1",
        "arrival_date": "2026-03-05",
        "departure_date": "2026-03-08",
        "status": "booked",
    }
    return {name: cell for name, cell in (row | fields).items() if cell}


def stage(world: World, *rows: dict[str, str], scope: Scope | None = None, unit: Unit | None = None) -> list[Staged]:
    mine = unit or Unit(scope or world.hq)
    numbered = [ImportRow(number, row) for number, row in enumerate(rows, start=2)]
    staged = service.stage_import(mine.scope, mine, numbered, property_id=world.house.id, format=PMS)
    if unit is None:
        mine.commit()
    return staged


def outcomes(staged: list[Staged]) -> list[str]:
    return [one.outcome for one in staged]


def found(world: World, number: str = "R-1") -> service.Stay:
    stay = service.finding.by_number(world.hq, "pms", world.house.id, number)
    assert stay is not None
    return stay


class TestCells:
    def read(self, **fields: str) -> Word:
        word = read_row(cells(**fields), "EUR", "pms")
        assert isinstance(word, Word), word
        return word

    def wrong(self, **fields: str) -> list[str]:
        errors = read_row(cells(**fields), "EUR", "pms")
        assert not isinstance(errors, Word)
        return [error.pointer for error in errors]

    def test_everything(self) -> None:
        word = self.read(
            status="Check-Out", room_type=" DLX ", room_number="0412", rate_plan="BAR", channel="直销", segment="会议",
            currency="eur", adults="2", children="0", booked_on="2026/1/5", revenue_room="1234.50",
            revenue_other="-6.38", revenue_food_beverage="0", source_version="3",
            source_updated_at="2026-03-04T05:06:07+08:00",
        )  # fmt: skip
        told = word.told
        assert (told.status, told.room_type, told.channel, told.children, told.booked_on) == (
            "checked_out", "DLX", "直销", 0, "2026-01-05",
        )  # fmt: skip
        assert set(told.revenue_lines) == {
            Line("room", "room", 123450), Line("other", "other", -638), Line("food_beverage", "food_beverage", 0),
        }  # fmt: skip
        assert (word.source.version, word.source.updated_at) == (3, "2026-03-03T21:06:07.000000Z")

    @pytest.mark.parametrize(
        ("written", "status"),
        [
            *[(status, status) for status in STATUSES],
            *[("Reserved", "booked"), ("In House", "in_house"), ("IN-HOUSE", "in_house"), ("No-Show", "no_show")],
            *[("Checked Out", "checked_out"), ("Check-Out", "checked_out")],
            *[("Canceled", "cancelled"), ("Cancelled", "cancelled")],
            *[("已预订", "booked"), ("在住", "in_house"), ("已退房", "checked_out"), ("已离店", "checked_out")],
            *[("已取消", "cancelled"), ("未到", "no_show"), ("ＮＯ ＳＨＯＷ", "no_show")],
        ],
    )
    def test_status_words(self, written: str, status: str) -> None:
        assert read_status(written) == status

    def test_no_word_means_two_things(self) -> None:
        assert len(STATUS_OF_WORD) > 30 and set(STATUS_OF_WORD.values()) == set(STATUSES)

    @pytest.mark.parametrize("written", ["2026-03-05", "2026/3/5", "2026.03.05", "2026年3月5日", "2026-03-05 00:00:00"])
    def test_days_as_spreadsheets_write_them(self, written: str) -> None:
        assert self.read(arrival_date=written).told.arrival == "2026-03-05"

    def test_numbers_as_spreadsheets_write_them(self) -> None:
        assert self.read(adults="2.0").told.adults == 2

    @pytest.mark.parametrize(
        ("column", "cell"),
        [
            *[("external_id", ""), ("external_id", "x" * 201), ("guest_external_id", "")],
            *[("status", ""), ("status", "?"), ("arrival_date", ""), ("arrival_date", "42")],
            *[("arrival_date", "03/04/2026"), ("arrival_date", "2026-02-30")],
            *[("arrival_date", "1899-01-01"), ("departure_date", "2026-03-04"), ("departure_date", "2028-01-01")],
            *[("adults", "-1"), ("adults", "two"), ("adults", "1000"), ("children", "9" * 5000), ("booked_on", "soon")],
            *[("revenue_room", "1,234.50"), ("revenue_room", "12.345"), ("revenue_other", "NaN"), ("currency", "USD")],
            *[("currency", "money"), ("room_number", "x" * 21), ("room_type", "a\x00b"), ("source_version", "-1")],
            *[("source_version", "1.5"), ("source_version", "9" * 20), ("source_updated_at", "2026-03-04 05:06")],
        ],
    )
    def test_what_cannot_be_read_is_named(self, column: str, cell: str) -> None:
        assert self.wrong(**{column: cell}) == [column]

    def test_everything_wrong_is_named_at_once(self) -> None:
        assert set(self.wrong(external_id="", status="?", adults="x", currency="USD")) == {
            "external_id", "status", "adults", "currency",
        }  # fmt: skip


class TestColumns:
    def test_every_header_means_one_column(self) -> None:
        headers = [
            header
            for column in service.IMPORT_COLUMNS
            for header in {
                column.name, column.label, translator("zh").gettext(column.label), *column.aliases,
            }
        ]  # fmt: skip
        assert len(headers) == len(set(headers))

    def test_the_examples_make_a_row(self) -> None:
        example = {column.name: column.example for column in service.IMPORT_COLUMNS}
        assert isinstance(read_row(example, "EUR", "pms"), Word)

    @pytest.mark.parametrize(
        ("header", "name"),
        [
            *[("确认号", "external_id"), ("预订号", "external_id"), ("客人编号", "guest_external_id")],
            *[("入住日期", "arrival_date"), ("到店日期", "arrival_date"), ("离店日期", "departure_date")],
            *[("退房日期", "departure_date"), ("状态", "status"), ("房型", "room_type"), ("房号", "room_number")],
            *[("价格代码", "rate_plan"), ("渠道", "channel"), ("市场", "segment"), ("客源", "segment")],
            *[("币种", "currency")],
            *[("成人", "adults"), ("儿童", "children"), ("预订日期", "booked_on"), ("房费", "revenue_room")],
        ],
    )
    def test_chinese_headers(self, header: str, name: str) -> None:
        columns = [
            column.name
            for column in service.IMPORT_COLUMNS
            if header in (translator("zh").gettext(column.label), *column.aliases)
        ]
        assert columns == [name]


class TestRejected:
    def test_a_row_that_cannot_be_read_says_why_and_stops_nobody(self, world: World) -> None:
        staged = stage(world, cells(external_id=""), cells(status="?"), cells(guest_external_id="G-404"), cells())
        assert outcomes(staged) == ["rejected", "rejected", "rejected", "created"]
        assert [one.errors[0].pointer for one in staged[:3]] == ["external_id", "status", "guest_external_id"]
        for one in staged[:3]:
            assert one.reason and translator("zh").gettext(one.reason) != one.reason

    def test_an_order_that_cannot_be_told(self, world: World) -> None:
        staged = stage(world, cells(source_version="1"), cells(source_updated_at="2026-03-04T00:00:00Z"))
        assert outcomes(staged) == ["created", "rejected"] and staged[1].record_id == staged[0].record_id

    def test_a_guest_number_of_another_house(self, world: World) -> None:
        world.new_guest("Costa", "G-9", house=world.sister)
        assert outcomes(stage(world, cells(guest_external_id="G-9"))) == ["rejected"]

    def test_a_property_beyond_the_wall(self, world: World) -> None:
        with pytest.raises(NotFound):
            stage(world, cells(), scope=world.desk(world.sister))


class TestGroups:
    def test_a_second_run_changes_nothing(self, world: World) -> None:
        rows = [cells(external_id=f"R-{number}", adults=str(number)) for number in range(service.IMPORT_GROUP_ROWS)]
        assert outcomes(stage(world, *rows)) == ["created"] * len(rows)
        unit = Unit(world.hq)
        assert outcomes(stage(world, *rows, unit=unit)) == ["unchanged"] * len(rows) and unit.size == 0

    def test_rows_that_look_alike_are_all_kept(self, world: World) -> None:
        stage(world, *(cells(external_id=f"R-{number}") for number in range(5)))
        assert len(service.of_guest(world.hq, world.guest.id)) == 5

    def test_the_largest_groups_leave_room_in_the_transaction(self, world: World, heard: Heard) -> None:
        world.new_guest("Costa", "G-2")
        rows = [cells(external_id=f"R-{number}") for number in range(service.IMPORT_GROUP_ROWS)]
        for group in (rows, [row | {"guest_external_id": "G-2"} for row in rows]):
            unit = Unit(world.hq)
            stage(world, *group, unit=unit)
            assert unit.size <= 80
            unit.commit()
        assert service.of_guest(world.hq, world.guest.id) == []

    def test_a_group_costs_three_reads(self, world: World) -> None:
        rows = [cells(external_id=f"R-{number}") for number in range(service.IMPORT_GROUP_ROWS)]
        stage(world, *rows)
        calls: list[str] = []
        client = aws.client("dynamodb")

        def note(model: Any, **_: Any) -> None:
            calls.append(model.name)

        client.meta.events.register("before-call.dynamodb.*", note, unique_id="note")
        try:
            stage(world, *(row | {"status": "in_house"} for row in rows))
        finally:
            client.meta.events.unregister("before-call.dynamodb.*", unique_id="note")
        assert calls == ["BatchGetItem"] * 3 + ["TransactWriteItems"]

    def test_the_same_stay_twice_in_a_group_ends_as_its_last_version(self, world: World) -> None:
        versions = [
            cells(source_version="1"),
            cells(source_version="2", status="in_house", room_number="12"),
            cells(source_version="3", status="checked_out", revenue_room="100"),
        ]
        ends = set()
        for number, order in enumerate(itertools.permutations(versions)):
            rows = [row | {"external_id": f"R-{number}"} for row in order for _ in range(2)]
            staged = stage(world, *rows)
            stay = found(world, f"R-{number}")
            assert {one.record_id for one in staged} == {stay.id} and outcomes(staged)[0] == "created"
            ends.add((stay.state().told, stay.source, stay.version))
        assert len(ends) == 1

    def test_in_groups_of_one_it_ends_alike(self, world: World) -> None:
        for version, status in [("2", "in_house"), ("1", "booked"), ("3", "checked_out"), ("2", "in_house")]:
            stage(world, cells(source_version=version, status=status))
        assert (found(world).status, found(world).source_version) == ("checked_out", 3)

    def test_a_versioned_row_is_the_whole_stay_and_a_lean_one_fills_in(self, world: World) -> None:
        stage(world, cells(room_type="DLX", revenue_room="100", source_version="1"))
        stage(world, cells(status="in_house"))
        assert (found(world).room_type, found(world).revenue_total, found(world).status) == ("DLX", 10000, "in_house")
        stage(world, cells(status="in_house", source_version="2"))
        assert (found(world).room_type, found(world).revenue_total) == (None, 0)

    def test_somebody_else_who_writes_the_same_stay_meanwhile(self, world: World) -> None:
        unit = Unit(world.hq)
        stage(world, cells(), unit=unit)
        world.tell("R-1")
        with pytest.raises(Stale):
            unit.commit()

    def test_a_file_and_a_system_of_one_name_mean_one_stay(self, world: World) -> None:
        stay, _ = world.tell("R-1", source={"version": 1})
        assert outcomes(stage(world, cells(source_version="2", status="in_house"))) == ["updated"]
        assert service.get(world.hq, str(stay.id)).status == "in_house"


class TestSilence:
    @pytest.mark.parametrize("status", ["checked_out", "cancelled", "no_show"])
    def test_the_past_is_history(self, world: World, heard: Heard, status: str) -> None:
        stage(world, cells(status=status, arrival_date="2026-02-01", departure_date="2026-02-03"))
        stay = found(world)
        assert stay.is_history and (stay.checked_out_at is not None) == (status == "checked_out")
        if stay.checked_out_at:
            assert stay.checked_out_at.isoformat() == "2026-02-04T03:00:00+00:00"
        (fact,) = heard()
        assert fact.detail == {"guest_ids": [world.guest.id], "completed": [], "current": []}

    def test_one_fact_for_a_group(self, world: World, heard: Heard) -> None:
        other = world.new_guest("Costa", "G-2")
        heard()
        rows = [cells(external_id=f"R-{number}", guest_external_id=f"G-{number % 2 + 1}") for number in range(6)]
        stage(world, *rows)
        (fact,) = heard()
        assert (fact.type, fact.subject_id) == (STAYS_IMPORTED, world.house.id)
        current = sorted([stay.guest_id, str(stay.id)] for stay in (found(world, f"R-{number}") for number in range(6)))
        assert fact.detail == {"guest_ids": sorted([world.guest.id, other.id]), "completed": [], "current": current}
        stage(world, *rows)
        assert heard() == []

    def test_a_stay_known_as_not_over_completes(self, world: World, heard: Heard) -> None:
        stage(world, cells(status="in_house", source_version="1"))
        heard()
        later = world.hq.at(world.hq.now + timedelta(days=4))
        stage(world, cells(status="checked_out", source_version="2"), scope=later)
        (fact,) = heard()
        stay = found(world)
        assert fact.detail["completed"] == [[world.guest.id, stay.id]]
        assert stay.checked_out_at == later.now and not stay.is_history

    def test_a_completion_taken_back_in_the_same_group_is_none(self, world: World, heard: Heard) -> None:
        stage(world, cells(status="in_house", source_version="1"))
        heard()
        rows = [cells(status="checked_out", source_version="2"), cells(status="in_house", source_version="3")]
        stage(world, *rows)
        assert heard() == []
        stage(world, cells(status="checked_out", source_version="4"))
        assert [len(one.detail["completed"]) for one in heard()] == [1]
        rows = [cells(status="in_house", source_version="5"), cells(status="checked_out", source_version="6")]
        stage(world, *rows)
        assert [len(one.detail["completed"]) for one in heard()] == [1]

    def test_a_stay_that_moves_names_both_guests(self, world: World, heard: Heard) -> None:
        other = world.new_guest("Costa", "G-2")
        stage(world, cells(source_version="1"))
        heard()
        stage(world, cells(source_version="2", guest_external_id="G-2"))
        (fact,) = heard()
        assert fact.detail["guest_ids"] == sorted([world.guest.id, other.id]) and found(world).guest_id == other.id


class TestNumbersOfTheWholeChain:
    """A guest of two houses whom one system counts is one guest, and every house that sees them knows them."""

    def test_one_guest_of_two_houses(self) -> None:
        chain, hq = make_chain()
        first, second = make_property(hq, "First"), make_property(hq, "Second")
        system = system_scope(chain.id, hq.now, is_test=True)
        format = ImportFormat(system="central", numbers="chain")
        guest = {"external_id": "G-1", "family_name": "Silva"}
        for house in (first, second):
            unit = Unit(system)
            guests.stage_import(system, unit, [ImportRow(2, guest)], property_id=house.id, format=format)
            unit.commit()
        found = guests.ids_by_external(system, [("central", None, "G-1")])
        known = guests.find(system, found["central", None, "G-1"])
        assert known is not None and known.property_ids == {first.id, second.id}
        assert known.home_property_id == first.id

    def test_a_stay_makes_the_guest_known_at_its_house(self) -> None:
        chain, hq = make_chain()
        first, second = make_property(hq, "First"), make_property(hq, "Second")
        system = system_scope(chain.id, hq.now, is_test=True)
        format = ImportFormat(system="central", numbers="chain")
        unit = Unit(system)
        guest = {"external_id": "G-1", "family_name": "Silva"}
        guests.stage_import(system, unit, [ImportRow(2, guest)], property_id=first.id, format=format)
        unit.commit()
        stay = {
            "external_id": "S-1", "guest_external_id": "G-1", "arrival_date": "2026-03-01",
            "departure_date": "2026-03-02", "status": "booked", "source_version": "1",
        }  # fmt: skip
        unit = Unit(system)
        staged = service.stage_import(system, unit, [ImportRow(2, stay)], property_id=second.id, format=format)
        unit.commit()
        assert [one.outcome for one in staged] == ["created"]
        known = guests.find(system, guests.ids_by_external(system, [("central", None, "G-1")])["central", None, "G-1"])
        assert known is not None and second.id in known.property_ids
