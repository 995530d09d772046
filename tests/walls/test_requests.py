"""What IAM is asked: by call, as the DynamoDB Developer Guide and the Service Authorization Reference say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.walls.evaluator import Ask
from tests.walls.requests import ARNS, ENCLOSING, LEADING_KEYS, asks_of

HASHES: dict[tuple[str, str | None], str] = {
    ("test-guests", None): "guest_key",
    ("test-guests", "names"): "name_bucket",
    ("test-stays", None): "guest_key",
}
GUESTS, STAYS = ARNS.table("guests"), ARNS.table("stays")
KEY, ITEM = {"guest_key": {"S": "a"}, "id": {"S": "1"}}, {"guest_key": {"S": "b"}, "id": {"S": "2"}}


def asked(operation: str, **params: Any) -> list[Ask]:
    return asks_of("dynamodb", operation, params, HASHES)


def ask(action: str, resource: str, *keys: str, enclosing: str | None = None) -> Ask:
    context = {LEADING_KEYS: keys} if keys else {}
    return Ask(f"dynamodb:{action}", resource, {**context, ENCLOSING: (enclosing,)} if enclosing else context)


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "DeleteItem"])
def test_one_item_by_its_key(operation: str) -> None:
    assert asked(operation, TableName="test-guests", Key=KEY) == [ask(operation, GUESTS, "a")]


def test_one_item_that_is_put() -> None:
    assert asked("PutItem", TableName="test-guests", Item=ITEM) == [ask("PutItem", GUESTS, "b")]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("guest_key = :k", {}),
        ("#k = :k AND begins_with(id, :v)", {"#k": "guest_key"}),
        ("id > :v AND (#0=:k)", {"#0": "guest_key"}),
        ("id = :v AND guest_key = :k", {}),
    ],
)
def test_a_query_by_its_partition(expression: str, names: dict[str, str]) -> None:
    values = {":k": {"S": "a"}, ":v": {"S": "other"}}
    found = asked(
        "Query",
        TableName="test-guests",
        KeyConditionExpression=expression,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
    )
    assert found == [ask("Query", GUESTS, "a")]


def test_a_query_of_an_index_by_the_indexs_partition() -> None:
    found = asked(
        "Query",
        TableName="test-guests",
        IndexName="names",
        KeyConditionExpression="name_bucket = :k AND guest_key = :v",
        ExpressionAttributeValues={":k": {"S": "a"}, ":v": {"S": "other"}},
    )
    assert found == [ask("Query", ARNS.index("guests", "names"), "a")]


def test_a_batch_is_asked_by_table_with_all_its_keys() -> None:
    wanted = {"test-guests": {"Keys": [KEY, ITEM]}, "test-stays": {"Keys": [KEY]}}
    assert asked("BatchGetItem", RequestItems=wanted) == [
        ask("BatchGetItem", GUESTS, "a", "b"),
        ask("BatchGetItem", STAYS, "a"),
    ]
    writes = {"test-guests": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": KEY}}]}
    assert asked("BatchWriteItem", RequestItems=writes) == [ask("BatchWriteItem", GUESTS, "b", "a")]


def test_a_transaction_is_asked_item_by_item_as_what_it_does() -> None:
    guests = {"TableName": "test-guests"}
    items = [
        {"Put": {**guests, "Item": ITEM}},
        {"Update": {**guests, "Key": KEY}},
        {"Delete": {**guests, "Key": KEY}},
        {"ConditionCheck": {"TableName": "test-stays", "Key": KEY}},
    ]
    whole = {"enclosing": "TransactWriteItems"}
    assert asked("TransactWriteItems", TransactItems=items) == [
        ask("PutItem", GUESTS, "b", **whole),
        ask("UpdateItem", GUESTS, "a", **whole),
        ask("DeleteItem", GUESTS, "a", **whole),
        ask("ConditionCheckItem", STAYS, "a", **whole),
    ]
    read = asked("TransactGetItems", TransactItems=[{"Get": {**guests, "Key": KEY}}])
    assert read == [ask("GetItem", GUESTS, "a", enclosing="TransactGetItems")]


def test_scans_and_statements_have_no_leading_keys() -> None:
    assert asked("Scan", TableName="test-guests", IndexName="names") == [ask("Scan", ARNS.index("guests", "names"))]
    statement = 'select * from "test-guests" where guest_key = ?'
    assert asked("ExecuteStatement", Statement=statement) == [ask("PartiQLSelect", GUESTS)]


def test_a_call_that_nobody_has_thought_about_is_no_guess() -> None:
    with pytest.raises(LookupError):
        asked("ExportTableToPointInTime", TableName="test-guests")


def test_other_services() -> None:
    def other(service: str, operation: str, **params: Any) -> list[tuple[str, str]]:
        return [(one.action, one.resource) for one in asks_of(service, operation, params, HASHES)]

    item = {"Bucket": "hospes-files", "Key": "chn_1/x"}
    assert other("s3", "HeadObject", **item) == [("s3:GetObject", ARNS.objects("chn_1/x"))]
    assert other("s3", "UploadPart", **item) == [("s3:PutObject", ARNS.objects("chn_1/x"))]
    url = "http://localhost:4566/000000000000/hospes-agenda-due"
    assert other("sqs", "SendMessageBatch", QueueUrl=url) == [("sqs:SendMessage", ARNS.queue("agenda-due"))]
    assert other("sns", "Publish", PhoneNumber="+351912000000") == [("sns:Publish", "+351912000000")]
    mail = other("sesv2", "SendEmail", Content={"Raw": {}}, ConfigurationSetName="hospes")
    assert {action for action, _ in mail} == {"ses:SendEmail", "ses:SendRawEmail"}
    assert ("ses:SendEmail", ARNS.mail_settings()) in mail
    tagged = asks_of("sts", "AssumeRole", {"RoleArn": "r", "Tags": [{"Key": "chain", "Value": "chn_1"}]}, HASHES)
    assert [one.action for one in tagged] == ["sts:AssumeRole", "sts:TagSession"]
    assert tagged[0].context == {"aws:RequestTag/chain": ("chn_1",), "aws:TagKeys": ("chain",)}
