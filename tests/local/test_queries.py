"""The narrowed queries, packed items and remembered functions answer exactly as ministack's own code does."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from infra.local import emulator, items, queries, tuning
from infra.local.wire import Request

Call = Callable[[str, dict[str, Any]], tuple[int, Any]]

ATTRIBUTES = {"pk": "S", "sk": "S", "lane": "S", "due": "S", "stars": "N"}
INDEXES = [
    ("due", [("lane", "HASH"), ("due", "RANGE")], {"ProjectionType": "KEYS_ONLY"}),
    ("stars", [("lane", "HASH"), ("stars", "RANGE")], {"ProjectionType": "ALL"}),
    ("lane", [("lane", "HASH")], {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}),
]
TABLE = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in ATTRIBUTES.items()],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": name,
            "KeySchema": [{"AttributeName": n, "KeyType": kind} for n, kind in keys],
            "Projection": projection,
        }
        for name, keys, projection in INDEXES
    ],
}


def caller(module: ModuleType) -> Call:
    """A function that sends an operation to one copy of ministack's DynamoDB."""

    def call(operation: str, data: dict[str, Any]) -> tuple[int, Any]:
        request = Request(
            "POST", "/", {}, {"x-amz-target": f"DynamoDB_20120810.{operation}"}, json.dumps(data).encode()
        )
        reply = module.handle_request("POST", "/", request.headers, request.body, {})
        status, _, body = emulator.finish(reply)
        return status, json.loads(body)

    return call


@pytest.fixture(scope="module")
def plain() -> Iterator[Call]:
    """ministack's DynamoDB as it was installed."""
    file = emulator.dynamodb.__file__
    assert file is not None
    spec = importlib.util.spec_from_file_location("plain_dynamodb", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plain_dynamodb"] = module
    spec.loader.exec_module(module)
    module._lock = emulator._ReaperGate()
    assert module._query is not emulator.dynamodb._query
    yield caller(module)
    del sys.modules["plain_dynamodb"]


@pytest.fixture
def pair(plain: Call) -> Iterator[Callable[[str, dict[str, Any]], Any]]:
    """Sends an operation to both and returns the one answer they agree on."""
    ours = caller(emulator.dynamodb)
    emulator.clear()
    plain("DeleteTable", {"TableName": "things"})

    def both(operation: str, data: dict[str, Any]) -> Any:
        expected, answered = plain(operation, data), ours(operation, data)
        if operation != "CreateTable":
            assert answered == expected, (operation, data)
        return answered[1]

    tuning.capacity_wanted = True
    both("CreateTable", TABLE)
    yield both
    emulator.clear()
    items.changes.clear()
    tuning.tokens_stored.clear()


def some_item(chance: random.Random) -> dict[str, Any]:
    """An item; often without the keys of an index, so that indexes are sparse."""
    item: dict[str, Any] = {"pk": {"S": f"p{chance.randrange(4)}"}, "sk": {"S": some_sort_key(chance)}}
    if chance.random() < 0.8:
        item["lane"] = {"S": f"l{chance.randrange(3)}"}
    if chance.random() < 0.8:
        item["due"] = {"S": some_sort_key(chance)}
    if chance.random() < 0.6:
        item["stars"] = {"N": str(chance.choice([chance.randrange(-20, 20), chance.randrange(1000) / 8]))}
    item["note"] = {"S": chance.choice(["", "é", "客人", "plain"]) * chance.randrange(1, 30)}
    item["more"] = {"M": {"n": {"N": "1.50"}, "l": {"L": [{"BOOL": True}, {"NULL": True}]}}}
    return item


def some_sort_key(chance: random.Random) -> str:
    """Keys with common beginnings, ties between items, and characters beyond ASCII."""
    return chance.choice(["a", "a#", "b#x", "z", "客", "客#"]) + str(chance.randrange(60))


def some_query(chance: random.Random) -> dict[str, Any]:
    """A query of the table or an index, with any key condition, order, limit, filter and projection."""
    index = chance.choice([None, "due", "stars", "lane"])
    hash_name, range_name = {
        None: ("pk", "sk"),
        "due": ("lane", "due"),
        "stars": ("lane", "stars"),
        "lane": ("lane", None),
    }[index]
    prefix = "p" if hash_name == "pk" else "l"
    values: dict[str, Any] = {":h": {"S": f"{prefix}{chance.randrange(5)}"}}
    condition, names = f"{hash_name} = :h", {}
    if range_name and chance.random() < 0.8:
        kind = ATTRIBUTES[range_name]

        def value() -> dict[str, str]:
            return {kind: str(chance.randrange(-20, 60)) if kind == "N" else some_sort_key(chance)}

        named = chance.choice([range_name, "#r"])
        operator = chance.choice(["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"])
        if operator == "BETWEEN":
            low, high = sorted((value(), value()), key=lambda v: float(v["N"]) if kind == "N" else v["S"])
            values |= {":a": low, ":b": high}
            condition += f" AND {named} BETWEEN :a AND :b"
        elif operator == "begins_with":
            values[":a"] = {kind: chance.choice(["a", "a#", "客", "b#x1", "zz"]) if kind == "S" else "1"}
            condition += f" AND begins_with({named}, :a)"
        else:
            values[":a"] = value()
            condition += f" AND {named} {operator} :a"
        if named == "#r":
            names["#r"] = range_name
    if chance.random() < 0.3:
        condition = f"({condition})"
    query: dict[str, Any] = {
        "TableName": "things",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if index:
        query["IndexName"] = index
    if chance.random() < 0.5:
        query["ScanIndexForward"] = chance.random() < 0.5
    if chance.random() < 0.6:
        query["Limit"] = chance.choice([1, 2, 7, 50])
    if chance.random() < 0.3:
        query["FilterExpression"] = "attribute_exists(note) AND size(note) > :s"
        values[":s"] = {"N": str(chance.randrange(60))}
    if chance.random() < 0.2:
        query["ProjectionExpression"] = "pk, note"
    elif chance.random() < 0.1:
        query["Select"] = "COUNT"
    if names:
        query["ExpressionAttributeNames"] = names
    return query


def walk(both: Any, operation: str, asked: dict[str, Any], pages_max: int = 6) -> int:
    """Follow a query page by page in both; how many items it found."""
    found = 0
    for _ in range(pages_max):
        answer = both(operation, asked)
        found += answer.get("Count", 0)
        if "LastEvaluatedKey" not in answer:
            break
        asked = {**asked, "ExclusiveStartKey": answer["LastEvaluatedKey"]}
    return found


def change(both: Any, chance: random.Random) -> None:
    """Write, overwrite, update or delete something, sometimes under a condition."""
    item = some_item(chance)
    key = {"pk": item["pk"], "sk": item["sk"]}
    kind = chance.random()
    if kind < 0.6:
        both(
            "PutItem",
            {"TableName": "things", "Item": item, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"},
        )
    elif kind < 0.8:
        both(
            "UpdateItem",
            {
                "TableName": "things",
                "Key": key,
                "ReturnValues": "ALL_NEW",
                "UpdateExpression": "SET due = :d, #n = if_not_exists(#n, :z) + :one REMOVE lane",
                "ExpressionAttributeNames": {"#n": "stars"},
                "ExpressionAttributeValues": {":d": {"S": some_sort_key(chance)}, ":z": {"N": "0"}, ":one": {"N": "1"}},
            },
        )
    elif kind < 0.9:
        both(
            "DeleteItem",
            {
                "TableName": "things",
                "Key": key,
                "ConditionExpression": "attribute_exists(due)",
                "ReturnValues": "ALL_OLD",
            },
        )
    else:
        both(
            "TransactWriteItems",
            {
                "TransactItems": [
                    {
                        "Put": {
                            "TableName": "things",
                            "Item": item,
                            "ConditionExpression": "attribute_not_exists(pk) OR stars < :r",
                            "ExpressionAttributeValues": {":r": {"N": "5"}},
                        }
                    },
                    {"Delete": {"TableName": "things", "Key": {"pk": {"S": "p9"}, "sk": {"S": some_sort_key(chance)}}}},
                ]
            },
        )


@pytest.mark.parametrize("seed", range(3))
def test_random_queries_over_changing_items(pair: Any, seed: int) -> None:
    chance = random.Random(seed)
    narrowed: list[bool] = []
    real = queries.narrowed

    def counted(table: Any, data: Any) -> Any:
        view = real(table, data)
        narrowed.append(view is not None)
        return view

    queries.narrowed = counted
    try:
        for _ in range(150):
            change(pair, chance)
        found = 0
        for _ in range(170):
            change(pair, chance)
            found += walk(pair, "Query", some_query(chance))
        for limit in (None, 1, 17):
            asked = {"TableName": "things"} | ({"Limit": limit} if limit else {})
            found += walk(pair, "Scan", asked, pages_max=40)
    finally:
        queries.narrowed = real
    assert found > 500
    assert narrowed.count(True) > 200, "hardly any query took the short way, so this proves little"


def test_pages_end_at_a_megabyte_like_ministacks(pair: Any) -> None:
    for number in range(60):
        item = {
            "pk": {"S": "p"},
            "sk": {"S": f"{number:03}"},
            "lane": {"S": "l"},
            "due": {"S": f"{number:03}"},
            "stars": {"N": str(number)},
            "note": {"S": "é" * 30_000},
        }
        pair("PutItem", {"TableName": "things", "Item": item})
    for index, name in ((None, "pk"), ("stars", "lane"), ("due", "lane"), ("lane", "lane")):
        query = {
            "TableName": "things",
            "KeyConditionExpression": f"{name} = :h",
            "ExpressionAttributeValues": {":h": {"S": "p" if name == "pk" else "l"}},
        }
        query |= {"IndexName": index} if index else {}
        assert walk(pair, "Query", query, pages_max=10) == 60
        assert walk(pair, "Query", {**query, "ScanIndexForward": False}, pages_max=10) == 60
    assert walk(pair, "Scan", {"TableName": "things"}, pages_max=10) == 60


@pytest.mark.parametrize(
    "broken",
    [
        {"KeyConditionExpression": "pk = :h AND note = :h"},
        {"KeyConditionExpression": "pk > :h"},
        {"KeyConditionExpression": "pk = :h AND rank = :h"},
        {"KeyConditionExpression": "((pk = :h))"},
        {"KeyConditionExpression": "pk = :h AND sk = :n"},
        {"KeyConditionExpression": "pk = :h AND sk BETWEEN :z AND :h"},
        {"KeyConditionExpression": "pk = :h AND sk = :missing"},
        {"KeyConditionExpression": "pk = :h AND sk = :e"},
        {"KeyConditionExpression": "pk = :h OR sk = :h"},
        {"KeyConditionExpression": "pk = :h AND", "ExpressionAttributeValues": {":h": {"S": "p1"}}},
        {"KeyConditionExpression": "pk = :h AND begins_with(sk, :n)"},
        {"KeyConditionExpression": "lane = :h", "IndexName": "nowhere"},
        {"KeyConditionExpression": "pk = :h", "ExclusiveStartKey": {"pk": {"S": "p1"}}},
        {"KeyConditionExpression": "pk = :h", "ExclusiveStartKey": {"pk": {"S": "p2"}, "sk": {"S": "a1"}}},
        {"KeyConditionExpression": "pk = :h", "Limit": 0},
        {"KeyConditionExpression": "pk = :h", "FilterExpression": "note ="},
        {},
    ],
)
def test_refusals_are_ministacks(pair: Any, broken: dict[str, Any]) -> None:
    chance = random.Random(1)
    for _ in range(100):
        change(pair, chance)
    known = {":h": {"S": "p1"}, ":n": {"N": "1"}, ":z": {"S": "zz"}, ":e": {"S": ""}}
    text = broken.get("KeyConditionExpression", "") + broken.get("FilterExpression", "")
    values = {name: value for name, value in known.items() if name in text}
    pair("Query", {"TableName": "things", **({"ExpressionAttributeValues": values} if values else {}), **broken})


def test_a_page_of_a_large_partition_reads_only_its_items(monkeypatch: pytest.MonkeyPatch) -> None:
    call = caller(emulator.dynamodb)
    emulator.clear()
    call("CreateTable", TABLE)
    table = emulator.dynamodb._tables["things"]
    for number in range(20_000):
        item = {"pk": {"S": "p"}, "sk": {"S": f"{number:06}"}, "lane": {"S": "l"}, "due": {"S": f"{number:06}"}}
        items.set_item(table, "p", f"{number:06}", item)
    ask = {
        "TableName": "things",
        "Limit": 100,
        "IndexName": "due",
        "KeyConditionExpression": "lane = :l AND due <= :d",
        "ExpressionAttributeValues": {":l": {"S": "l"}, ":d": {"S": "9"}},
    }
    base = {
        "TableName": "things",
        "Limit": 100,
        "KeyConditionExpression": "pk = :p AND sk > :s",
        "ExpressionAttributeValues": {":p": {"S": "p"}, ":s": {"S": "015"}},
    }
    call("Query", ask), call("Query", base)  # the first of each puts the partition in order
    decoded = 0

    def counting(packed: bytes) -> Any:
        nonlocal decoded
        decoded += 1
        return items.unpack(packed)

    monkeypatch.setattr(queries, "unpack", counting)
    assert call("Query", ask)[1]["Count"] == 100
    assert call("Query", base)[1]["Count"] == 100
    assert decoded == 200
    emulator.clear()
    items.changes.clear()
