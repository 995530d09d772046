"""A kind of rows that needs no hotel: numbered things with a value, and values that make trouble on purpose."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.connect import service
from chalicelib.connect.service import Kind
from chalicelib.kernel import aws
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.errors import FieldError, Invalid, Stale
from chalicelib.kernel.idempotency import IdempotencyRecord
from chalicelib.kernel.imports import ImportColumn, ImportRow, Staged
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from tests.builders import make_chain, make_property

COLUMNS = (
    ImportColumn("external_id", "Number", "The number.", "T-1", ("Thing No", "编号"), is_required=True),
    ImportColumn("value", "Value", "Anything.", "red", ("值", "Colour")),
    ImportColumn("note", "Note", "Anything.", "", ("备注",)),
)
HEADER = ["external_id", "value", "note"]


class Things:
    """A kind `things`, kept in a table that is there anyway. Remembers in which groups rows came."""

    def __init__(self, group_rows: int = 10) -> None:
        self.groups: list[list[int]] = []
        self.stale_once: set[str] = set()
        self.kind = Kind("things", COLUMNS, group_rows, self.stage)
        service.register(self.kind)

    def stage(
        self, scope: Scope, unit: Unit, rows: Sequence[ImportRow], *, property_id: str, format: Any
    ) -> list[Staged]:
        self.groups.append([row.number for row in rows])
        numbers = {row.cells["external_id"] for row in rows if "external_id" in row.cells}
        found = [IdempotencyRecord.find(key_of(scope, number)) for number in sorted(numbers)]
        stored = [one for one in found if one is not None]
        known = {str(record.caller_key): record for record in stored}
        return [self._one(scope, unit, row, known) for row in rows]

    def _one(self, scope: Scope, unit: Unit, row: ImportRow, known: dict[str, Any]) -> Staged:
        number, value = row.cells.get("external_id"), row.cells.get("value", "")
        if number is None:
            return Staged("rejected", errors=(FieldError("/external_id", "is missing", "missing"),))
        if value == "rejected":
            return Staged("rejected", reason="This colour is not sold.")
        if value == "raises":
            raise KeyError(number)
        if value == "invalid":
            raise Invalid.field("/value", "is not a colour")
        if value == "huge":
            value = "x" * 500_000
        if value == "stale" and number not in self.stale_once:
            self.stale_once.add(number)
            raise Stale()
        key = key_of(scope, number)
        record = known.get(key)
        if record is None:
            known[key] = record = thing(key, value)
            unit.create(record)
            return Staged("created", number)
        if record.body_hash == value:
            return Staged("unchanged", number)
        record.body_hash = value
        unit.update(record)
        return Staged("updated", number)


def key_of(scope: Scope, number: str) -> str:
    return scope.key("thing", number)


def thing(key: str, value: str) -> IdempotencyRecord:
    now = real_now()
    return IdempotencyRecord(
        caller_key=key, body_hash=value, claimed_at=sortable(now), expires_at=now + timedelta(days=1)
    )


def things(scope: Scope) -> dict[str, tuple[str, int]]:
    """Every stored thing of the chain: its value and how often it was written."""
    found: dict[str, tuple[str, int]] = {}
    start = scope.key("thing", "")
    paginator = aws.client("dynamodb").get_paginator("scan")
    for page in paginator.paginate(TableName=IdempotencyRecord.Meta.table_name):
        for item in page["Items"]:
            key = item["caller_key"]["S"]
            if key.startswith(start):
                found[key.removeprefix(start)] = (item["body_hash"]["S"], int(item["version"]["N"]))
    return found


def csv_bytes(rows: Iterable[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter).writerows(rows)
    return target.getvalue().encode(encoding)


def many(count: int, first: int = 1) -> list[list[str]]:
    """A header and rows of things."""
    return [HEADER, *([f"T-{number}", f"value {number}", "a note"] for number in range(first, first + count))]


class World:
    """A chain with a house, and imports of things into it."""

    def __init__(self, group_rows: int = 10) -> None:
        self.chain, self.hq = make_chain()
        self.house = make_property(self.hq)
        self.things = Things(group_rows)

    def uploaded(self, content: bytes, **fields: Any) -> Any:
        values = {"kind": "things", "property_id": self.house.id, "file_name": "things.csv", **fields}
        record = service.create_import(self.hq, **values)
        service.upload(self.hq, record.id, content)
        return record

    def run(self, content: bytes, mode: str = "real", **fields: Any) -> Any:
        """Import a file from start to end without a queue."""
        record = self.uploaded(content, **fields)
        return self.rerun(record.id, mode)

    def rerun(self, import_id: str, mode: str = "real") -> Any:
        run = service.start_run(self.hq, import_id, mode, is_queued=False)
        while not service.advance_run(self.hq, import_id, run.id):
            pass
        return service.run_of(self.hq, import_id, run.id)


def counts(run: Any) -> dict[str, int]:
    names = ("created", "updated", "unchanged", "rejected")
    return {name: int(getattr(run, name)) for name in names if int(getattr(run, name))}
