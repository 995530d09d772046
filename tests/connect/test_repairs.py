"""Rejected rows grouped by what repairs them, repaired in their file and imported again without doubles."""

from __future__ import annotations

import csv
import io
from typing import Any

from chalicelib.connect import service
from chalicelib.connect.rules import Rejected
from chalicelib.connect.rules.repairs import OTHERS, REPAIRS_MAX, Repairs, repairs_of
from chalicelib.connect.schemas.imports import RunReportOut
from chalicelib.guests import service as guests
from chalicelib.kernel.errors import FieldError
from tests.connect.fakes import World, counts, csv_bytes
from tests.connect.test_rejections import fetched, table

HEADER = ["Guest No", "First Name", "Last Name", "E-mail", "Mobile", "DOB", "Country"]
ROWS = 400
BAD = {"phone": 17, "birth_date": 9, "nationality": 5, "email": 3, "name": 2, "number": 1}  # 37 rows, of six kinds


def row_of(number: int) -> list[str]:
    mobile = f"+351 91{number:07}"  # with a space, which makes it a formula to a spreadsheet
    return [f"G-{number}", "Ana", f"Silva {number}", f"g{number}@guests.example", mobile, "1980-05-06", "PT"]


def broken() -> tuple[list[list[str]], dict[str, list[str]]]:
    """A file in which 37 rows cannot be read, and how those rows should have been, by number."""
    rows = [row_of(number) for number in range(1, ROWS + 1)]
    spoil = {
        "phone": lambda row: row.__setitem__(4, "0046 70-12"),
        "birth_date": lambda row: row.__setitem__(5, "03/04/1980"),
        "nationality": lambda row: row.__setitem__(6, "Atlantis"),
        "email": lambda row: row.__setitem__(3, "ana.silva(at)guests"),
        "name": lambda row: row.__setitem__(slice(1, 3), ["", ""]),
        "number": lambda row: row.__setitem__(0, ""),
    }
    mended, place = {}, 3
    for kind, count in BAD.items():
        for _ in range(count):
            mended[rows[place][3] if kind != "email" else rows[place][4]] = list(rows[place])
            spoil[kind](rows[place])
            place += 10
    return [HEADER, *rows], mended


class TestTheWholeWay:
    def test_out_repaired_in_and_never_double(self, world: World, engine: Any) -> None:
        rows, mended = broken()
        content = csv_bytes(rows)
        first = world.run(content, kind="guests")
        assert counts(first) == {"created": 363, "rejected": 37}
        report = service.report_of(world.hq, str(first.import_id), str(first.id))
        assert [(one.column, one.rows, one.example_row) for one in report.repairs] == [
            ("phone", 17, 5),
            ("birth_date", 9, 175),
            ("nationality", 5, 265),
            ("email", 3, 315),
            ("family_name", 2, 345),
            ("external_id", 1, 365),
        ]
        bad = table(fetched(world, engine, first))
        assert bad[0] == [*HEADER, "error"] and len(bad) == 38
        assert bad[-1][4].startswith("'+"), "a spreadsheet would have reckoned with it"
        repaired = [bad[0], *([*(mended.get(row[3]) or mended[row[4].removeprefix("'")]), row[7]] for row in bad[1:])]
        again = world.run(csv_bytes(repaired, "utf-8-sig"), kind="guests")
        assert counts(again) == {"created": 37}
        keys = [("import", world.house.id, f"G-{number}") for number in range(1, ROWS + 1)]
        assert len(set(guests.ids_by_external(world.hq, keys).values())) == ROWS
        third = world.run(content, kind="guests")
        # Two rows lack a name, which by now is known: they are right. Nobody is created.
        assert counts(third) == {"unchanged": 365, "rejected": 35}

    def test_a_cell_that_was_made_harmless_comes_back_as_it_was(self, world: World, engine: Any) -> None:
        rows = [["external_id", "given_name", "phone", "+note"], ["G-1", "=cmd()", "12", "x"]]
        body = fetched(world, engine, world.run(csv_bytes(rows), kind="guests"))
        (header, row) = table(body)
        assert (row[1], header[3]) == ("'=cmd()", "'+note")
        row[2] = "'+351 912 345 678"
        target = io.StringIO(newline="")
        csv.writer(target).writerows([header, row])
        run = world.run(target.getvalue().encode("utf-8-sig"), kind="guests")
        assert counts(run) == {"created": 1}
        (guest_id,) = guests.ids_by_external(world.hq, [("import", world.house.id, "G-1")]).values()
        guest = guests.get(world.hq, guest_id)
        assert (guest.given_name, list(guest.phones)) == ("=cmd()", ["+351912345678"])
        plan = service.report_of(world.hq, str(run.import_id), str(run.id)).plan
        assert plan is not None and plan.header.unknown == ("+note",), "the error column is no unknown one"

    def test_in_any_other_file_an_apostrophe_is_the_guests_own(self, world: World) -> None:
        world.run(csv_bytes([["external_id", "given_name"], ["G-1", "'=cmd()"]]), kind="guests")
        (guest_id,) = guests.ids_by_external(world.hq, [("import", world.house.id, "G-1")]).values()
        assert guests.get(world.hq, guest_id).given_name == "'=cmd()"

    def test_what_was_remembered_holds_for_the_repaired_file(self, world: World, engine: Any) -> None:
        rows = [["Kennung", "Vorname", "Telefon"], ["G-1", "Ana", "12"]]
        record = world.uploaded(csv_bytes(rows), kind="guests")
        pairs = [("Kennung", "external_id"), ("Vorname", "given_name"), ("Telefon", "phone")]
        service.choose_columns(world.hq, record.id, pairs)
        body = fetched(world, engine, world.rerun(record.id))
        again = world.run(body.replace(b",12,", b",+351912345678,"), kind="guests")
        assert counts(again) == {"created": 1}

    def test_in_chinese_without_a_cell(self, world: World) -> None:
        run = world.run(csv_bytes([HEADER, ["G-1", "Ana", "", "secret(at)guests", "1", "", ""]]), kind="guests")
        report = service.report_of(world.hq, str(run.import_id), str(run.id))
        shown = RunReportOut.of_report(report, "zh").model_dump_json()
        assert '"column":"email"' in shown and '"example_row":2' in shown
        assert "不是" in shown and "secret" not in shown


class TestGrouping:
    def test_a_row_counts_under_each_of_its_mistakes_once(self) -> None:
        repairs = Repairs()
        phone, mail = FieldError("/phone", "is wrong"), FieldError("/email", "is wrong")
        repairs.note(Rejected(4, 4, 0, 9, None, (phone, phone, mail)))
        repairs.note(Rejected(7, 7, 0, 9, None, (mail,)))
        repairs.note(Rejected(9, 9, 0, 9, "quotes", ()))
        found = repairs_of(repairs.stored())
        assert [(one.column, one.detail, one.rows, one.example_row) for one in found] == [
            ("email", "is wrong", 2, 4),
            ("phone", "is wrong", 1, 4),
            ("", "quotes", 1, 9),
        ]

    def test_counting_goes_on_where_it_stopped(self) -> None:
        before = Repairs()
        before.note(Rejected(4, 4, 0, 9, "quotes", ()))
        after = Repairs(before.stored())
        after.note(Rejected(5, 5, 0, 9, "quotes", ()))
        assert [(one.rows, one.example_row) for one in repairs_of(after.stored())] == [(2, 4)]

    def test_very_many_kinds_fit_into_an_item(self) -> None:
        repairs = Repairs()
        for number in range(REPAIRS_MAX + 30):
            repairs.note(Rejected(number, number, 0, 9, f"reason {number}", ()))
        found = repairs_of(repairs.stored())
        assert len(found) == REPAIRS_MAX + 1
        assert (found[0].detail, found[0].rows) == (OTHERS, 30)
