"""Watches what a piece of work asks of AWS: round trips, capacity units by table and index, and items evaluated.

Reads are reckoned from what came back; writes from the item before and after, looked up in the engine of this process.
Units are computed (see `capacity`): the engine's own figures are not asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib.kernel import aws
from chalicelib.kernel.settings import table_prefix
from infra import resources
from infra.bench import capacity
from infra.bench.capacity import Index, Item
from infra.local import emulator
from infra.local.emulator import dynamodb
from infra.local.items import NO_SORT_KEY, items_of

SERVICES = ("dynamodb", "sqs", "sesv2", "sns", "s3")
BEFORE, AFTER = "provide-client-params.*.*", "after-call.*.*"
STORED_OVERHEAD_BYTES = 100  # of an item or an index entry
WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}


class Unreckonable(RuntimeError):
    """A call whose units cannot be told from what came back."""


@dataclass
class Bill:
    """What was used. `touched` says how many units of writing went where: a table, or `table/index`.

    `stored` is by how many bytes the store has grown, as storage is billed: a hundred more for every item and entry.
    """

    trips: Counter[str] = field(default_factory=Counter)
    read: float = 0.0
    write: float = 0.0
    stored: int = 0
    evaluated: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)

    @property
    def trip_count(self) -> int:
        """Round trips of all services."""
        return sum(self.trips.values())


@dataclass(frozen=True)
class Table:
    """A table as it bills: its keys and indexes."""

    name: str
    keys: tuple[str, ...]
    indexes: dict[str, Index]


@contextmanager
def watching() -> Iterator[Bill]:
    """Reckon what is asked for inside."""
    watch = _Watch()
    clients = [aws.client(service) for service in SERVICES]
    for client in clients:
        client.meta.events.register(BEFORE, watch.before)
        client.meta.events.register(AFTER, watch.after)
    try:
        yield watch.bill
    finally:
        for client in clients:
            client.meta.events.unregister(BEFORE, watch.before)
            client.meta.events.unregister(AFTER, watch.after)


@cache
def tables() -> dict[str, Table]:
    """Every table of the product by its full name."""
    found = {}
    for record in resources.tables():
        definition = resources.table_definition(record)
        keys = tuple(one["AttributeName"] for one in definition["KeySchema"])
        indexes = {}
        for one in definition.get("GlobalSecondaryIndexes", []):
            projection = one["Projection"]
            included = None if projection["ProjectionType"] == "ALL" else tuple(projection.get("NonKeyAttributes", ()))
            index_keys = tuple(part["AttributeName"] for part in one["KeySchema"])
            indexes[one["IndexName"]] = Index(one["IndexName"], index_keys, keys, included)
        found[definition["TableName"]] = Table(definition["TableName"], keys, indexes)
    return found


@dataclass
class _Write:
    kind: str
    table: Table
    key: dict[str, Any]
    old: Item | None


class _Watch:
    def __init__(self) -> None:
        self.bill = Bill()
        self._pending: list[tuple[dict[str, Any], list[_Write]]] = []

    def before(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        is_ours = model.service_model.service_name == "dynamodb"
        self._pending.append((params, list(_writes(model.name, params)) if is_ours else []))

    def after(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        params, writes = self._pending.pop()
        self.bill.trips[model.name] += 1
        if model.service_model.service_name != "dynamodb":
            return
        is_refused = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200) >= 300
        if writes:
            for write in writes:
                self._written(write, in_transaction=model.name == "TransactWriteItems", is_refused=is_refused)
        elif not is_refused:
            self._read(model.name, params, parsed)

    def _written(self, write: _Write, *, in_transaction: bool, is_refused: bool) -> None:
        new = write.old if is_refused or write.kind == "ConditionCheck" else _stored(write.table, write.key)
        name = short(write.table.name)
        self._touch(name, capacity.write_units(write.old, new, in_transaction=in_transaction))
        self.bill.stored += _billed(new) - _billed(write.old)
        for index in write.table.indexes.values():
            self._touch(f"{name}/{index.name}", capacity.index_units(index, write.old, new))
            self.bill.stored += _billed(index.entry_of(new)) - _billed(index.entry_of(write.old))

    def _touch(self, place: str, units: int) -> None:
        if units:
            self.bill.touched[place] += units
            self.bill.write += units

    def _read(self, operation: str, params: dict[str, Any], parsed: dict[str, Any]) -> None:
        is_consistent = bool(params.get("ConsistentRead"))
        if operation == "GetItem":
            size = capacity.item_bytes(parsed.get("Item", {}))
            self._seen(params["TableName"], 1, capacity.read_units(size, is_consistent=is_consistent))
        elif operation == "Query":
            if parsed["ScannedCount"] != len(parsed["Items"]) or "ProjectionExpression" in params:
                raise Unreckonable("a query that shows less than it has evaluated")
            place = params["TableName"] + (f"/{params['IndexName']}" if "IndexName" in params else "")
            units = capacity.query_units(parsed["Items"], is_consistent=is_consistent)
            self._seen(place, parsed["ScannedCount"], units)
        elif operation == "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                found = parsed["Responses"].get(table, [])
                consistent, count = bool(asked.get("ConsistentRead")), len(asked["Keys"])
                self._seen(table, count, capacity.batch_units(found, count, is_consistent=consistent))
        else:
            raise Unreckonable(operation)

    def _seen(self, place: str, items: int, units: float) -> None:
        self.bill.evaluated[short(place)] += items
        self.bill.reads[short(place)] += 1
        self.bill.read += units


def _billed(item: Item | None) -> int:
    return 0 if item is None else capacity.item_bytes(item) + STORED_OVERHEAD_BYTES


def short(name: str) -> str:
    """A table's name without this installation's prefix."""
    return name.removeprefix(table_prefix())


def _writes(operation: str, params: dict[str, Any]) -> Iterator[_Write]:
    if operation in WRITES:
        yield _write(WRITES[operation], params)
    elif operation == "TransactWriteItems":
        for one in params["TransactItems"]:
            ((kind, body),) = one.items()
            yield _write(kind, body)


def _write(kind: str, body: dict[str, Any]) -> _Write:
    table = tables()[body["TableName"]]
    whole = body["Item"] if kind == "Put" else body["Key"]
    key = {name: whole[name] for name in table.keys}
    return _Write(kind, table, key, _stored(table, key))


def _stored(table: Table, key: dict[str, Any]) -> Item | None:
    """An item as it lies in this process's engine; a request for it would be one more to be watched."""
    hash_value, *range_values = (next(iter(value.values())) for value in key.values())
    with emulator.home():
        partition = items_of(dynamodb._tables[table.name]).get(hash_value)
        found: Item | None = None if partition is None else partition.get(*(range_values or [NO_SORT_KEY]))
    return found
