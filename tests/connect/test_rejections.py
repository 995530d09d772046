"""What people get to see of rejected rows, and the file they correct."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from chalicelib.connect import service
from chalicelib.connect.rules import Rejected
from chalicelib.connect.service.rejections import fitted
from chalicelib.kernel.errors import Conflict, FieldError, Malformed
from chalicelib.kernel.imports import ImportFormat
from tests.connect.fakes import HEADER, World, counts, csv_bytes, many


def fetched(world: World, engine: Any, run: Any) -> bytes:
    address = service.rejected_file(world.hq, str(run.import_id), str(run.id))
    status, headers, body = engine.fetch("GET", address.url)
    assert status == 200
    assert headers["Content-Disposition"] == 'attachment; filename="rejected-rows.csv"'
    return bytes(body)


def table(body: bytes, delimiter: str = ",") -> list[list[str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


class TestTheFile:
    def test_original_columns_and_the_error(self, world: World, engine: Any) -> None:
        rows = [
            ["Extra", *HEADER],
            ["e", "T-1", "red", ""],
            ["f", "", "two\r\nlines", "王"],
            ["g", "T-2", "rejected", ""],
        ]
        run = world.run(csv_bytes(rows, "gb18030"))
        assert table(fetched(world, engine, run)) == [
            ["Extra", *HEADER, "error"],
            ["f", "", "two\r\nlines", "王", "external_id: is missing"],
            ["g", "T-2", "rejected", "", "This colour is not sold."],
        ]

    @pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "-2+3", "\t=1", "＝1+1"])
    def test_formulas_are_made_harmless(self, world: World, engine: Any, cell: str) -> None:
        run = world.run(csv_bytes([[*HEADER, cell], ["", cell, "-12.50", "+351912345678"]]))
        header, row = table(fetched(world, engine, run))
        assert header[3].startswith("'")
        assert row[1] == "'" + cell
        assert row[2:4] == ["-12.50", "+351912345678"]

    def test_rows_that_cannot_be_read_are_shown_as_well_as_can_be(self, world: World, engine: Any) -> None:
        lines = [
            b"external_id,value,note",
            b"few",
            b"a,b,c,d,e",
            b'T-3,"stray,x',
            b"T-4,\xff\xfe,x",
            b"T-5," + b"x" * 40_000,
        ]
        run = world.run(b"\n".join(lines))
        shown = table(fetched(world, engine, run))
        assert [row[:3] for row in shown[1:]] == [
            ["few", "", ""],
            ["a", "b", "c,d,e"],
            ["T-3", "stray,x", ""],
            ["T-4", "\ufffd\ufffd", "x"],
            ["", "", ""],
        ]
        assert [row[3].split()[-1] for row in shown[1:]] == ["header.", "header.", "match.", "encoding.", "KB."]

    def test_it_can_be_corrected_and_imported_again(self, world: World, engine: Any) -> None:
        rows = many(30)
        for number in (5, 15, 25):
            rows[number][0] = ""
        first = world.run(csv_bytes(rows, delimiter=";"))
        body = fetched(world, engine, first)
        mended = body.replace(b"\r\n;value", b"\r\nM-%d;value").decode("utf-8-sig")
        mended = "".join(line.replace("%d", str(n)) for n, line in enumerate(mended.splitlines(True)))
        second = world.run(mended.encode("utf-8-sig"))
        assert counts(second) == {"created": 3}
        again = table(fetched(world, engine, world.run(body)), ";")
        assert again[0] == [*HEADER, "error"]

    def test_none_was_rejected(self, world: World) -> None:
        run = world.run(csv_bytes(many(2)))
        with pytest.raises(Conflict, match="No row was rejected"):
            service.rejected_file(world.hq, str(run.import_id), str(run.id))

    def test_not_yet(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(2)))
        run = service.start_run(world.hq, record.id, "real")
        with pytest.raises(Conflict, match="when the run is done"):
            service.rejected_file(world.hq, record.id, run.id)

    def test_reasons_in_the_language_of_the_format(self, world: World, engine: Any) -> None:
        run = world.run(b"external_id,value,note\nfew\n", format=ImportFormat(language="zh"))
        assert table(fetched(world, engine, run))[1][3] == "此行的单元格数与标题行不同。"


class TestThePages:
    def test_every_row_once_in_order_with_its_cells(self, world: World) -> None:
        rows = many(100)
        for number in range(3, 100, 4):
            rows[number][1] = "rejected"
        run = world.run(csv_bytes(rows))
        found: list[Any] = []
        after = None
        while True:
            page = service.rejected_page(world.hq, str(run.import_id), str(run.id), limit=7, after=after)
            assert len(page.items) <= 7
            found += page.items
            after = page.next
            if after is None:
                break
        assert [one.row for one, _ in found] == [number + 1 for number in range(3, 100, 4)]
        assert [cells["external_id"] for _, cells in found] == [f"T-{number}" for number in range(3, 100, 4)]

    def test_the_file_may_be_gone(self, world: World) -> None:
        run = world.run(csv_bytes([HEADER, ["", "red", ""]]))
        service.upload(world.hq, str(run.import_id), b"another file")
        ((rejected, cells),) = service.rejected_page(world.hq, str(run.import_id), str(run.id), limit=5).items
        assert (rejected.row, cells) == (2, None)

    def test_a_forged_cursor(self, world: World) -> None:
        run = world.run(csv_bytes([HEADER, ["", "red", ""]]))
        with pytest.raises(Malformed):
            service.rejected_page(world.hq, str(run.import_id), str(run.id), limit=5, after="cur_x")

    def test_the_first_twenty_are_in_the_report(self, world: World) -> None:
        run = world.run(csv_bytes([HEADER, *[["", "red", ""]] * 50]))
        report = service.report_of(world.hq, str(run.import_id), str(run.id))
        assert [one.row for one in report.rejected] == list(range(2, 22))


class TestSaying:
    def test_a_reason_that_an_error_repeats_is_said_once(self) -> None:
        error = FieldError("/value", "is not a colour")
        assert Rejected(2, 2, 0, 1, "is not a colour", (error,)).said("en") == "value: is not a colour"

    def test_a_reason_comes_before_the_columns(self) -> None:
        errors = (FieldError("value", "is not a colour"), FieldError("", "so what"))
        assert Rejected(2, 2, 0, 1, "Some cells.", errors).said("en") == "Some cells. value: is not a colour; so what"

    def test_places_are_filled(self) -> None:
        error = FieldError("/value", "is longer than %(limit)d", "invalid", {"limit": 7})
        assert Rejected(2, 2, 0, 1, None, (error,)).said("en") == "value: is longer than 7"

    def test_what_is_stored_is_bounded(self) -> None:
        errors = tuple(FieldError(f"/{n}", "x" * 5000) for n in range(500))
        stored = Rejected(2, 2, 0, 1, "y" * 5000, errors).stored()
        assert len(str(stored)) < 4000
        assert Rejected.of_stored(stored).row == 2

    def test_cells_fit_the_header(self) -> None:
        assert fitted(["a"], 3, ";") == ["a", "", ""]
        assert fitted(["a", "b", "c", "d"], 3, ";") == ["a", "b", "c;d"]
