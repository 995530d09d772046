"""Groups of rows: what becomes of each, nothing twice, nothing lost, in few calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.guests import service
from chalicelib.guests.events import GUESTS_IMPORTED
from chalicelib.guests.models import Guest
from chalicelib.guests.schemas import ConsentSettingIn
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.imports import ImportFormat, ImportRow
from chalicelib.kernel.unit import Unit
from tests.builders import make_property
from tests.guests.conftest import World

Heard = Callable[[], list[Event]]

FULL = {
    "external_id": "G-1", "given_name": "Ana", "family_name": "Silva", "email": "ana@x.pt", "phone": "912345678",
    "language": "pt-PT", "time_zone": "Europe/Lisbon", "birth_date": "25.08.1987",
    "birthday_calendar": "阳历", "nationality": "葡萄牙", "consent_service_email": "同意",
    "consent_greeting_email": "yes", "consent_marketing_email": "拒绝", "consent_greeting_sms": "1",
    "consent_source": "booking form", "consent_at": "2017-07-01",
}  # fmt: skip


def outcomes(staged: list[Any]) -> list[str]:
    return [one.outcome for one in staged]


class TestOutcomes:
    def test_a_row_becomes_a_guest(self, world: World) -> None:
        (staged,) = world.bring(FULL)
        assert staged.outcome == "created" and staged.record_id
        guest = service.get(world.desk(world.house), staged.record_id)
        assert (guest.source, guest.first_imported, guest.home_property_id) == ("import", True, world.house.id)
        assert guest.emails == ["ana@x.pt"] and guest.phones == ["+351912345678"]
        assert (guest.birth_date, guest.nationality, guest.language) == ("1987-08-25", "PT", "pt-PT")
        assert {key: one["state"] for key, one in guest.consents.items()} == {
            "service:email": "granted", "greeting:email": "granted",
            "marketing:email": "denied", "greeting:sms": "granted",
        }  # fmt: skip
        assert guest.consents["greeting:sms"]["at"] == "2017-06-30T23:00:00.000000Z"
        assert guest.external_ids == [{"system": "import", "property_id": world.house.id, "id": "G-1"}]
        assert world.search(name="silva") == world.search(email="ana@x.pt") == [guest.id]
        _, history = service.consent_history(world.hq, guest.id, limit=9, after=None)
        assert sum(len(entry.changes) for entry in history.entries) == 4

    def test_again_changes_nothing_and_writes_nothing(self, world: World) -> None:
        (first,) = world.bring(FULL)
        unit = Unit(world.hq)
        (second,) = service.stage_import(
            world.hq, unit, [ImportRow(2, FULL)], property_id=world.house.id, format=ImportFormat()
        )
        assert (second.outcome, second.record_id, unit.size) == ("unchanged", first.record_id, 0)

    def test_what_differs_is_updated_and_empty_cells_change_nothing(self, world: World) -> None:
        (first,) = world.bring(FULL)
        (second,) = world.bring({"external_id": "G-1", "email": "new@x.pt", "language": "en"})
        assert (second.outcome, second.record_id) == ("updated", first.record_id)
        guest = service.get(world.hq, str(first.record_id))
        assert guest.emails == ["new@x.pt", "ana@x.pt"] and guest.language == "en" and guest.given_name == "Ana"
        line = audit_page(world.hq, guest.id, limit=1).items[0]
        assert line.detail == {"fields": "emails,language", "source": "import"}
        assert outcomes(world.bring({"external_id": "G-1", "email": "NEW@x.pt"})) == ["unchanged"]
        assert outcomes(world.bring(FULL)) == ["updated"]  # the language is Portuguese again

    def test_rejected_rows_say_why_and_stop_nobody(self, world: World) -> None:
        staged = world.bring(
            {"family_name": "Costa"},
            {"external_id": "1"},
            {"external_id": "2", "family_name": "Costa", "birth_date": "03/04/1987", "email": "x"},
            {"external_id": "3", "family_name": "Rocha"},
        )
        assert outcomes(staged) == ["rejected", "rejected", "rejected", "created"]
        assert [[error.pointer for error in one.errors] for one in staged] == [
            ["/external_id"], ["/family_name"], ["/birth_date", "/email"], []
        ]  # fmt: skip
        assert all(one.reason == one.errors[0].detail for one in staged[:3])
        assert len(list(Guest.scan())) == 1

    def test_the_same_guest_more_than_once_in_a_group(self, world: World) -> None:
        staged = world.bring(
            {"external_id": "1", "family_name": "Costa", "email": "a@x.pt"},
            {"external_id": "1", "email": "b@x.pt"},
            {"external_id": "1", "email": "A@x.pt", "family_name": "Costa"},
            {"external_id": "1", "email": "broken"},
        )
        assert outcomes(staged) == ["created", "updated", "unchanged", "rejected"]
        (guest,) = Guest.scan()
        assert guest.emails == ["b@x.pt", "a@x.pt"] and guest.version == 1
        staged = world.bring({"external_id": "1", "given_name": "Rui"}, {"external_id": "1", "given_name": "Rui"})
        assert outcomes(staged) == ["updated", "unchanged"]

    def test_rows_are_never_dropped_because_they_look_alike(self, world: World) -> None:
        rows = [{**FULL, "external_id": f"G-{number}"} for number in range(5)]
        staged = world.bring(*rows)
        assert outcomes(staged) == ["created"] * 5 and len({one.record_id for one in staged}) == 5

    def test_a_broken_row_first_and_then_a_good_one(self, world: World) -> None:
        staged = world.bring({"external_id": "1"}, {"external_id": "1", "family_name": "Costa"})
        assert outcomes(staged) == ["rejected", "created"]

    def test_each_house_and_system_has_numbers_of_its_own(self, world: World) -> None:
        world.bring(FULL)
        assert outcomes(world.bring(FULL, at=world.sister)) == ["created"]
        unit = Unit(world.hq)
        rows = [ImportRow(2, FULL)]
        staged = service.stage_import(
            world.hq, unit, rows, property_id=world.house.id, format=ImportFormat(system="opera")
        )
        assert outcomes(staged) == ["created"]

    def test_a_file_of_the_whole_chain(self, world: World) -> None:
        unit = Unit(world.hq)
        (staged,) = service.stage_import(
            world.hq, unit, [ImportRow(2, FULL)], property_id=None, format=ImportFormat()
        )
        unit.commit()
        guest = service.get(world.hq, str(staged.record_id))
        assert guest.property_ids == set() and guest.home_property_id is None

    def test_nobody_imports_for_a_house_beyond_the_wall(self, world: World) -> None:
        with pytest.raises(NotFound):
            world.bring(FULL, scope=world.desk(world.sister))

    def test_an_eleventh_address_is_refused(self, world: World) -> None:
        guest, _ = world.put("x", emails=[f"{number}@x.pt" for number in range(10)])
        world.patch(
            guest, external_ids=[{"system": "import", "property_id": world.house.id, "id": "G-1"}]
        )
        (staged,) = world.bring({"external_id": "G-1", "email": "eleven@x.pt"})
        assert staged.outcome == "rejected" and staged.errors[0].pointer == "/email"
        assert outcomes(world.bring({"external_id": "G-1", "email": "9@x.pt"})) == ["unchanged"]


class TestConsents:
    def set_by_guest(self, world: World, guest_id: str, state: str, at: str | None = None) -> None:
        body = ConsentSettingIn.model_validate({"state": state, "source": "letter", **({"at": at} if at else {})})
        service.set_consent(world.hq, guest_id, "greeting", "email", body)

    def state(self, world: World, guest_id: str) -> str:
        return str(service.get(world.hq, guest_id).consents["greeting:email"]["state"])

    def test_a_later_denial_outlasts_an_older_file(self, world: World) -> None:
        (first,) = world.bring(FULL)
        self.set_by_guest(world, str(first.record_id), "denied")
        assert outcomes(world.bring(FULL)) == ["unchanged"]
        assert outcomes(world.bring({**FULL, "consent_at": ""})) == ["unchanged"]
        assert self.state(world, str(first.record_id)) == "denied"

    def test_a_later_file_counts(self, world: World) -> None:
        (first,) = world.bring(FULL)
        self.set_by_guest(world, str(first.record_id), "denied", "2026-01-01T00:00:00Z")
        row = {"external_id": "G-1", "consent_greeting_email": "yes", "consent_at": "2026-02-01"}
        assert outcomes(world.bring(row)) == ["updated"]
        assert self.state(world, str(first.record_id)) == "granted"

    def test_a_denial_without_a_time_is_heeded(self, world: World) -> None:
        (first,) = world.bring(FULL)
        assert outcomes(world.bring({"external_id": "G-1", "consent_greeting_email": "no"})) == ["updated"]
        assert self.state(world, str(first.record_id)) == "denied"


class TestGroup:
    def rows(self, prefix: str = "G") -> list[dict[str, str]]:
        return [
            FULL
            | {"external_id": f"{prefix}-{number}", "email": f"{prefix}{number}@x.pt", "phone": f"9123400{number:02}"}
            for number in range(service.IMPORT_GROUP_ROWS)
        ]

    def test_one_event_for_all_that_changed(self, world: World, heard: Heard) -> None:
        staged = world.bring(*self.rows(), {"family_name": "nobody"})
        (event,) = heard()
        assert event.type == GUESTS_IMPORTED
        assert event.detail == {"ids": [one.record_id for one in staged if one.record_id]}
        world.bring(*self.rows())
        assert heard() == []

    def test_reads_in_batches_and_writes_once(self, world: World, counted: Callable[[], Any]) -> None:
        world.bring(FULL)  # the directory keeps what it has read for some seconds
        with counted() as calls:
            world.bring(*self.rows("H"))
        assert calls.names == ["BatchGetItem", "TransactWriteItems"]
        with counted() as calls:
            world.bring(*[{**row, "language": "de"} for row in self.rows("H")])
        assert calls.names == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]

    def test_the_largest_group_leaves_room_for_the_importers_own_items(self, world: World, heard: Heard) -> None:
        assert service.IMPORT_GROUP_ROWS >= 10
        houses = [make_property(world.hq, f"House {number}") for number in range(4)]
        staged = world.bring(*self.rows())
        for one in staged:
            guest = service.get(world.hq, str(one.record_id))
            unit = Unit(world.hq)
            for house in houses:
                service.note_seen_at(unit, guest, house.id)
            unit.commit()
        everything = [
            {**row, "email": f"new{number}@x.pt", "phone": f"9223400{number:02}", "given_name": "Eva",
             "consent_greeting_email": "no", "consent_at": "2018-01-01"}
            for number, row in enumerate(self.rows())
        ]  # fmt: skip
        unit = Unit(world.hq)
        numbered = [ImportRow(number, cells) for number, cells in enumerate(everything, start=2)]
        again = service.stage_import(
            world.hq, unit, numbered, property_id=world.house.id, format=ImportFormat()
        )
        assert outcomes(again) == ["updated"] * len(everything)
        assert 70 < unit.size <= 80
        unit.commit()

    def test_two_files_at_once_make_one_guest(self, world: World) -> None:
        units = [Unit(world.hq), Unit(world.hq)]
        for unit in units:
            service.stage_import(
                world.hq, unit, [ImportRow(2, FULL)], property_id=world.house.id, format=ImportFormat()
            )
        units[0].commit()
        with pytest.raises(Stale):
            units[1].commit()
        assert outcomes(world.bring(FULL)) == ["unchanged"] and len(list(Guest.scan())) == 1


CELLS = st.fixed_dictionaries(
    {"external_id": st.sampled_from(["1", " 2", "２", "三", ""])},
    optional={
        "given_name": st.text(max_size=8),
        "family_name": st.sampled_from(["王", "Silva ", "Ñ", ""]),
        "email": st.sampled_from(["a@x.pt", "A@X.pt", "b@x.pt", "ｃ@x.pt", "no"]),
        "phone": st.sampled_from(["912345678", "+351 912 345 678", "+86 138 0013 8000", "1"]),
        "language": st.sampled_from(["pt_PT", "中文", "zh-hans", "?"]),
        "birth_date": st.sampled_from(["1987/8/5", "1987年8月5日", "03/04/1987", "19870805"]),
        "nationality": st.sampled_from(["PRT", "中国", "de"]),
        "consent_greeting_email": st.sampled_from(["yes", "no", "同意", "拒绝"]),
        "consent_marketing_email": st.sampled_from(["1", "0"]),
        "consent_at": st.sampled_from(["2017-07-01", "2018-01-01T00:00:00Z", "2031-01-01"]),
    },
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=st.lists(CELLS, min_size=1, max_size=6), data=st.data())
def test_a_file_imported_again_changes_nothing(world: World, rows: list[dict[str, str]], data: st.DataObject) -> None:
    """Rows that are taken in are unchanged the second time, if each guest has one row or the last says it all."""
    by_number = {row["external_id"].strip(): row for row in rows}
    house = make_property(world.hq, "Another House")
    first = world.bring(*by_number.values(), at=house)
    second = world.bring(*by_number.values(), at=house)
    for before, after in zip(first, second, strict=True):
        assert after.outcome == ("rejected" if before.outcome == "rejected" else "unchanged")
        assert (after.record_id, after.errors) == (before.record_id, before.errors)
    for guest in Guest.many(world.hq, [one.record_id for one in first if one.record_id]).values():
        assert guest.version == 1
