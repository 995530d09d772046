"""Imports over HTTP: who may, what is refused and how, and what a caller can rely on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.connect import service
from chalicelib.connect.api import IMPORT, RUN, api
from chalicelib.connect.rules import FILE_BYTES_MAX
from chalicelib.directory import service as directory
from tests.builders import make_chain, make_key, make_property
from tests.client import Client, Reply

FORMATS = "/v1/import-formats"
GUESTS = (
    "external_id,given_name,family_name,birth_date\nG-1,Ana,Silva,1980-05-06\n,No,Number,\nG-3,小明,王,1980-13-01\n"
)


@dataclass
class Doors:
    """A chain with two houses, and callers of every kind."""

    hq_scope: Any
    house: Any
    sister: Any
    hq: Client
    desk: Client
    sister_desk: Client
    reader: Client
    writer: Client
    stranger: Client

    def body(self, **fields: Any) -> dict[str, Any]:
        return {"kind": "guests", "property_id": self.house.id, "file_name": "guests.csv", **fields}


@pytest.fixture
def doors(engine: Any) -> Doors:
    """A caller of every kind."""
    directory.forget()
    _, hq = make_chain()
    house, sister = make_property(hq), make_property(hq, "Hill House")
    _, other = make_chain(name="Rival Hotels")
    return Doors(
        hq,
        house,
        sister,
        hq=Client(make_key(hq)),
        desk=Client(make_key(hq, property_ids=[house.id])),
        sister_desk=Client(make_key(hq, property_ids=[sister.id])),
        reader=Client(make_key(hq, ["imports:read"])),
        writer=Client(make_key(hq, ["imports:write"])),
        stranger=Client(make_key(other)),
    )


@pytest.fixture
def uploaded(doors: Doors, engine: Any) -> str:
    """The address of an import whose file was uploaded as a program would."""
    reply = doors.hq.post("/v1/imports", doors.body())
    assert reply.status == 201, reply.text
    upload = reply.json["upload"]
    status, _, _ = engine.fetch(upload["method"], upload["url"], GUESTS.encode(), upload["headers"])
    assert status == 200
    return reply.headers["location"]


@pytest.fixture
def done(doors: Doors, uploaded: str, run_queues: Callable[[], int]) -> str:
    """The address of a real run that is over."""
    reply = doors.hq.post(f"{uploaded}/runs", {"mode": "real"})
    assert reply.status == 202, reply.text
    run_queues()
    return reply.headers["location"]


def pointers(reply: Reply) -> list[str]:
    assert reply.status == 422, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    return sorted(error["pointer"] for error in reply.json["errors"])


class TestWho:
    def addresses(self, done: str) -> list[tuple[str, str, dict[str, Any] | None]]:
        imported = done.split("/runs/")[0]
        return [
            ("GET", imported, None),
            ("GET", f"{imported}/runs", None),
            ("POST", f"{imported}/runs", {"mode": "dry_run"}),
            ("GET", done, None),
            ("POST", f"{done}/cancellations", None),
            ("GET", f"{done}/rejected-rows", None),
            ("GET", f"{imported}/columns", None),
            ("PUT", f"{imported}/columns", {"columns": []}),
            ("GET", f"{imported}/preview", None),
            ("POST", f"{done}/undo", {"mode": "dry_run"}),
            ("GET", f"{done}/undo", None),
            ("GET", f"{done}/kept-records", None),
            ("GET", f"{done}/rejected-rows.csv", None),
        ]

    def test_nobody(self, done: str) -> None:
        for method, address, body in self.addresses(done):
            assert Client().ask(method, address, body).status == 401

    def test_strangers_and_sisters_find_nothing(self, doors: Doors, done: str) -> None:
        for client in (doors.stranger, doors.sister_desk):
            for method, address, body in self.addresses(done):
                assert client.ask(method, address, body).status == 404, address
            assert client.get("/v1/imports").json["data"] == []
            assert pointers(client.post("/v1/imports", doors.body())) == ["/property_id"]

    def test_permissions(self, doors: Doors, done: str) -> None:
        for method, address, body in self.addresses(done):
            wrong = doors.writer if method == "GET" else doors.reader
            assert wrong.ask(method, address, body).status == 403, address
        assert doors.reader.post("/v1/imports", doors.body()).status == 403
        assert doors.writer.get("/v1/imports").status == 403
        assert doors.writer.get(f"{FORMATS}/guests").status == 403

    def test_the_property_itself(self, doors: Doors, done: str) -> None:
        assert doors.desk.get(done).status == 200
        assert len(doors.desk.get("/v1/imports").json["data"]) == 1


class TestRefusals:
    def test_every_field_at_once(self, doors: Doors) -> None:
        body = {"kind": "rooms", "property_id": "", "file_name": " ", "format": {"encoding": "latin-1"}, "more": 1}
        found = pointers(doors.hq.post("/v1/imports", body))
        assert found == ["/file_name", "/format/encoding", "/kind", "/more", "/property_id"]

    @pytest.mark.parametrize("name", ["", "\u0000", "x" * 300, "a\nb"])
    def test_file_names(self, doors: Doors, name: str) -> None:
        assert pointers(doors.hq.post("/v1/imports", doors.body(file_name=name))) == ["/file_name"]

    @pytest.mark.parametrize(
        "written", [{"delimiter": "|"}, {"system": "UPPER case"}, {"language": "fr"}, {"other": 1}]
    )
    def test_formats(self, doors: Doors, written: dict[str, Any]) -> None:
        (name,) = written
        assert pointers(doors.hq.post("/v1/imports", doors.body(format=written))) == [f"/format/{name}"]

    def test_modes(self, doors: Doors, uploaded: str) -> None:
        assert pointers(doors.hq.post(f"{uploaded}/runs", {"mode": "wet"})) == ["/mode"]

    def test_before_the_upload(self, doors: Doors) -> None:
        address = doors.hq.post("/v1/imports", doors.body()).headers["location"]
        reply = doors.hq.post(f"{address}/runs", {"mode": "real"})
        assert (reply.status, reply.json["detail"]) == (409, "No file has been uploaded yet.")

    def test_in_chinese(self, doors: Doors) -> None:
        address = doors.hq.post("/v1/imports", doors.body()).headers["location"]
        reply = doors.hq.post(f"{address}/runs", {"mode": "real"}, accept_language="zh-CN")
        assert reply.json["detail"] == "尚未上传文件。"

    @pytest.mark.parametrize("address", ["/v1/imports/x", "/v1/imports/imp_nothing/runs", f"{FORMATS}/rooms"])
    def test_nothing_there(self, doors: Doors, address: str) -> None:
        assert doors.hq.get(address).status == 404

    @pytest.mark.parametrize("cursor", ["x", "cur_x", "cur_" + "é"])
    def test_cursors(self, doors: Doors, done: str, cursor: str) -> None:
        for address in ("/v1/imports", done.rsplit("/", 1)[0], f"{done}/rejected-rows"):
            assert doors.hq.get(f"{address}?cursor={cursor}").status == 400

    def test_a_cursor_of_another_list(self, doors: Doors, done: str) -> None:
        first = doors.hq.get(f"{done}/rejected-rows?limit=1").json["next"]
        assert doors.hq.get(f"{done}/rejected-rows?limit=1&cursor={first}").status == 200
        assert doors.hq.get(f"/v1/imports?cursor={first}").status == 400


class TestAnImport:
    def test_the_upload_address_is_told_once(self, doors: Doors, uploaded: str) -> None:
        body = doors.hq.post("/v1/imports", doors.body()).json
        assert body["upload"]["bytes_max"] == FILE_BYTES_MAX
        assert body["upload"]["headers"] == {"Content-Type": "text/csv"}
        assert body["format"] == {
            "encoding": "auto",
            "delimiter": "auto",
            "system": "import",
            "numbers": "property",
            "language": None,
        }
        again = doors.hq.get(uploaded).json
        assert again["upload"] is None
        assert again["active_run_id"] is None

    def test_one_key_one_import(self, doors: Doors) -> None:
        first = doors.hq.post("/v1/imports", doors.body(), idempotency_key="k-1")
        second = doors.hq.post("/v1/imports", doors.body(), idempotency_key="k-1")
        assert first.json["id"] == second.json["id"]
        assert second.headers["idempotency-hit"] == "true"
        assert len(doors.hq.get("/v1/imports").json["data"]) == 1

    def test_listed_by_property(self, doors: Doors, uploaded: str) -> None:
        doors.hq.post("/v1/imports", doors.body(property_id=doors.sister.id))
        found = doors.hq.get(f"/v1/imports?property_id={doors.sister.id}").json["data"]
        assert [one["property_id"] for one in found] == [doors.sister.id]


class TestARun:
    def test_from_start_to_end(self, doors: Doors, uploaded: str, run_queues: Callable[[], int]) -> None:
        started = doors.hq.post(f"{uploaded}/runs", {"mode": "real"})
        assert started.json["state"] == "queued"
        assert started.json["progress"]["rows_total"] is None
        again = doors.hq.post(f"{uploaded}/runs", {"mode": "real"})
        assert (again.status, again.headers["location"]) == (202, started.headers["location"])
        assert doors.hq.post(f"{uploaded}/runs", {"mode": "dry_run"}).status == 409
        run_queues()
        run = doors.hq.get(started.headers["location"]).json
        assert run["state"] == "done"
        assert run["counts"] == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 2}
        size = len(GUESTS.encode())
        assert run["progress"] == {"rows_total": 3, "rows_done": 3, "bytes_total": size, "bytes_done": size}
        assert run["file"]["encoding"] == "utf-8"
        assert [column["column"] for column in run["file"]["columns"]][:2] == ["external_id", "given_name"]
        assert [(row["row"], row["errors"][0]["column"]) for row in run["rejected_rows"]] == [
            (3, "external_id"),
            (4, "birth_date"),
        ]
        assert run["has_rejected_file"] is True
        assert run["timing"]["seconds"] is not None

    def test_a_second_real_run_changes_nothing(self, doors: Doors, done: str, run_queues: Callable[[], int]) -> None:
        again = doors.hq.post(done.rsplit("/", 1)[0], {"mode": "real"}).headers["location"]
        assert again != done
        run_queues()
        assert doors.hq.get(again).json["counts"] == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 2}
        runs = doors.hq.get(done.rsplit("/", 1)[0]).json["data"]
        assert [f"/v1/imports/{run['import_id']}/runs/{run['id']}" for run in runs] == [again, done]

    def test_a_dry_run_stores_nothing(self, doors: Doors, uploaded: str, run_queues: Callable[[], int]) -> None:
        for _ in range(2):
            address = doors.hq.post(f"{uploaded}/runs", {"mode": "dry_run"}).headers["location"]
            run_queues()
            assert doors.hq.get(address).json["counts"]["created"] == 1
        assert doors.hq.get("/v1/guests").json["data"] == []

    def test_cancelled(self, doors: Doors, uploaded: str) -> None:
        address = doors.hq.post(f"{uploaded}/runs", {"mode": "real"}).headers["location"]
        for _ in range(2):
            reply = doors.hq.post(f"{address}/cancellations")
            assert (reply.status, reply.json["state"]) == (202, "cancelled")

    def test_cancelled_too_late(self, doors: Doors, done: str) -> None:
        assert doors.hq.post(f"{done}/cancellations").status == 409

    def test_a_file_that_cannot_be_imported(
        self, doors: Doors, uploaded: str, engine: Any, run_queues: Callable[[], int]
    ) -> None:
        upload = doors.hq.post("/v1/imports", doors.body()).json
        engine.fetch("PUT", upload["upload"]["url"], b"name,colour\nx,y\n")
        address = doors.hq.post(f"/v1/imports/{upload['id']}/runs", {"mode": "real"}).headers["location"]
        run_queues()
        assert doors.hq.get(address).json["failure"] == "Required columns are missing: external_id."
        assert doors.hq.get(address, accept_language="zh").json["failure"] == "缺少必填列：external_id。"


class TestRejectedRows:
    def test_paged_with_cells(self, doors: Doors, done: str) -> None:
        first = doors.hq.get(f"{done}/rejected-rows?limit=1").json
        assert first["has_more"] is True
        assert first["data"][0]["cells"]["given_name"] == "No"
        rest = doors.hq.get(f"{done}/rejected-rows?limit=1&cursor={first['next']}").json
        assert rest["data"][0]["cells"]["family_name"] == "王"
        assert rest["next"] is None

    def test_downloaded(self, doors: Doors, done: str, engine: Any) -> None:
        reply = doors.hq.get(f"{done}/rejected-rows.csv")
        assert (reply.status, reply.headers["location"]) == (303, reply.json["url"])
        _, headers, body = engine.fetch("GET", reply.headers["location"])
        assert headers["Content-Type"] == "text/csv; charset=utf-8"
        assert body.startswith(b"\xef\xbb\xbfexternal_id,given_name,family_name,birth_date,error\r\n")
        assert body.count(b"\r\n") == 3


class TestFormats:
    @pytest.mark.parametrize("kind", ["guests", "stays"])
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_columns_labels_aliases_and_a_sample(self, doors: Doors, kind: str, language: str) -> None:
        body = doors.hq.get(f"{FORMATS}/{kind}?language={language}").json
        assert (body["kind"], body["language"]) == (kind, language)
        (number,) = [column for column in body["columns"] if column["name"] == "external_id"]
        assert number["is_required"] and number["aliases"] and number["help"]
        assert number["label"] in body["sample"]
        assert body["limits"]["rows_max"] == 2_000_000

    def test_the_callers_language(self, doors: Doors) -> None:
        assert doors.hq.get(f"{FORMATS}/guests", accept_language="zh-CN").json["language"] == "zh"

    def test_the_sample_can_be_imported(self, doors: Doors, run_queues: Callable[[], int]) -> None:
        for language in ("en", "zh"):
            sample = doors.hq.get(f"{FORMATS}/guests?language={language}").json["sample"]
            record = service.create_import(
                doors.hq_scope, kind="guests", property_id=doors.house.id, file_name="sample.csv"
            )
            service.upload(doors.hq_scope, record.id, sample.encode())
            run = service.start_run(doors.hq_scope, record.id, "real")
            run_queues()
            report = service.report_of(doors.hq_scope, record.id, run.id)
            assert int(report.run.rejected) == 0, [one.said("en") for one in report.rejected]


class TestExamples:
    def test_every_example_works_twice(self, engine: Any, run_queues: Callable[[], int]) -> None:
        directory.forget()
        _, hq = make_chain(id="chn_0000000000000000000000de00")
        make_property(hq, id="prp_0000000000000000000000c000")
        record = service.create_import(
            hq,
            kind="guests",
            property_id="prp_0000000000000000000000c000",
            file_name="guests.csv",
            id=IMPORT["import_id"],
        )
        service.upload(hq, record.id, GUESTS.encode())
        service.start_run(hq, record.id, "real", id=RUN["run_id"])
        (waiting,) = [one for one in api.endpoints if one.operation_id == "choose_import_columns"]
        unread = service.create_import(
            hq,
            kind="guests",
            property_id="prp_0000000000000000000000c000",
            file_name="guests.csv",
            id=waiting.path_examples["import_id"],
        )  # columns are chosen before a run
        service.upload(hq, unread.id, GUESTS.encode())
        run_queues()
        client = Client(make_key(hq))
        for endpoint in api.endpoints:
            path = endpoint.path.format(**endpoint.path_examples)
            if endpoint.body is None:
                expected = {"POST": 409}.get(endpoint.method, endpoint.status)
                assert client.ask(endpoint.method, path).status == expected, path
                continue
            for example in endpoint.body.model_config["json_schema_extra"]["examples"]:
                for _ in range(2):
                    assert client.ask(endpoint.method, path, example).status == endpoint.status, path


class TestUndo:
    def test_preview_undo_and_what_was_kept(self, doors: Doors, done: str, run_queues: Callable[[], int]) -> None:
        before = doors.hq.get(f"{done}/undo").json
        assert (before["state"], before["refusal"], before["records_total"]) == ("not_started", None, 1)
        guest = doors.hq.post("/v1/guest-searches", {"name": "Silva"}).json["data"][0]
        tag = doors.hq.get(f"/v1/guests/{guest['id']}").etag
        assert doors.hq.patch(f"/v1/guests/{guest['id']}", {"occupation": "Pilot"}, if_match=tag).status == 200
        for mode in ("dry_run", "real"):
            reply = doors.desk.post(f"{done}/undo", {"mode": mode})
            assert (reply.status, reply.json["state"]) == (202, "running"), reply.text
            run_queues()
            shown = doors.desk.get(reply.headers["location"]).json
            assert (shown["state"], shown["removed"], shown["kept"]) == ("done", 0, 1)
            kept = doors.desk.get(f"{done}/kept-records?mode={mode}", accept_language="zh").json
            assert kept["data"] == [{"id": guest["id"], "reason": "此后已有变化。", "fields": []}]
        assert doors.hq.post(f"{done}/undo", {"mode": "real"}).json["finished_at"] == shown["finished_at"]

    def test_what_is_refused(self, doors: Doors, done: str, run_queues: Callable[[], int]) -> None:
        assert pointers(doors.hq.post(f"{done}/undo", {"mode": "twice"})) == ["/mode"]
        assert doors.hq.get(f"{done}/kept-records?cursor=cur_x").status == 400
        check = doors.hq.post(f"{done.split('/runs/')[0]}/runs", {"mode": "dry_run"}).headers["location"]
        run_queues()
        reply = doors.hq.post(f"{check}/undo", {"mode": "real"})
        assert (reply.status, reply.json["detail"]) == (409, "This was a check: there is nothing to undo.")
        assert doors.hq.get(f"{check}/undo").json["refusal"] == reply.json["detail"]


class TestBeforeTheRun:
    def test_columns_and_preview(self, doors: Doors, uploaded: str) -> None:
        columns = doors.hq.get(f"{uploaded}/columns").json
        assert (columns["origin"], columns["remembered"], columns["problems"]) == ("recognised", None, [])
        reply = doors.desk.put(f"{uploaded}/columns", {"columns": [{"header": "birth_date", "column": None}]})
        assert reply.json["origin"] == "chosen" and reply.json["remembered"]["kept_for"] == "property"
        assert {"header": "birth_date", "column": None} in reply.json["columns"]
        shown = doors.hq.get(f"{uploaded}/preview", accept_language="zh").json["rows"]
        assert [row["outcome"] for row in shown] == ["created", "rejected", "created"]
        assert shown[2]["kept"] == {"external_id": "G-3", "given_name": "小明", "family_name": "王"}
        assert shown[1]["errors"][0]["column"] == "external_id" and "缺失" in shown[1]["reason"]
        wrong = {"columns": [{"header": "x", "column": "y"}], "keep_for": "everybody"}
        assert pointers(doors.hq.put(f"{uploaded}/columns", wrong)) == ["/keep_for"]
