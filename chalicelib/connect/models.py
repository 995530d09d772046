"""Records of imports. What may grow lies under the run: the plan of chunks and the rejected rows."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any, ClassVar

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.kernel.ids import is_id, shard_of
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Page, Record

LIST_SHARDS = 8  # partitions of a chain's list of imports
CHAIN_WIDE = "-"  # the place of what holds for the whole chain
ROW_DIGITS = 10  # a file of 1 GB may hold a billion blank lines before its last row


class ListIndex(GlobalSecondaryIndex[Any]):
    """Imports of a chain, spread over shards, by id and so by age."""

    class Meta:
        index_name = "list"
        projection = AllProjection()

    list_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class PropertyIndex(GlobalSecondaryIndex[Any]):
    """Imports of a property, by id and so by age."""

    class Meta:
        index_name = "property"
        projection = AllProjection()

    property_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class ImportRecord(Record):
    """A file to be imported: where it is uploaded to, what its rows are and how it is written."""

    class Meta(Record.Meta):
        table_name = Record.table("imports")

    import_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute()
    list_key = UnicodeAttribute()
    property_key = UnicodeAttribute()
    property_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    file_name = UnicodeAttribute()
    encoding = UnicodeAttribute()
    delimiter = UnicodeAttribute()
    system = UnicodeAttribute()
    numbers = UnicodeAttribute(default="property")
    language = UnicodeAttribute(null=True)
    columns: JSONAttribute = JSONAttribute(null=True)  # what was chosen for this file, by header key
    object_key = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()
    active_run_id = UnicodeAttribute(null=True)
    last_run_id = UnicodeAttribute(null=True)

    listed = ListIndex()
    of_property = PropertyIndex()


class ColumnsRecord(Record):
    """How the columns of one source's files are read, for a property or (place `-`) for the whole chain."""

    class Meta(Record.Meta):
        table_name = Record.table("import-columns")

    place_key = UnicodeAttribute(hash_key=True)
    source = UnicodeAttribute(range_key=True)  # kind#system#fingerprint of the headers
    columns: JSONAttribute = JSONAttribute()  # by header key: the column's name, or null
    import_id = UnicodeAttribute()  # the file it was chosen for
    chosen_at = UnicodeAttribute()
    chosen_by = UnicodeAttribute()


class RunRecord(Record):
    """One pass over an import's file. Small, because every group of rows writes it: `version` is the progress guard.

    The place to go on from: `plan_page` and `slot` name the chunk, `at`, `row` and `line` the first record in it that
    is not done (`at` 0: the chunk from its start).
    """

    class Meta(Record.Meta):
        table_name = Record.table("import-runs")

    import_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    import_id = UnicodeAttribute()
    property_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    mode = UnicodeAttribute()
    state = UnicodeAttribute()
    language = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()
    started_at = UnicodeAttribute(null=True)  # real time, as `finished_at`: they measure the machine
    finished_at = UnicodeAttribute(null=True)
    failure = UnicodeAttribute(null=True)
    failure_values: JSONAttribute = JSONAttribute(null=True)

    object_key = UnicodeAttribute()
    etag = UnicodeAttribute()
    bytes_total = NumberAttribute()
    bytes_done = NumberAttribute(default=0)
    rows_total = NumberAttribute(default=0)
    created = NumberAttribute(default=0)
    updated = NumberAttribute(default=0)
    unchanged = NumberAttribute(default=0)
    rejected = NumberAttribute(default=0)

    plan_page = NumberAttribute(default=0)
    slot = NumberAttribute(default=0)
    at = NumberAttribute(default=0)
    row = NumberAttribute(default=0)
    line = NumberAttribute(default=0)
    undo_until = UnicodeAttribute(null=True)  # real time; absent: no images are kept
    report: JSONAttribute = JSONAttribute(null=True)  # the file of rejected rows while it is being put together


class PlanRecord(Record):
    """What the scan found: part `head`, and the chunks in pages `00000`, `00001`, …"""

    class Meta(Record.Meta):
        table_name = Record.table("import-plans")

    run_key = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)
    content: JSONAttribute = JSONAttribute()
    expires_at = TTLAttribute()


class RejectedRecord(Record):
    """The rejected rows of one group, under the number of the last of them: where each is in the file, and why."""

    class Meta(Record.Meta):
        table_name = Record.table("import-rejections")

    run_key = UnicodeAttribute(hash_key=True)
    last_row = UnicodeAttribute(range_key=True)
    rows: JSONAttribute = JSONAttribute()
    expires_at = TTLAttribute()


class ImageRecord(Record):
    """By what the rows of one group can be taken back, under the number of its last row. For a while only: it holds
    what guests said before."""

    class Meta(Record.Meta):
        table_name = Record.table("import-images")

    run_key = UnicodeAttribute(hash_key=True)
    last_row = UnicodeAttribute(range_key=True)
    images: JSONAttribute = JSONAttribute()
    expires_at = TTLAttribute()


class UndoRecord(Record):
    """One undoing of a run, `dry_run` or `real`. The place to go on from, backwards: images of the group `before`, of
    which `offset` are done, and of all groups before it."""

    class Meta(Record.Meta):
        table_name = Record.table("import-undos")

    run_key = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)  # the mode
    import_id = UnicodeAttribute()
    state = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()
    attempt = UnicodeAttribute()  # tells what was kept this time from what an earlier preview said
    started_at = UnicodeAttribute()  # real time, as `finished_at`
    finished_at = UnicodeAttribute(null=True)
    rows_total = NumberAttribute(default=0)
    removed = NumberAttribute(default=0)
    restored = NumberAttribute(default=0)
    kept = NumberAttribute(default=0)
    before = UnicodeAttribute(null=True)
    offset = NumberAttribute(default=0)
    expires_at = TTLAttribute(null=True)


class KeptRecord(Record):
    """What an undoing left as it was, of one transaction, and why."""

    class Meta(Record.Meta):
        table_name = Record.table("import-undos")

    lies_in: ClassVar[type[Record] | None] = UndoRecord

    run_key = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)  # kept#attempt#number: in the order in which they were left
    records: JSONAttribute = JSONAttribute()  # [[id, reason, [fields]], …]
    expires_at = TTLAttribute()


# -- named reads -----------------------------------------------------------------------------------------------


def list_keys(scope: Scope) -> list[str]:
    """The shards of the chain's list of imports."""
    return [scope.key(f"{shard:02}") for shard in range(LIST_SHARDS)]


def list_key_of(scope: Scope, import_id: str) -> str:
    """The shard an import is listed in."""
    return scope.key(f"{shard_of(import_id, LIST_SHARDS):02}")


def find_import(scope: Scope, import_id: str) -> ImportRecord | None:
    """An import of the chain, whatever its property."""
    return ImportRecord.find(scope.key(import_id)) if is_id(import_id, "imp") else None


def find_run(scope: Scope, import_id: str, run_id: str) -> RunRecord | None:
    """A run of the chain, whatever its property."""
    is_known_form = is_id(import_id, "imp") and is_id(run_id, "run")
    return RunRecord.find(scope.key(import_id), run_id) if is_known_form else None


def imports_page(
    scope: Scope, property_ids: Iterable[str] | None, *, limit: int, before: str | None
) -> list[ImportRecord]:
    """The newest imports older than the id `before`, of the given properties, or of the chain if None."""
    if property_ids is None:
        index, hash_keys = "list", list_keys(scope)
    else:
        index, hash_keys = "property", [scope.key(property_id) for property_id in sorted(property_ids)]
    where = ImportRecord.id < before if before else None
    pages = [ImportRecord.page(key, where=where, index=index, limit=limit, is_forward=False).items for key in hash_keys]
    return list(heapq.merge(*pages, key=lambda record: str(record.id), reverse=True))[:limit]


def runs_page(scope: Scope, import_id: str, *, limit: int, before: str | None) -> list[RunRecord]:
    """The newest runs of an import, older than the id `before`."""
    where = RunRecord.id < before if before else None
    page: Page[RunRecord] = RunRecord.page(scope.key(import_id), where=where, limit=limit, is_forward=False)
    return page.items


def remembered_columns(scope: Scope, property_id: str, source: str) -> ColumnsRecord | None:
    """What a property remembers of a source's columns, else what its chain does."""
    places = [scope.key(property_id), scope.key(CHAIN_WIDE)]
    found = {str(one.place_key): one for one in ColumnsRecord.find_many([(place, source) for place in places])}
    return found.get(places[0]) or found.get(places[1])


def find_plan(scope: Scope, run_id: str, part: str) -> PlanRecord | None:
    """One part of a run's plan."""
    return PlanRecord.find(scope.key(run_id), part)


def rejected_page(scope: Scope, run_id: str, *, limit: int, after_row: int) -> Page[RejectedRecord]:
    """Groups of rejected rows that end after the row `after_row`, in the order of the file."""
    where = RejectedRecord.last_row > row_key(after_row)
    return RejectedRecord.page(scope.key(run_id), where=where, limit=limit)


def images_back(scope: Scope, run_id: str, before: str | None, *, limit: int) -> Page[ImageRecord]:
    """Images of a run, the last group first: the group `before` and those before it."""
    where = ImageRecord.last_row <= before if before else None
    return ImageRecord.page(scope.key(run_id), where=where, limit=limit, is_forward=False)


def find_undo(scope: Scope, run_id: str, mode: str) -> UndoRecord | None:
    """The undoing of a run, or its preview."""
    return UndoRecord.find(scope.key(run_id), mode)


def kept_from(undo: UndoRecord, part: str, *, limit: int) -> list[KeptRecord]:
    """What an undoing left as it was, from a part on."""
    where = KeptRecord.part.between(part, f"{kept_part(undo, None)}~")
    return KeptRecord.page(str(undo.run_key), where=where, limit=limit).items


def kept_part(undo: UndoRecord, number: int | None) -> str:
    """Range key of what an undoing left in its transaction `number`; without one what all of them begin with."""
    return f"kept#{undo.attempt}#" + ("" if number is None else f"{number:0{ROW_DIGITS}}")


def row_key(row: int) -> str:
    """A row's number as a range key."""
    return f"{row:0{ROW_DIGITS}}"
