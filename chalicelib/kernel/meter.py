"""Counts what a request costs at AWS: round trips, read units and write units. On only with PROFILE=1.

Read units are computed from item sizes (AWS: 4 kB a unit, half for eventually consistent reads, double in
transactions); write units are what the engine reports as consumed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from chalicelib.kernel import aws
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.settings import settings

READ_UNIT_BYTES = 4096


@dataclass
class Usage:
    """What was used so far."""

    trips: int = 0
    read: float = 0.0
    write: float = 0.0

    def server_timing(self) -> str:
        """The value of the Server-Timing header: `aws;desc="trips=2 read=1.5 write=6"`."""
        return f'aws;desc="trips={self.trips} read={self.read:g} write={self.write:g}"'


_usage: ContextVar[Usage | None] = ContextVar("usage", default=None)
_installed: set[int] = set()


@contextmanager
def metered() -> Iterator[Usage | None]:
    """Counts what happens inside; yields None when profiling is off."""
    if not settings().is_profiled:
        yield None
        return
    for service in ("dynamodb", "sqs", "sesv2", "sns", "s3"):
        _install(service)
    usage = Usage()
    token = _usage.set(usage)
    try:
        yield usage
    finally:
        _usage.reset(token)


def item_size_bytes(item: dict[str, Any]) -> int:
    """Size of a stored item as AWS counts it: names and values in UTF-8 (DynamoDB developer guide, item sizes)."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def read_units(item_bytes: int, *, is_consistent: bool, is_transaction: bool = False) -> float:
    """Read units for one read of `item_bytes` bytes."""
    units = max(1, math.ceil(item_bytes / READ_UNIT_BYTES))
    if is_transaction:
        return float(units * 2)
    return float(units) if is_consistent else units / 2


def _value_size(value: dict[str, Any]) -> int:
    kind, content = next(iter(value.items()))
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-").replace(".", "")) + 1) // 2 + 1
    if kind == "B":
        return len(content)
    if kind in ("SS", "NS", "BS"):
        single = kind[0]
        return sum(_value_size({single: member}) for member in content)
    if kind == "L":
        return 3 + sum(1 + _value_size(member) for member in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(member) for name, member in content.items())
    return 1


def _install(service: str) -> None:
    client = aws.client(service)
    if id(client) in _installed:
        return
    _installed.add(id(client))
    client.meta.events.register("provide-client-params.*.*", _before)
    client.meta.events.register("after-call.*.*", _after)


def _before(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> dict[str, Any] | None:
    if _usage.get() is None or model.service_model.service_name != "dynamodb":
        return None
    context["hospes_params"] = params
    return {**params, "ReturnConsumedCapacity": "TOTAL"}


def _after(parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    usage = _usage.get()
    if usage is None:
        return
    usage.trips += 1
    if model.service_model.service_name != "dynamodb":
        return
    params = context.get("hospes_params", {})
    name = model.name
    if name == "GetItem":
        size = item_size_bytes(parsed.get("Item", {}))
        usage.read += read_units(size, is_consistent=bool(params.get("ConsistentRead")))
    elif name == "Query":
        size = sum(item_size_bytes(item) for item in parsed.get("Items", []))
        usage.read += read_units(size, is_consistent=bool(params.get("ConsistentRead")))
    elif name == "BatchGetItem":
        for table, items in parsed.get("Responses", {}).items():
            consistent = bool(params.get("RequestItems", {}).get(table, {}).get("ConsistentRead"))
            usage.read += sum(read_units(item_size_bytes(item), is_consistent=consistent) for item in items)
    elif name == "TransactGetItems":
        for one in parsed.get("Responses", []):
            usage.read += read_units(item_size_bytes(one.get("Item", {})), is_consistent=True, is_transaction=True)
    else:
        usage.write += _consumed(parsed.get("ConsumedCapacity"))


def _consumed(consumed: Any) -> float:
    if isinstance(consumed, dict):
        return float(consumed.get("CapacityUnits", 0))
    return sum(float(one.get("CapacityUnits", 0)) for one in consumed or [])
