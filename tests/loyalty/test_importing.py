"""Opening balances from a file: what a dry run says, lots with their dates, and nothing is ever brought in twice."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest

from chalicelib.connect import service as connect
from chalicelib.kernel.errors import Forbidden
from chalicelib.kernel.i18n import translator
from chalicelib.loyalty.rules.openings import Opening, read_opening
from tests.builders import make_scope
from tests.conftest import work_off_queues
from tests.loyalty.conftest import World

TODAY = date(2026, 3, 4)
HEADER = ("external_id", "member_number", "guest_external_id", "points", "earned_on", "expires_on", "programme")


def content(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows([header, *rows])
    return target.getvalue().encode()


def run(world: World, body: bytes, mode: str = "real") -> Any:
    record = connect.create_import(world.hq, kind="points", property_id=world.house.id, file_name="points.csv")
    connect.upload(world.hq, str(record.id), body)
    started = connect.start_run(world.hq, str(record.id), mode)
    work_off_queues()
    return connect.report_of(world.hq, str(record.id), str(started.id))


def counts(report: Any) -> tuple[int, ...]:
    return tuple(int(getattr(report.run, name)) for name in ("created", "updated", "unchanged", "rejected"))


def test_a_dry_run_says_what_would_happen_and_writes_nothing(world: World) -> None:
    number = str(world.member.number)
    unknown = "0000000000" if number != "0000000000" else "0000000018"
    body = content(
        ("A", number, "", "1,500", "2025-01-31", "2027-01-31", ""),
        ("B", unknown, "", "5", "2025-01-31", "", ""),
        ("C", "", "NOBODY", "5", "2025-01-31", "", ""),
        ("D", number, "", "1.5", "2027-01-31", "2025-02-30", ""),
        ("E", number, "", "5", "2025-01-31", "", "Another programme"),
    )
    report = run(world, body, "dry_run")
    assert counts(report) == (1, 0, 0, 4)
    said = {one.row: {error.pointer for error in one.errors} for one in report.rejected}
    assert said == {
        3: {"member_number"}, 4: {"guest_external_id"}, 5: {"points", "earned_on", "expires_on"}, 6: {"programme"},
    }  # fmt: skip
    say = translator("zh").gettext
    assert all(say(str(one.reason)) != one.reason for one in report.rejected)
    assert world.entries() == []


def test_lots_come_with_their_dates_once_however_often_the_file_is_sent(world: World) -> None:
    number = str(world.member.number)
    rows = [
        (f"L-{place:02}", number, "", "100", "2025-01-31", f"2027-{place % 12 + 1:02}-01", "") for place in range(30)
    ]
    rows.append(("OVER", number, "", "70", "2024-01-31", "2026-01-31", "Harbour Points"))
    assert counts(run(world, content(*rows))) == (31, 0, 0, 0)
    assert counts(run(world, content(*rows))) == (0, 0, 31, 0)
    again = [*rows[:2], ("L-02", number, "", "101", "2025-01-31", "2027-03-01", "")]
    assert counts(run(world, content(*again))) == (0, 0, 2, 1)
    entries = world.entries()
    assert [entry.type for entry in entries].count("opening") == 31
    assert {str(entry.source) for entry in entries if entry.type == "opening"} == {f"import.{row[0]}" for row in rows}
    (ended,) = [entry for entry in entries if entry.type == "expiry"]
    assert (int(ended.points), ended.source) == (-70, "import.OVER")
    assert world.points == (3_000, 0, 0)
    assert world.member.active_on == "2026-03-04"
    assert world.is_right()


def test_a_row_sent_twice_in_one_file_counts_once(world: World) -> None:
    row = ("TWIN", str(world.member.number), "", "100", "2025-01-31", "", "")
    assert counts(run(world, content(row, row))) == (1, 0, 1, 0)
    assert world.points == (100, 0, 0)


def test_guests_are_found_by_the_numbers_of_the_source(world: World) -> None:
    known = connect.create_import(world.hq, kind="guests", property_id=world.house.id, file_name="guests.csv")
    connect.upload(world.hq, str(known.id), b"external_id,given_name,family_name\nG-1,Ana,Reis\nG-2,Rui,Reis\n")
    connect.start_run(world.hq, str(known.id), "real")
    work_off_queues()
    from chalicelib.guests import service as guests

    found = guests.ids_by_external(world.hq, [("import", world.house.id, "G-1")])
    (guest_id,) = found.values()
    member_id = world.enrol(guests.get(world.hq, guest_id))
    header = ("流水号", "客人编号", "积分余额", "获得日期", "到期日")
    report = run(
        world, content(("1", "G-1", "40", "2025-05-01", ""), ("2", "G-2", "40", "2025-05-01", ""), header=header)
    )
    assert counts(report) == (1, 0, 0, 1)
    assert report.rejected[0].reason == "This guest has not joined the programme."
    assert [int(entry.points) for entry in world.entries(member_id)] == [40]
    assert world.is_right()


def test_only_head_office_brings_points_in(world: World) -> None:
    manager = make_scope(world.chain, "property_manager", property_ids=[world.house.id])
    with pytest.raises(Forbidden):
        connect.create_import(manager, kind="points", property_id=world.house.id, file_name="points.csv")
    record = connect.create_import(world.hq, kind="points", property_id=world.house.id, file_name="points.csv")
    connect.upload(world.hq, str(record.id), content())
    with pytest.raises(Forbidden):
        connect.start_run(manager, str(record.id), "real")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("external_id", "a#b"), ("external_id", "ana@example.com"), ("external_id", "x" * 61), ("points", "0"),
        ("points", "-5"), ("points", "1e3"), ("points", "9" * 15), ("points", "1,00"), ("points", "٣"),
        ("earned_on", "2026-03-05"), ("earned_on", "31.01.2025"), ("expires_on", "2025-01-30"),
        ("member_number", "1234567890"),
    ],
)  # fmt: skip
def test_cells_that_are_not_right_are_named(cell: str, value: str) -> None:
    right = {"external_id": "1", "points": "5", "earned_on": "2025-01-31", "guest_external_id": "G"}
    assert isinstance(read_opening(right, TODAY), Opening)
    refused = read_opening({**right, cell: value}, TODAY)
    assert isinstance(refused, tuple)
    assert [error.pointer for error in refused] == [cell]
