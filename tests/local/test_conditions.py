"""What the product relies on in DynamoDB: conditions, transactions and their reasons, tokens, limits."""

from __future__ import annotations

import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from infra.local.inprocess import Engine
from tests.local.stack import PREFIX_TABLE, client, thing

NEW = "attribute_not_exists(pk)"


@pytest.fixture
def database(inside: Engine) -> Any:
    """A client over an empty table."""
    one = client("dynamodb")
    inside.install(one)
    one.create_table(**PREFIX_TABLE)
    return one


def put(sk: str, condition: str | None = None, **more: str) -> dict[str, Any]:
    """A put of a transaction."""
    return {
        "Put": {"TableName": "things", "Item": thing("p", sk, **more)}
        | ({"ConditionExpression": condition} if condition else {})
    }


def add(sk: str, amount: int, floor: int | None = None) -> dict[str, Any]:
    """An addition of a transaction, with a floor that the balance must have before."""
    values = {":a": {"N": str(amount)}} | ({":f": {"N": str(floor)}} if floor is not None else {})
    return {
        "Update": {
            "TableName": "things",
            "Key": thing("p", sk),
            "UpdateExpression": "ADD points :a",
            "ExpressionAttributeValues": values,
        }
        | ({"ConditionExpression": "points >= :f"} if floor is not None else {})
    }


def points(database: Any, sk: str) -> int:
    """A balance."""
    return int(database.get_item(TableName="things", Key=thing("p", sk), ConsistentRead=True)["Item"]["points"]["N"])


def test_a_new_item_must_be_new(database: Any) -> None:
    database.put_item(TableName="things", Item=thing("p", "1"), ConditionExpression=NEW)
    with pytest.raises(database.exceptions.ConditionalCheckFailedException):
        database.put_item(TableName="things", Item=thing("p", "1", lane="x"), ConditionExpression=NEW)
    assert database.get_item(TableName="things", Key=thing("p", "1"))["Item"] == thing("p", "1")


def test_a_stale_version_changes_nothing_and_shows_what_is_there(database: Any) -> None:
    current = thing("p", "1") | {"version": {"N": "2"}}
    database.put_item(TableName="things", Item=current)
    with pytest.raises(database.exceptions.ConditionalCheckFailedException) as refused:
        database.update_item(
            TableName="things",
            Key=thing("p", "1"),
            UpdateExpression="SET version = :n, lane = :l",
            ConditionExpression="version = :o",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            ExpressionAttributeValues={":n": {"N": "2"}, ":o": {"N": "1"}, ":l": {"S": "x"}},
        )
    assert refused.value.response["Item"] == current


def test_reasons_stand_in_the_order_of_the_operations(database: Any) -> None:
    database.put_item(TableName="things", Item=thing("p", "taken"))
    with pytest.raises(database.exceptions.TransactionCanceledException) as refused:
        database.transact_write_items(
            TransactItems=[
                put("a"),
                put("taken", NEW),
                {
                    "ConditionCheck": {
                        "TableName": "things",
                        "Key": thing("p", "absent"),
                        "ConditionExpression": "attribute_exists(pk)",
                    }
                },
                put("z", NEW),
            ]
        )
    codes = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"]
    assert database.scan(TableName="things")["Items"] == [thing("p", "taken")]


def test_one_token_one_effect(database: Any) -> None:
    database.put_item(TableName="things", Item=thing("p", "b") | {"points": {"N": "0"}})
    for _ in range(3):
        database.transact_write_items(ClientRequestToken="once", TransactItems=[add("b", 5)])
    assert points(database, "b") == 5
    with pytest.raises(database.exceptions.IdempotentParameterMismatchException):
        database.transact_write_items(ClientRequestToken="once", TransactItems=[add("b", 6)])
    database.transact_write_items(ClientRequestToken="twice", TransactItems=[add("b", 5)])
    assert points(database, "b") == 10


def test_a_failed_transaction_keeps_no_token(database: Any) -> None:
    database.put_item(TableName="things", Item=thing("p", "b") | {"points": {"N": "0"}})
    with pytest.raises(database.exceptions.TransactionCanceledException):
        database.transact_write_items(ClientRequestToken="t", TransactItems=[add("b", -1, floor=1)])
    database.put_item(TableName="things", Item=thing("p", "b") | {"points": {"N": "1"}})
    database.transact_write_items(ClientRequestToken="t", TransactItems=[add("b", -1, floor=1)])
    assert points(database, "b") == 0


def test_a_hundred_operations_and_no_more(database: Any) -> None:
    database.transact_write_items(TransactItems=[put(f"{n:03}", NEW) for n in range(100)])
    with pytest.raises(database.exceptions.ClientError, match="less than or equal to 100"):
        database.transact_write_items(TransactItems=[put(f"x{n:03}") for n in range(101)])
    assert database.scan(TableName="things", Select="COUNT")["Count"] == 100


def test_one_item_only_once_in_a_transaction(database: Any) -> None:
    with pytest.raises(database.exceptions.ClientError, match="multiple operations on one item"):
        database.transact_write_items(
            TransactItems=[put("1"), {"Delete": {"TableName": "things", "Key": thing("p", "1")}}]
        )


def test_an_item_larger_than_400_kb_is_refused(database: Any) -> None:
    with pytest.raises(database.exceptions.ClientError, match="Item size has exceeded"):
        database.put_item(TableName="things", Item=thing("p", "1", note="x" * 410_000))


def test_a_set_loses_members_and_ends_as_an_absent_attribute(database: Any) -> None:
    database.put_item(TableName="things", Item=thing("p", "1") | {"left": {"SS": ["a", "b"]}})
    for member in ("a", "b"):
        database.update_item(
            TableName="things",
            Key=thing("p", "1"),
            UpdateExpression="DELETE #l :m",
            ConditionExpression="contains(#l, :n)",
            ExpressionAttributeNames={"#l": "left"},
            ExpressionAttributeValues={":m": {"SS": [member]}, ":n": {"S": member}},
        )
    assert "left" not in database.get_item(TableName="things", Key=thing("p", "1"))["Item"]


def test_write_units_of_a_transaction_are_reported(database: Any) -> None:
    answer = database.transact_write_items(TransactItems=[put("1", lane="l")], ReturnConsumedCapacity="TOTAL")
    # Two for the item, one for its entry in the index.
    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 3
    answer = database.transact_write_items(TransactItems=[put("2", lane="l")])
    assert "ConsumedCapacity" not in answer


def test_many_threads_spend_a_balance_exactly_once(database: Any) -> None:
    database.put_item(TableName="things", Item=thing("p", "b") | {"points": {"N": "7"}})
    won: list[int] = []

    def spend(number: int) -> None:
        try:
            database.transact_write_items(TransactItems=[add("b", -1, floor=1), put(f"entry{number}", NEW)])
        except database.exceptions.TransactionCanceledException:
            return
        won.append(number)

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 7
    assert points(database, "b") == 0
    assert database.scan(TableName="things", Select="COUNT")["Count"] == 8


def test_reading_gives_a_copy(database: Any) -> None:
    database.put_item(TableName="things", Item=thing("p", "1") | {"m": {"M": {"a": {"L": []}}}})
    first = database.get_item(TableName="things", Key=thing("p", "1"))["Item"]
    first["m"]["M"]["a"]["L"].append({"S": "mine"})
    assert database.get_item(TableName="things", Key=thing("p", "1"))["Item"]["m"] == {"M": {"a": {"L": []}}}


def test_a_request_is_answered_once_however_often_the_engine_is_installed(database: Any, inside: Engine) -> None:
    inside.install(database, database)
    database.put_item(TableName="things", Item=thing("p", "1"), ConditionExpression=NEW)


def test_installing_for_later_clients_and_letting_go(inside: Engine) -> None:
    def fresh() -> Any:
        return boto3.Session(aws_access_key_id="t", aws_secret_access_key="t", region_name="us-east-1").client(
            "dynamodb", config=Config(retries={"total_max_attempts": 1}), endpoint_url="http://127.0.0.1:1"
        )

    inside.install()
    later = fresh()
    later.create_table(**PREFIX_TABLE)
    inside.uninstall()
    with pytest.raises(EndpointConnectionError):
        fresh().list_tables()
    assert later.list_tables()["TableNames"] == ["things"]
    with pytest.raises(TypeError, match="str"):
        inside.install("no session")


def test_forgetting_items_keeps_the_table(database: Any, inside: Engine) -> None:
    database.put_item(TableName="things", Item=thing("p", "1", lane="l"))
    inside.forget_items()
    assert database.scan(TableName="things")["Items"] == []
    database.put_item(TableName="things", Item=thing("p", "2", lane="l"))
    found = database.query(
        TableName="things",
        IndexName="lane",
        KeyConditionExpression="lane = :l",
        ExpressionAttributeValues={":l": {"S": "l"}},
    )
    assert found["Count"] == 1
