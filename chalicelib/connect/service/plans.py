"""The plan of a run: how its file is to be read, and where its chunks lie."""

from __future__ import annotations

from dataclasses import asdict, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.connect import models
from chalicelib.connect.models import PlanRecord, RunRecord
from chalicelib.connect.rules import Evidence, Header
from chalicelib.connect.rules.columns import RECOGNISED
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

HEAD = "head"
UNDO_DAYS = 30  # how long after its start a run can be undone
IMAGES_SPARE_DAYS = 3  # an undoing that begins on the last day still finds all images
KEPT_DAYS = 90  # how long the details of a run can be looked at; its figures stay


class Chunk(NamedTuple):
    """A stretch of whole records: bytes `at` to `end`, the number and the line of its first record, and its rows."""

    at: int
    end: int
    row: int
    line: int
    rows: int
    is_long: int  # 1: a single row that is longer than rows may be, and is not read


@dataclass
class Plan:
    """What the scan knows so far. `at`, `row` and `line` are the first record that it has not seen."""

    header: Header
    encoding: str
    at: int
    row: int
    line: int
    rows: int = 0
    pages: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    origin: str = RECOGNISED  # who said what the columns mean

    def content(self) -> dict[str, Any]:
        """The plan as it is stored."""
        return asdict(self)


def plan_of(scope: Scope, run: RunRecord) -> Plan | None:
    """The plan of a run as far as it has been scanned."""
    record = models.find_plan(scope, str(run.id), HEAD)
    if record is None:
        return None
    content = dict(record.content)
    header = content.pop("header")
    evidence = content.pop("evidence")
    return Plan(
        header=Header(**{**header, "cells": tuple(header["cells"]), "names": tuple(header["names"])}),
        evidence=Evidence(**evidence),
        **content,
    )


def put_plan(unit: Unit, run: RunRecord, plan: Plan) -> None:
    """Store the plan in the unit's transaction."""
    _put(unit, run, HEAD, plan.content())


def put_page(unit: Unit, run: RunRecord, page: int, chunks: list[Chunk]) -> None:
    """Store a page of chunks in the unit's transaction."""
    _put(unit, run, f"{page:05}", {"chunks": chunks})


def page_of(scope: Scope, run: RunRecord, page: int) -> list[Chunk]:
    """The chunks of a page."""
    record = models.find_plan(scope, str(run.id), f"{page:05}")
    return [Chunk(*chunk) for chunk in record.content["chunks"]] if record is not None else []


def expires_at() -> datetime:
    """When the details of a run written now are forgotten."""
    return real_now() + timedelta(days=KEPT_DAYS)


def undo_until() -> datetime:
    """Until when a run that starts now can be undone."""
    return real_now() + timedelta(days=UNDO_DAYS)


def images_expire_at() -> datetime:
    """When what a run changed is forgotten, if it is noted now."""
    return undo_until() + timedelta(days=IMAGES_SPARE_DAYS)


def _put(unit: Unit, run: RunRecord, part: str, content: dict[str, Any]) -> None:
    key = unit.scope.key(str(run.id))
    unit.put(PlanRecord(run_key=key, part=part, content=content, expires_at=expires_at()))
