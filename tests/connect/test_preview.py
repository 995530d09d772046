"""The first rows as they would be kept, and a check of the whole file that counts as the import will."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.connect import service
from chalicelib.guests import service as guests
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.imports import ImportFormat
from tests.connect.fakes import HEADER, World, counts, csv_bytes, things
from tests.house.world import fingerprint

GUESTS = [
    ["客人编号", "名", "姓", "手机", "出生日期", "国籍", "同意问候邮件", "同意来源"],
    ["G-1", "小明", "王", "912 345 678", "1980年5月6日", "葡萄牙", "同意", "前台"],
    ["G-2", "Ana", "", "912 345", "26.05.1980", "PT", "", ""],
    ["G-3", "Rui", "Costa"],
    ["G-1", "小明", "王", "", "", "", "", ""],
]


def kept(world: World, content: bytes, **fields: Any) -> list[tuple[int, str, dict[str, str]]]:
    record = world.uploaded(content, **fields)
    before = fingerprint()
    preview = service.preview_of(world.hq, record.id)
    assert fingerprint() == before, "a preview writes nothing"
    return [(row.number, row.staged.outcome, row.kept) for row in preview.rows]


class TestTheFirstRows:
    def test_a_stranger_finds_nothing(self, world: World) -> None:
        record = world.uploaded(csv_bytes([HEADER, ["T-1", "red", ""]]))
        with pytest.raises(NotFound):
            service.preview_of(World().hq, record.id)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_as_they_would_be_kept(self, world: World, encoding: str) -> None:
        found = kept(world, csv_bytes(GUESTS, encoding), kind="guests")
        assert found[0] == (
            2,
            "created",
            {
                "external_id": "G-1",
                "given_name": "小明",
                "family_name": "王",
                "phone": "+351912345678",
                "birth_date": "1980-05-06",
                "nationality": "PT",
                "consent_greeting_email": "granted",
                "consent_source": "前台",
            },
        )
        assert [row[:2] for row in found[1:]] == [(3, "rejected"), (4, "rejected"), (5, "unchanged")]
        readable = {"external_id": "G-2", "given_name": "Ana", "birth_date": "1980-05-26", "nationality": "PT"}
        assert found[1][2] == readable, "what cannot be kept is left out"

    def test_of_stays(self, world: World) -> None:
        world.run(csv_bytes([["external_id", "family_name"], ["G-1", "Silva"]]), kind="guests")
        header = ["Confirmation No", "guest_external_id", "arrival_date", "departure_date", "status", "revenue_room"]
        header[0] = "external_id"
        rows = [header, ["S-1", "G-1", "2026/3/4", "2026-03-07", "Checked Out", "387"], ["S-2", "G-9", *[""] * 4]]
        found = kept(world, csv_bytes(rows), kind="stays")
        assert found == [
            (
                2,
                "created",
                {
                    "external_id": "S-1",
                    "guest_external_id": "G-1",
                    "arrival_date": "2026-03-04",
                    "departure_date": "2026-03-07",
                    "status": "checked_out",
                    "currency": "EUR",
                    "revenue_room": "387.00",
                },
            ),
            (3, "rejected", {}),
        ]

    def test_a_row_that_breaks_its_owner_harms_only_itself(self, world: World) -> None:
        rows = [HEADER, ["T-1", "red", ""], ["T-2", "raises", ""], ["T-3", "invalid", ""]]
        assert [row[1] for row in kept(world, csv_bytes(rows))] == ["created", "rejected", "rejected"]

    def test_no_rows_while_the_columns_are_not_right(self, world: World) -> None:
        assert kept(world, b"Farbe\nred\n") == []
        assert kept(world, b"external_id,value") == []
        assert len(kept(world, csv_bytes([HEADER, *([f"T-{n}", "red", ""] for n in range(30))]))) == 20


ROWS = [["external_id", "given_name", "family_name"], *([f"G-{n}", "Ana", f"Silva {n}"] for n in range(25))]
REPEATED = [*ROWS, ["G-3", "Ana", "Silva 3"], ["G-4", "Ana", "Costa"], ["", "No", "Number"], ["G-30", "Rui", "Costa"]]


class TestTheWholeFile:
    @pytest.mark.parametrize("step_s", [60.0, 0.0], ids=["in one step", "in many"])
    def test_counts_as_the_import_will(self, world: World, step_s: float) -> None:
        """Numbers that stand twice are new once, though a check stores nothing by which the second could be known."""
        world.run(csv_bytes([ROWS[0], ["G-1", "Ana", "Silva 1"], ["G-2", "Ana", "Before"]]), kind="guests")
        record = world.uploaded(csv_bytes(REPEATED), kind="guests")
        runs_of: dict[str, Any] = {}
        for mode in ("dry_run", "real"):
            run = service.start_run(world.hq, record.id, mode, is_queued=False)
            while not service.advance_run(world.hq, record.id, run.id, for_s=step_s):
                pass
            runs_of[mode] = counts(service.run_of(world.hq, record.id, run.id))
        assert runs_of["dry_run"] == {"created": 24, "updated": 2, "unchanged": 2, "rejected": 1}
        assert runs_of["real"] == runs_of["dry_run"]

    def test_writes_no_guest(self, world: World) -> None:
        run = world.run(csv_bytes(REPEATED), "dry_run", kind="guests", format=ImportFormat(system="opera"))
        assert counts(run)["created"] == 26
        assert guests.ids_by_external(world.hq, [("opera", world.house.id, "G-1")]) == {}
        assert things(world.hq) == {}
