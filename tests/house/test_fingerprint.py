"""The fingerprint looks again only after a write: so every way of writing has to be seen by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kernel import aws
from chalicelib.kernel.clock import ClockRecord
from infra.local import emulator
from tests.conftest import fresh_stack
from tests.house.world import fingerprint, put_back

TABLE = ClockRecord.Meta.table_name
(KEYS,) = [[one.attr_name for one in ClockRecord.get_attributes().values() if one.is_hash_key or one.is_range_key]]
KEY = {name: {"S": "chn_1"} for name in KEYS}
ITEM = {**KEY, "n": {"N": "1"}}
CHANGE = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}


def _of_batch(request: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda client: client.batch_write_item(RequestItems={TABLE: [request]})


def _of_transaction(name: str, **request: Any) -> Callable[[Any], Any]:
    member = {name: {"TableName": TABLE, **request}}
    return lambda client: client.transact_write_items(TransactItems=[member])


WAYS: dict[str, Callable[[Any], Any]] = {
    "put": lambda client: client.put_item(TableName=TABLE, Item={**KEY, "n": {"N": "2"}}),
    "update": lambda client: client.update_item(TableName=TABLE, Key=KEY, **CHANGE),
    "delete": lambda client: client.delete_item(TableName=TABLE, Key=KEY),
    "batch put": _of_batch({"PutRequest": {"Item": {**KEY, "n": {"N": "2"}}}}),
    "batch delete": _of_batch({"DeleteRequest": {"Key": KEY}}),
    "transaction's put": _of_transaction("Put", Item={**KEY, "n": {"N": "2"}}),
    "transaction's update": _of_transaction("Update", Key=KEY, **CHANGE),
    "transaction's delete": _of_transaction("Delete", Key=KEY),
    "emptying": lambda _: emulator.forget_items(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_is_seen(way: str) -> None:
    fresh_stack()
    client = aws.client("dynamodb")
    nothing = fingerprint()
    client.put_item(TableName=TABLE, Item=ITEM)
    before = fingerprint()
    assert len(before) == len(nothing) + 1
    client.get_item(TableName=TABLE, Key=KEY)
    assert fingerprint() == before
    WAYS[way](client)
    assert fingerprint() != before
    put_back(before)
    assert fingerprint() == before
