"""What the columns of a file mean: recognised, chosen, and remembered for the next file of the same source."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.connect import service
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.imports import ImportFormat
from tests.builders import make_property, make_scope
from tests.connect.fakes import World, counts, csv_bytes, things

STRANGE = [["Kennung", "Farbe", "Number"], ["T-1", "red", "4711"], ["T-2", "blue", "4712"]]
CHOICE = [("Kennung", "external_id"), ("Farbe", "value"), ("Number", None)]


def taken(choice: Any) -> dict[str, str | None]:
    return dict(zip(choice.top.header.cells, choice.top.header.names, strict=True))


class TestChoosing:
    def test_strangers_and_sisters_find_nothing(self, world: World) -> None:
        record = world.uploaded(csv_bytes(STRANGE))
        sister = make_scope(world.chain, property_ids=[make_property(world.hq, "Hill House").id])
        for scope in (World().hq, sister):
            with pytest.raises(NotFound):
                service.columns_of(scope, record.id)
            with pytest.raises(NotFound):
                service.choose_columns(scope, record.id, CHOICE)

    def test_what_is_wrong_is_said_at_once_and_changes_nothing(self, world: World) -> None:
        record = world.uploaded(csv_bytes(STRANGE))
        with pytest.raises(Invalid) as caught:
            pairs = [("Nothing", "value"), ("Farbe", "colour"), ("farbe", "value")]
            service.choose_columns(world.hq, record.id, pairs)
        pointers = [error.pointer for error in caught.value.errors]
        assert pointers == ["/columns/0/header", "/columns/1/column", "/columns/2/header"]
        with pytest.raises(Invalid) as caught:
            service.choose_columns(world.hq, record.id, [("Kennung", "value"), ("Farbe", "value"), ("Number", None)])
        assert [error.code for error in caught.value.errors] == ["repeated", "missing"]
        assert service.columns_of(world.hq, record.id).top.origin == "recognised"

    def test_only_head_office_decides_for_the_chain(self, world: World) -> None:
        record = world.uploaded(csv_bytes(STRANGE))
        own = make_scope(world.chain, property_ids=[world.house.id])
        with pytest.raises(Invalid) as caught:
            service.choose_columns(own, record.id, CHOICE, "chain")
        assert caught.value.errors[0].pointer == "/keep_for"
        assert service.choose_columns(own, record.id, CHOICE).top.origin == "chosen"

    def test_not_while_a_run_is_under_way_nor_before_the_upload(self, world: World) -> None:
        record = world.uploaded(csv_bytes(STRANGE))
        service.choose_columns(world.hq, record.id, CHOICE, "nobody")
        service.start_run(world.hq, record.id, "dry_run", is_queued=False)
        with pytest.raises(Conflict, match="under way"):
            service.choose_columns(world.hq, record.id, CHOICE)
        empty = service.create_import(world.hq, kind="things", property_id=world.house.id, file_name="x.csv")
        with pytest.raises(Conflict, match="No file"):
            service.columns_of(world.hq, empty.id)

    def test_rows_are_read_as_was_chosen(self, world: World) -> None:
        record = world.uploaded(csv_bytes(STRANGE))
        before = service.columns_of(world.hq, record.id)
        assert taken(before) == {"Kennung": None, "Farbe": None, "Number": "external_id"}
        assert before.faults == ()
        service.choose_columns(world.hq, record.id, CHOICE)
        run = world.rerun(record.id)
        assert counts(run) == {"created": 2}
        assert {number: value for number, (value, _) in things(world.hq).items()} == {"T-1": "red", "T-2": "blue"}
        plan = service.report_of(world.hq, record.id, run.id).plan
        assert plan is not None and plan.origin == "chosen"

    def test_a_file_that_could_not_be_imported_is_explained(self, world: World) -> None:
        choice = service.columns_of(world.hq, world.uploaded(csv_bytes([["Farbe"], ["red"]])).id)
        assert [(error.code, error.values) for error in choice.faults] == [("missing", {"column": "external_id"})]
        with pytest.raises(Conflict, match="Excel"):
            service.columns_of(world.hq, world.uploaded(b"PK\x03\x04").id)


class TestRemembering:
    def test_the_next_file_in_any_order_and_spelling(self, world: World) -> None:
        first = world.uploaded(csv_bytes(STRANGE))
        service.choose_columns(world.hq, first.id, CHOICE)
        second = world.uploaded(csv_bytes([["NUMBER", "farbe", "Kennung"], ["9", "green", "T-3"]], "gb18030", ";"))
        choice = service.columns_of(world.hq, second.id)
        assert (choice.top.origin, taken(choice)) == (
            "remembered",
            {"NUMBER": None, "farbe": "value", "Kennung": "external_id"},
        )
        assert choice.top.memory is not None and choice.top.memory.import_id == first.id
        run = world.rerun(second.id)
        assert counts(run) == {"created": 1}
        assert things(world.hq)["T-3"][0] == "green"

    def test_it_can_be_chosen_otherwise_for_one_file_and_for_good(self, world: World) -> None:
        service.choose_columns(world.hq, world.uploaded(csv_bytes(STRANGE)).id, CHOICE)
        other = [("Kennung", None), ("Number", "external_id")]
        second = world.uploaded(csv_bytes(STRANGE))
        assert service.choose_columns(world.hq, second.id, other, "nobody").top.origin == "chosen"
        assert counts(world.rerun(second.id)) == {"created": 2}
        assert set(things(world.hq)) == {"4711", "4712"}
        third = world.uploaded(csv_bytes(STRANGE))
        assert taken(service.columns_of(world.hq, third.id))["Kennung"] == "external_id"
        service.choose_columns(world.hq, third.id, other)
        fourth = service.columns_of(world.hq, world.uploaded(csv_bytes(STRANGE)).id)
        assert taken(fourth) == {"Kennung": None, "Farbe": "value", "Number": "external_id"}

    def test_of_other_headers_systems_houses_and_chains_nothing_is_known(self, world: World) -> None:
        service.choose_columns(world.hq, world.uploaded(csv_bytes(STRANGE)).id, CHOICE)
        sister = make_property(world.hq, "Hill House")
        others = [
            world.uploaded(csv_bytes([[*STRANGE[0], "more"], ["a", "b", "c", "d"]])),
            world.uploaded(csv_bytes(STRANGE), format=ImportFormat(system="opera")),
            world.uploaded(csv_bytes(STRANGE), property_id=sister.id),
        ]
        assert [service.columns_of(world.hq, one.id).top.origin for one in others] == ["recognised"] * 3
        stranger = World()
        found = service.columns_of(stranger.hq, stranger.uploaded(csv_bytes(STRANGE)).id)
        assert (found.top.origin, found.top.memory) == ("recognised", None)

    def test_what_holds_for_the_chain_and_what_a_house_decides_itself(self, world: World) -> None:
        sister = make_property(world.hq, "Hill House")
        service.choose_columns(world.hq, world.uploaded(csv_bytes(STRANGE)).id, CHOICE, "chain")
        at_sister = world.uploaded(csv_bytes(STRANGE), property_id=sister.id)
        assert taken(service.columns_of(world.hq, at_sister.id))["Kennung"] == "external_id"
        own = [("Kennung", None), ("Number", "external_id")]
        service.choose_columns(make_scope(world.chain, property_ids=[sister.id]), at_sister.id, own)
        again = world.uploaded(csv_bytes(STRANGE), property_id=sister.id)
        assert taken(service.columns_of(world.hq, again.id))["Kennung"] is None
        at_home = world.uploaded(csv_bytes(STRANGE))
        assert taken(service.columns_of(world.hq, at_home.id))["Kennung"] == "external_id"
