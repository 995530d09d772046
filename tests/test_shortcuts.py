"""The short way of a call is the long one: the same answers, errors, retries, and events with the same in them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.kernel import aws, settings
from infra.local.inprocess import _Raw, text
from tests import shortcuts

TABLE = "shortcuts-things"
# Those that somebody listens to, here or in the product.
EVENTS = (
    "provide-client-params", "before-parameter-build", "before-call", "before-send", "before-parse", "needs-retry",
    "after-call", "after-call-error",
)  # fmt: skip
ITEM = {"id": {"S": "a"}, "name": {"S": "王 \U0001f98a \" \ud7ff"}, "n": {"N": "-3"}, "set": {"SS": ["x"]}}
BINARY = {"id": {"S": "b"}, "content": {"B": b"\x00\xff"}, "all": {"L": [{"BS": [b"1"]}, {"M": {"deep": {"B": b"2"}}}]}}
REFUSED = {"ConditionExpression": "attribute_not_exists(id)"}
STAMPS = ("SentTimestamp", "ApproximateFirstReceiveTimestamp")
PASSING = ("x-amzn-requestid", "date", "x-amz-crc32", "x-amz-id-2")


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """What is tried: service, method, parameters."""
    key, url = {"id": {"S": "a"}}, settings.settings().queue_url("agenda-event")
    put = {"Put": {"TableName": TABLE, "Item": {**ITEM, "n": {"N": "4"}}}}
    query = {
        "KeyConditionExpression": "id = :id",
        "ExpressionAttributeValues": {":id": {"S": "a"}},
        "ReturnConsumedCapacity": "TOTAL",
    }
    return [
        ("dynamodb", "put_item", {"TableName": TABLE, "Item": ITEM}),
        ("dynamodb", "put_item", {"TableName": TABLE, "Item": ITEM, **REFUSED}),
        ("dynamodb", "put_item", {"TableName": TABLE, "Item": BINARY}),
        ("dynamodb", "put_item", {"TableName": "shortcuts-no-such", "Item": ITEM}),
        ("dynamodb", "put_item", {"TableName": TABLE, "Item": ITEM, "Unheard": 1}),
        ("dynamodb", "get_item", {"TableName": TABLE, "Key": key, "ConsistentRead": True}),
        ("dynamodb", "get_item", {"TableName": TABLE, "Key": {"id": {"S": "b"}}}),
        ("dynamodb", "get_item", {"TableName": TABLE, "Key": {"id": {"S": "none"}}}),
        ("dynamodb", "query", {"TableName": TABLE, **query}),
        ("dynamodb", "scan", {"TableName": TABLE}),
        ("dynamodb", "batch_get_item", {"RequestItems": {TABLE: {"Keys": [key]}}}),
        ("dynamodb", "batch_write_item", {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]}}),
        ("dynamodb", "transact_write_items", {"TransactItems": [put]}),
        ("dynamodb", "transact_write_items", {"TransactItems": [{"Put": {**put["Put"], **REFUSED}}]}),
        ("dynamodb", "describe_table", {"TableName": TABLE}),
        ("sqs", "send_message", {"QueueUrl": url, "MessageBody": "王 \" <&>"}),
        ("sqs", "receive_message", {"QueueUrl": url, "MaxNumberOfMessages": 1}),
        ("sqs", "get_queue_attributes", {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}),
        ("sqs", "send_message_batch", {"QueueUrl": url, "Entries": [entry("1"), entry("2"), entry("no id!")]}),
        ("sqs", "receive_message", {"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]}),
        ("sqs", "delete_message", {"QueueUrl": url, "ReceiptHandle": "unknown"}),
        ("sqs", "receive_message", {"QueueUrl": url}),
        ("sqs", "send_message", {"QueueUrl": f"{url}-none", "MessageBody": "x"}),
        ("sqs", "send_message", {"QueueUrl": url}),
        ("sts", "get_caller_identity", {}),
    ]


def entry(id: str) -> dict[str, Any]:
    """A message of a batch, with an attribute that is no text."""
    told = {"kind": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    return {"Id": id, "MessageBody": f"王 {id}", "MessageAttributes": told}


class Heard:
    """Everything that a listener of ours is told, but for what is new every time."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def __call__(self, event_name: str, **told: Any) -> None:
        response = told.get("response")
        if response is not None and response[0].status_code < 300:
            return  # the short way does not ask whether a success needs another try
        facts: list[Any] = [event_name, sorted(told)]
        if "parsed" in told:
            facts.append(lasting(told["parsed"]))
        if event_name.startswith("before-send"):
            request = told["request"]
            facts += [request.method, request.url, json.loads(request.body or b"{}")]
            facts.append(text(request.headers["X-Amz-Target"]))
        if event_name.startswith("needs-retry"):
            facts += [told["attempts"], type(told["caught_exception"]), lasting(response[1]) if response else None]
        if event_name.startswith("before-call"):
            facts.append(json.loads(told["params"]["body"] or b"{}"))
        self.events.append(facts)


def lasting(value: Any) -> Any:
    """What does not differ between two calls."""
    if isinstance(value, dict):
        passing = {*PASSING, "MessageId", "RequestId", "ReceiptHandle", "TableId", "CreationDateTime", *STAMPS}
        return {name: lasting(one) for name, one in value.items() if name not in passing}
    return [lasting(one) for one in value] if isinstance(value, list) else value


def tried(way: Any, make_trouble: Callable[..., Any] | None = None) -> list[Any]:
    """What comes of all operations on an empty table, and what is told about them."""
    aws.client("dynamodb").delete_item(TableName=TABLE, Key={"id": {"S": "a"}})
    aws.client("sqs").purge_queue(QueueUrl=settings.settings().queue_url("agenda-event"))
    found: list[Any] = []
    for service, method, params in operations():
        client, heard = aws.client(service), Heard()
        trouble = make_trouble() if make_trouble is not None else None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", way)
            patch.setattr(time, "sleep", lambda _: None)
            # Names are tokens of ours, but for the one that botocore makes up.
            patch.setattr("botocore.handlers.uuid.uuid4", lambda: "made-up")
            for event in EVENTS if service != "sts" else ():
                client.meta.events.register(event, heard)
            if trouble is not None:
                client.meta.events.register_first("before-send", trouble)
            try:
                found.append(lasting(getattr(client, method)(**params)))
            except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
                found.append([type(error), str(error), lasting(getattr(error, "response", None))])
            finally:
                for event in EVENTS if service != "sts" else ():
                    client.meta.events.unregister(event, heard)
                if trouble is not None:
                    client.meta.events.unregister("before-send", trouble)
        found += heard.events
    return found


def throttled() -> Callable[..., Any]:
    """Two refusals that are worth another try."""
    left = [400, 503]

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        body = b'{"__type":"com.amazonaws#ProvisionedThroughputExceededException","message":"slow"}'
        return AWSResponse(request.url, left.pop(), {}, _Raw(body)) if left else None

    return answer


def cut_off() -> Callable[..., Any]:
    """Nobody is there, however often it is tried."""

    def answer(request: Any, **_: Any) -> None:
        raise EndpointConnectionError(endpoint_url=request.url)

    return answer


@pytest.fixture
def table(engine: Any) -> None:
    client = aws.client("dynamodb")
    if TABLE not in client.list_tables()["TableNames"]:
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


@pytest.mark.parametrize(
    ("trouble", "unheard"),
    [
        (None, {"after-call-error"}),
        (throttled, {"after-call-error"}),
        (cut_off, {"before-send", "before-parse", "after-call"}),
    ],
)
def test_both_ways_are_one(table: None, trouble: Callable[..., Any] | None, unheard: set[str]) -> None:
    assert BaseClient._make_api_call is shortcuts.short_call
    with shortcuts.whole_library():
        long = tried(BaseClient._make_api_call, trouble)
    short = tried(shortcuts.short_call, trouble)
    for one, other in zip(short, long, strict=True):
        assert one == other
    kinds = {event[0].split(".")[0] for event in long if isinstance(event, list) and isinstance(event[0], str)}
    assert kinds == set(EVENTS) - unheard


def test_without_credentials_nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws.client("dynamodb")._request_signer, "_credentials", None)
    with pytest.raises(Exception, match="Unable to locate credentials"):
        aws.client("dynamodb").list_tables()


def test_a_token_of_a_session_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.credentials import Credentials

    seen: list[dict[str, str]] = []
    monkeypatch.setattr(aws.client("sqs")._request_signer, "_credentials", Credentials("AK", "secret", "the-token"))
    note = lambda request, **_: seen.append(dict(request.headers))  # noqa: E731
    aws.client("sqs").meta.events.register_first("before-send", note)
    try:
        aws.client("sqs").list_queues()
    finally:
        aws.client("sqs").meta.events.unregister("before-send", note)
    assert seen[0]["X-Amz-Security-Token"] == "the-token"
    assert "Credential=AK/" in seen[0]["Authorization"] and "secret" not in str(seen)


def test_a_refusal_has_its_own_class() -> None:
    with pytest.raises(aws.client("dynamodb").exceptions.ResourceNotFoundException) as caught:
        aws.client("dynamodb").get_item(TableName="shortcuts-no-such", Key={"id": {"S": "a"}})
    assert isinstance(caught.value, ClientError)
