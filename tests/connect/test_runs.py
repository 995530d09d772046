"""Runs from start to end: what is counted, stored and told, in one step and in many."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.connect import jobs, service
from chalicelib.connect.events import IMPORT_FINISHED
from chalicelib.connect.kinds import STEP_KIND
from chalicelib.connect.service import files, scanning, tops
from chalicelib.guests import service as guests
from chalicelib.kernel import agenda, aws, events, work
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Busy, Conflict, Invalid, NotFound, TooLarge
from chalicelib.kernel.imports import ImportFormat
from tests.builders import make_property, make_scope
from tests.connect.fakes import HEADER, Things, World, counts, csv_bytes, many, thing, things

assert jobs  # the step is registered


def failure(world: World, content: bytes, **fields: Any) -> str:
    run = world.run(content, **fields)
    assert run.state == "failed"
    assert things(world.hq) == {}
    return str(run.failure % (run.failure_values or {}))


class TestStarting:
    def test_a_stranger_finds_nothing(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(1)))
        stranger = World().hq
        with pytest.raises(NotFound):
            service.start_run(stranger, record.id, "real")
        with pytest.raises(NotFound):
            service.get_import(stranger, record.id)

    def test_a_sister_property_finds_nothing(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(1)))
        run = world.rerun(record.id)
        sister = make_scope(world.chain, property_ids=[make_property(world.hq, "Hill House").id])
        for attempt in (
            lambda: service.get_import(sister, record.id),
            lambda: service.start_run(sister, record.id, "real"),
            lambda: service.run_of(sister, record.id, run.id),
            lambda: service.runs_page(sister, record.id, limit=5),
            lambda: service.cancel_run(sister, record.id, run.id),
            lambda: service.rejected_page(sister, record.id, run.id, limit=5),
            lambda: service.rejected_file(sister, record.id, run.id),
        ):
            with pytest.raises(NotFound):
                attempt()
        with pytest.raises(Invalid):
            service.create_import(sister, kind="things", property_id=world.house.id, file_name="x.csv")

    def test_an_own_property_is_enough(self, world: World) -> None:
        own = make_scope(world.chain, property_ids=[world.house.id])
        record = service.create_import(own, kind="things", property_id=world.house.id, file_name="x.csv")
        assert service.imports_page(own, limit=5).items[0].id == record.id

    def test_numbers_of_the_whole_chain_are_head_offices(self, world: World) -> None:
        values = {"kind": "things", "property_id": world.house.id, "file_name": "x.csv"}
        written = ImportFormat(numbers="chain")
        record = service.create_import(world.hq, **values, format=written)
        assert service.get_import(world.hq, record.id).numbers == "chain"
        with pytest.raises(Invalid):
            service.create_import(make_scope(world.chain, property_ids=[world.house.id]), **values, format=written)

    def test_nothing_uploaded(self, world: World) -> None:
        record = service.create_import(world.hq, kind="things", property_id=world.house.id, file_name="x.csv")
        with pytest.raises(Conflict, match="uploaded"):
            service.start_run(world.hq, record.id, "real")

    def test_too_large(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        record = world.uploaded(csv_bytes(many(3)))
        monkeypatch.setattr(files, "FILE_BYTES_MAX", 20)
        with pytest.raises(TooLarge):
            service.start_run(world.hq, record.id, "real")

    def test_unknown_kind_and_property(self, world: World) -> None:
        with pytest.raises(NotFound):
            service.create_import(world.hq, kind="rooms", property_id=world.house.id, file_name="x.csv")
        with pytest.raises(Invalid):
            service.create_import(world.hq, kind="things", property_id="prp_nowhere", file_name="x.csv")

    def test_the_active_run_of_a_mode_is_answered(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(3)))
        first = service.start_run(world.hq, record.id, "real")
        assert service.start_run(world.hq, record.id, "real").id == first.id
        with pytest.raises(Conflict, match="other mode"):
            service.start_run(world.hq, record.id, "dry_run")
        assert service.get_import(world.hq, record.id).last_run_id == first.id

    def test_two_starts_at_once_make_one_run(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        record = world.uploaded(csv_bytes(many(3)))
        twins: list[Any] = []
        seen = files.uploaded

        def slow(key: str) -> Any:
            if not twins:
                twins.append(None)
                twins[0] = service.start_run(world.hq, record.id, "real")
            return seen(key)

        monkeypatch.setattr(files, "uploaded", slow)
        assert service.start_run(world.hq, record.id, "real").id == twins[0].id


class TestImporting:
    def test_rows_are_created_then_unchanged_then_updated(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(35)))
        assert counts(world.rerun(record.id)) == {"created": 35}
        assert counts(world.rerun(record.id)) == {"unchanged": 35}
        changed = [[*row[:1], "blue", ""] if row[0] == "T-7" else row for row in many(35)]
        assert counts(world.run(csv_bytes(changed))) == {"updated": 1, "unchanged": 34}
        assert things(world.hq)["T-7"] == ("blue", 2)

    def test_a_run_tells_how_it_went(self, world: World) -> None:
        content = csv_bytes(many(35))
        run = world.run(content)
        assert run.state == "done"
        assert int(run.rows_total) == 35
        assert int(run.bytes_done) == int(run.bytes_total) == len(content)
        assert run.started_at and run.finished_at
        record = service.get_import(world.hq, str(run.import_id))
        assert record.active_run_id is None
        assert record.last_run_id == run.id
        actions = [str(entry.action) for entry in audit_page(world.hq, str(record.id), limit=10).items]
        assert actions == ["import.run_done", "import.run_started", "import.created"]

    def test_rows_come_in_groups_of_their_kind(self, world: World) -> None:
        world.run(csv_bytes(many(25)))
        assert [len(group) for group in world.things.groups] == [10, 10, 5]
        assert world.things.groups[0][0] == 2  # the header is row 1

    def test_a_dry_run_changes_nothing_and_tells_the_same(self, world: World) -> None:
        rows = many(20)
        rows[3][0] = ""
        content = csv_bytes(rows)
        assert counts(world.run(content, "dry_run")) == {"created": 19, "rejected": 1}
        assert things(world.hq) == {}
        assert counts(world.run(content)) == {"created": 19, "rejected": 1}

    def test_equal_rows_are_all_counted(self, world: World) -> None:
        assert counts(world.run(csv_bytes([HEADER, *[["T-1", "red", ""]] * 25]))) == {"created": 1, "unchanged": 24}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("header", [["编号", "值", "备注"], ["Thing No", "Colour", "Note"]])
    def test_languages_encodings_delimiters(
        self, world: World, encoding: str, delimiter: str, header: list[str]
    ) -> None:
        rows = [header, *([f"T-{n}", f"王小明{n}", 'a "note", with; all\tof\nit'] for n in range(15))]
        assert counts(world.run(csv_bytes(rows, encoding, delimiter))) == {"created": 15}
        assert things(world.hq)["T-3"][0] == "王小明3"

    def test_a_chinese_header_over_plain_rows(self, world: World) -> None:
        assert counts(world.run(csv_bytes([["编号", "值"], ["T-1", "red"]], "gb18030"))) == {"created": 1}

    def test_encoding_that_shows_late(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tops, "SAMPLE_BYTES", 200)
        rows = [*many(50), *([f"L-{n}", "王小明小", ""] for n in range(5))]
        assert counts(world.run(csv_bytes(rows, "gb18030"))) == {"created": 55}
        assert things(world.hq)["L-1"][0] == "王小明小"

    def test_unknown_columns_are_ignored_and_reported(self, world: World) -> None:
        run = world.run(csv_bytes([["shoe size", "Number", "Value", ""], ["43", "T-1", "red", ""]]))
        assert counts(run) == {"created": 1}
        plan = service.report_of(world.hq, str(run.import_id), str(run.id)).plan
        assert plan is not None
        assert plan.header.unknown == ("shoe size",)

    def test_a_header_alone_is_no_failure(self, world: World) -> None:
        run = world.run(b"external_id,value\n")
        assert (run.state, counts(run)) == ("done", {})

    def test_blank_lines_are_passed_over_but_numbered(self, world: World) -> None:
        content = b"\n\nexternal_id,value\n\nT-1,red\n\n\n,blue\n\n"
        run = world.run(content)
        assert counts(run) == {"created": 1, "rejected": 1}
        (rejected,) = service.report_of(world.hq, str(run.import_id), str(run.id)).rejected
        assert (rejected.row, rejected.line) == (8, 8)

    def test_the_format_reaches_whoever_stores_the_rows(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        heard: list[Any] = []
        stage = world.things.stage

        def listen(*args: Any, **named: Any) -> Any:
            heard.append(named)
            return stage(*args, **named)

        service.register(service.Kind("things", world.things.kind.columns, 10, listen))
        written = ImportFormat("gb18030", ";", "zh", "opera")
        world.run(csv_bytes(many(1), "gb18030", ";"), format=written)
        assert heard == [{"property_id": world.house.id, "format": written}]

    def test_real_guests(self, world: World) -> None:
        rows = [["客人编号", "名", "姓", "出生日期"], *([f"G-{n}", "小明", "王", "1980-05-06"] for n in range(30))]
        content = csv_bytes(rows, "gb18030")
        record = world.uploaded(content, kind="guests", format=ImportFormat(system="opera"))
        assert counts(world.rerun(record.id)) == {"created": 30}
        assert counts(world.rerun(record.id)) == {"unchanged": 30}
        keys = [("opera", world.house.id, f"G-{n}") for n in range(30)]
        assert len(guests.ids_by_external(world.hq, keys)) == 30


class TestUnreadableFiles:
    @pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n \n"])
    def test_empty(self, world: World, content: bytes) -> None:
        assert "empty" in failure(world, content)

    def test_without_a_header(self, world: World) -> None:
        assert "missing: external_id" in failure(world, b"T-1,red\nT-2,blue\n")

    def test_a_workbook(self, world: World) -> None:
        assert "Excel" in failure(world, b"PK\x03\x04" + b"\0" * 1000)

    def test_too_many_rows(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scanning, "ROWS_MAX", 30)
        assert "more than 30 rows" in failure(world, csv_bytes(many(31)))

    def test_replaced_while_it_is_read(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(30)))
        run = service.start_run(world.hq, record.id, "real", is_queued=False)
        service.upload(world.hq, record.id, csv_bytes(many(20)))
        assert service.advance_run(world.hq, record.id, run.id)
        assert "replaced" in str(service.run_of(world.hq, record.id, run.id).failure)

    def test_a_failed_import_can_be_run_again(self, world: World) -> None:
        record = world.uploaded(b"")
        assert world.rerun(record.id).state == "failed"
        service.upload(world.hq, record.id, csv_bytes(many(3)))
        assert counts(world.rerun(record.id)) == {"created": 3}


class TestSteps:
    def test_many_small_steps_do_the_same(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scanning, "CHUNK_BYTES", 300)
        monkeypatch.setattr(scanning, "PAGE_CHUNKS", 2)
        rows = many(60)
        rows[20] = ["T-20", 'a,\n"quoted"\nvalue', ""]
        rows[30] = ["T-30", "x" * 40_000, ""]
        record = world.uploaded(csv_bytes(rows))
        run = service.start_run(world.hq, record.id, "real", is_queued=False)
        steps, seen = 1, []
        while not service.advance_run(world.hq, record.id, run.id, for_s=0):
            steps += 1
            seen.append(service.run_of(world.hq, record.id, run.id).state)
        assert steps > 10
        assert seen[0] == "scanning" and seen[-1] == "running"
        assert counts(service.run_of(world.hq, record.id, run.id)) == {"created": 59, "rejected": 1}
        assert sorted(number for group in world.things.groups for number in group) == [
            number for number in range(2, 62) if number != 31
        ]

    def test_the_queue_carries_a_run_to_its_end(
        self, world: World, run_queues: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service.runs.advance_run, "__kwdefaults__", {"for_s": 0.0})
        told: list[events.Event] = []
        register = {**events._REACTIONS, IMPORT_FINISHED: {"tests.listen": lambda s, event, u: told.append(event)}}
        monkeypatch.setattr(events, "_REACTIONS", register)
        record = world.uploaded(csv_bytes(many(45)))
        run = service.start_run(world.hq, record.id, "real")
        assert run_queues() > 5
        assert counts(service.run_of(world.hq, record.id, run.id)) == {"created": 45}
        (event,) = told
        assert event.subject_id == run.id
        expected = {"import_id": record.id, "property_id": world.house.id, "kind": "things", "mode": "real"}
        assert event.detail == {**expected, "state": "done"}

    def test_a_message_that_comes_twice_changes_nothing(self, world: World, run_queues: Any) -> None:
        record = world.uploaded(csv_bytes(many(25)))
        run = service.start_run(world.hq, record.id, "real")
        item = agenda.AgendaRecord.find(world.hq.key(run.id), STEP_KIND)
        assert item is not None
        message = agenda.message_of(item)
        run_queues()
        before = things(world.hq)
        work.run_message(message)
        assert things(world.hq) == before
        assert counts(service.run_of(world.hq, record.id, run.id)) == {"created": 25}

    def test_a_second_worker_stops_one_of_the_two(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(45)))
        run = service.start_run(world.hq, record.id, "real", is_queued=False)
        stage, calls = world.things.stage, []

        def meddled(*args: Any, **named: Any) -> Any:
            calls.append(len(calls))
            if len(calls) == 3:
                assert service.advance_run(world.hq, record.id, run.id, for_s=0) is False  # one group by another
            return stage(*args, **named)

        service.register(service.Kind("things", world.things.kind.columns, 10, meddled))
        with pytest.raises(Busy):
            service.advance_run(world.hq, record.id, run.id)
        assert service.advance_run(world.hq, record.id, run.id)
        assert counts(service.run_of(world.hq, record.id, run.id)) == {"created": 45}
        assert set(things(world.hq).values()) == {(f"value {n}", 1) for n in range(1, 46)}

    def test_a_run_whose_steps_keep_failing_is_given_up(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        record = world.uploaded(csv_bytes(many(25)))
        run = service.start_run(world.hq, record.id, "real")
        item = agenda.AgendaRecord.find(world.hq.key(run.id), STEP_KIND)
        assert item is not None
        work.bury(item)
        assert service.run_of(world.hq, record.id, run.id).state == "failed"
        assert counts(world.rerun(record.id)) == {"created": 25}

    def test_throttling_is_no_rows_fault(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        record = world.uploaded(csv_bytes(many(25)))
        run = service.start_run(world.hq, record.id, "real", is_queued=False)

        def throttled(*args: Any, **named: Any) -> Any:
            raise aws.ClientError({"Error": {"Code": "InternalServerError"}}, "BatchGetItem")

        service.register(service.Kind("things", world.things.kind.columns, 10, throttled))
        with pytest.raises(aws.ClientError):
            service.advance_run(world.hq, record.id, run.id)
        service.register(world.things.kind)
        assert service.advance_run(world.hq, record.id, run.id)
        assert counts(service.run_of(world.hq, record.id, run.id)) == {"created": 25}


class TestCancelling:
    def test_what_is_done_stays(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(45)))
        run = service.start_run(world.hq, record.id, "real", is_queued=False)
        stage, calls = world.things.stage, []

        def cancelled(*args: Any, **named: Any) -> Any:
            calls.append(None)
            if len(calls) == 3:
                service.cancel_run(world.hq, record.id, run.id)
            return stage(*args, **named)

        service.register(service.Kind("things", world.things.kind.columns, 10, cancelled))
        assert service.advance_run(world.hq, record.id, run.id)
        ended = service.run_of(world.hq, record.id, run.id)
        assert (ended.state, counts(ended)) == ("cancelled", {"created": 20})
        assert len(things(world.hq)) == 20
        assert service.cancel_run(world.hq, record.id, run.id).state == "cancelled"
        service.register(Things().kind)
        assert counts(world.rerun(record.id)) == {"created": 25, "unchanged": 20}

    def test_before_it_began(self, world: World, run_queues: Any) -> None:
        record = world.uploaded(csv_bytes(many(45)))
        run = service.start_run(world.hq, record.id, "real")
        service.cancel_run(world.hq, record.id, run.id)
        run_queues()
        assert things(world.hq) == {}

    def test_after_it_ended(self, world: World) -> None:
        run = world.run(csv_bytes(many(3)))
        with pytest.raises(Conflict):
            service.cancel_run(world.hq, str(run.import_id), str(run.id))


class TestBrokenRows:
    def test_thirty_seven_of_a_thousand(self, world: World) -> None:
        rows = [",".join(row) for row in many(1000)]
        troubles = [
            ",no number,",
            "T-x,rejected,",
            "T-x,raises,",
            "T-x,invalid,",
            'T-x,"stray,',
            "T-x",
            "a,b,c,d",
            "\0,a,b",
        ]
        for position in range(37):
            rows[20 + position * 26] = troubles[position % len(troubles)]
        content = "\n".join(rows).encode()
        run = world.run(content)
        assert counts(run) == {"created": 963, "rejected": 37}
        assert len(things(world.hq)) == 963
        assert counts(world.rerun(str(run.import_id))) == {"unchanged": 963, "rejected": 37}

    def test_each_with_its_reason(self, world: World) -> None:
        rows = many(12)
        rows[2][1], rows[4][1], rows[6][1], rows[8][1] = "rejected", "raises", "invalid", "huge"
        run = world.run(csv_bytes(rows))
        assert counts(run) == {"created": 8, "rejected": 4}
        report = service.report_of(world.hq, str(run.import_id), str(run.id))
        assert [(one.row, one.said("en")) for one in report.rejected] == [
            (3, "This colour is not sold."),
            (5, "This row could not be stored."),
            (7, "value: is not a colour"),
            (9, "This row could not be stored."),
        ]

    def test_a_record_that_somebody_else_writes_is_tried_again(self, world: World) -> None:
        rows = many(10)
        rows[5][1] = "stale"
        assert counts(world.run(csv_bytes(rows))) == {"created": 10}

    def test_a_record_that_appears_meanwhile(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        stage, calls = world.things.stage, []

        def raced(scope: Any, unit: Any, rows: Any, **named: Any) -> Any:
            answer = stage(scope, unit, rows, **named)
            if not calls:
                calls.append(None)
                thing(scope.key("thing", "T-4"), "theirs").save()
            return answer

        service.register(service.Kind("things", world.things.kind.columns, 10, raced))
        assert counts(world.run(csv_bytes(many(10)))) == {"created": 9, "updated": 1}

    def test_a_kind_that_answers_nonsense_is_a_defect(self, world: World) -> None:
        service.register(service.Kind("things", world.things.kind.columns, 10, lambda *a, **k: []))
        with pytest.raises(RuntimeError, match="0 outcomes for 3 rows"):
            world.run(csv_bytes(many(3)))


class TestLists:
    def test_newest_first_page_by_page(self, world: World) -> None:
        made = [world.uploaded(b"x").id for _ in range(7)]
        found: list[str] = []
        after = None
        while True:
            page = service.imports_page(world.hq, limit=3, after=after)
            found += [str(record.id) for record in page.items]
            after = page.next
            if after is None:
                break
        assert found == made[::-1]

    def test_by_property(self, world: World) -> None:
        other = make_property(world.hq, "Hill House")
        own = world.uploaded(b"x").id
        theirs = world.uploaded(b"x", property_id=other.id).id
        assert [r.id for r in service.imports_page(world.hq, limit=5, property_id=other.id).items] == [theirs]
        desk = make_scope(world.chain, property_ids=[world.house.id])
        assert [r.id for r in service.imports_page(desk, limit=5).items] == [own]
        assert service.imports_page(desk, limit=5, property_id=other.id).items == []

    def test_runs_newest_first(self, world: World) -> None:
        record = world.uploaded(csv_bytes(many(3)))
        made = [str(world.rerun(record.id).id) for _ in range(3)]
        page = service.runs_page(world.hq, record.id, limit=2)
        assert [run.id for run in page.items] == made[:0:-1]
        rest = service.runs_page(world.hq, record.id, limit=2, after=page.next)
        assert [run.id for run in rest.items] == made[:1]
        assert rest.next is None
