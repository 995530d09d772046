"""What is ready leaves as it is, and nothing of what guards a call is lost by it."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.kernel import aws
from chalicelib.kernel.table import Record
from chalicelib.kernel.unit import Unit
from chalicelib.kernel.wire import Operations, Reads
from infra.bench.tape import bare_botocore
from tests.kernel.test_unit import scope

NAUGHTY = "王小明 \u202eevil\u202c 🦊 \\ \" \x1f ' é \ud7ff"


class Letter(Record):
    """A record with every type of value that the product stores."""

    class Meta(Record.Meta):
        table_name = Record.table("wire-letters")

    key_of = UnicodeAttribute(hash_key=True)
    text = UnicodeAttribute(null=True)
    number = NumberAttribute(null=True)
    lines: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True)
    members = UnicodeSetAttribute(null=True)
    detail = JSONAttribute(null=True)


@pytest.fixture(autouse=True)
def table(engine: Any) -> None:
    Letter.create_table(wait=True)


def letter(key: str) -> Letter:
    return Letter(
        key_of=key,
        text=NAUGHTY,
        number=-(2**53),
        lines=["", NAUGHTY],
        members={"a", "ü"},
        detail={"é": [1, None, True]},
    )


class Sent:
    """The bodies that leave, by operation, and the parameters that listeners see."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.seen: list[dict[str, Any]] = []

    def __enter__(self) -> Sent:
        events = aws.client("dynamodb").meta.events
        events.register_first("before-send.dynamodb.*", self._on_send, unique_id="wire-sent")
        events.register("provide-client-params.dynamodb.*", self._on_call, unique_id="wire-seen")
        return self

    def __exit__(self, *_: object) -> None:
        events = aws.client("dynamodb").meta.events
        events.unregister("before-send.dynamodb.*", unique_id="wire-sent")
        events.unregister("provide-client-params.dynamodb.*", unique_id="wire-seen")

    def _on_send(self, request: Any, **_: Any) -> None:
        self.bodies.append(bytes(request.body))

    def _on_call(self, params: dict[str, Any], **_: Any) -> None:
        self.seen.append(params)


class TestTransactions:
    def test_the_body_says_what_botocore_would_say(self) -> None:
        unit = Unit(scope())
        for key in ("a", "b"):
            unit.create(letter(key))
        with Sent() as ready:
            unit.commit()
        Letter.find("a").delete()  # type: ignore[union-attr]
        Letter.find("b").delete()  # type: ignore[union-attr]
        with Sent() as plain:
            aws.client("dynamodb").transact_write_items(
                TransactItems=list(ready.seen[0]["TransactItems"]),
                ClientRequestToken=ready.seen[0]["ClientRequestToken"] + "x",
            )
        said, expected = json.loads(ready.bodies[0]), json.loads(plain.bodies[0])
        assert said["TransactItems"] == expected["TransactItems"]
        assert len(said["ClientRequestToken"]) == 32 and said.keys() == expected.keys()

    def test_what_is_stored_is_what_was_written(self) -> None:
        unit = Unit(scope())
        unit.create(letter("a"))
        unit.commit()
        assert Letter.find("a").attribute_values == {**letter("a").attribute_values, "version": 1}  # type: ignore[union-attr]

    def test_listeners_see_every_operation(self) -> None:
        unit = Unit(scope())
        unit.create(letter("a"))
        with Sent() as sent:
            unit.commit()
        (seen,) = sent.seen
        assert type(seen["TransactItems"]) is Operations and seen["TransactItems"][0]["Put"]["Item"]["key_of"] == {
            "S": "a"
        }

    def test_binary_values_go_in_base_64(self) -> None:
        item = {"key_of": {"S": "bin"}, "content": {"B": b"\x00\xff"}}
        put = Operations([{"Put": {"TableName": Letter.Meta.table_name, "Item": item}}])
        aws.client("dynamodb").transact_write_items(TransactItems=put)
        found = aws.client("dynamodb").get_item(TableName=Letter.Meta.table_name, Key={"key_of": {"S": "bin"}})
        assert found["Item"]["content"] == {"B": b"\x00\xff"}

    def test_what_is_no_value_is_refused_before_it_leaves(self) -> None:
        put = Operations([{"Put": {"TableName": Letter.Meta.table_name, "Item": {"key_of": {"S": object()}}}}])
        with Sent() as sent, pytest.raises(TypeError, match="no value of an item"):
            aws.client("dynamodb").transact_write_items(TransactItems=put)
        assert sent.bodies == []


class TestReads:
    def test_a_batch_is_the_same_as_single_reads(self) -> None:
        unit = Unit(scope())
        for number in range(40):
            unit.create(letter(f"{number:02}"))
        unit.commit()
        with Sent() as sent:
            found = {str(one.key_of): one for one in Letter.find_many((f"{number:02}", None) for number in range(60))}
        assert len(found) == 40 and len(sent.bodies) == 1 and type(sent.seen[0]["RequestItems"]) is Reads
        for key, one in found.items():
            assert one.attribute_values == Letter.find(key).attribute_values  # type: ignore[union-attr]

    def test_every_answer_is_the_one_that_botocore_reads(self) -> None:
        unit = Unit(scope())
        unit.create(letter("a"))
        unit.commit()
        client, name = aws.client("dynamodb"), Letter.Meta.table_name
        by_key = {"ExpressionAttributeValues": {":k": {"S": "a"}}, "KeyConditionExpression": "key_of = :k"}
        calls = [
            partial(client.get_item, TableName=name, Key={"key_of": {"S": "a"}}),
            partial(client.get_item, TableName=name, Key={"key_of": {"S": "nobody"}}),
            partial(client.query, TableName=name, **by_key, Limit=1),
            partial(client.query, TableName=name, **by_key, Select="COUNT"),
            partial(client.batch_get_item, RequestItems={name: {"Keys": [{"key_of": {"S": "a"}}]}}),
        ]
        ready = [call() for call in calls]
        with bare_botocore():
            plain = [call() for call in calls]
        for one, other in zip(ready, plain, strict=True):
            del one["ResponseMetadata"], other["ResponseMetadata"]
        assert ready == plain and ready[0]["Item"]["detail"] and ready[2]["Count"] == 1

    def test_binary_values_are_read_by_botocore(self) -> None:
        values = {"content": {"B": b"\x00\xff"}, "pieces": {"BS": [b"\x01"]}, "said": {"S": '"B":'}}
        for number, (name, value) in enumerate(values.items()):
            key = {"key_of": {"S": str(number)}}
            aws.client("dynamodb").put_item(TableName=Letter.Meta.table_name, Item={**key, name: value})
            found = aws.client("dynamodb").get_item(TableName=Letter.Meta.table_name, Key=key)
            assert found["Item"] == {**key, name: value}

    def test_what_was_left_is_asked_for_again(self) -> None:
        unit = Unit(scope())
        for number in range(4):
            unit.create(letter(str(number)))
        unit.commit()
        left = [1]

        def half(response_dict: dict[str, Any], **_: Any) -> None:
            if left:
                left.pop()
                body = json.loads(response_dict["body"])
                given = body["Responses"][Letter.Meta.table_name]
                keys = [{"key_of": one["key_of"]} for one in given[2:]]
                body["Responses"][Letter.Meta.table_name] = given[:2]
                body["UnprocessedKeys"] = {Letter.Meta.table_name: {"Keys": keys, "ConsistentRead": True}}
                response_dict["body"] = json.dumps(body).encode()

        events = aws.client("dynamodb").meta.events
        events.register_first("before-parse.dynamodb.BatchGetItem", half)
        try:
            with Sent() as sent:
                found = Letter.find_many((str(number), None) for number in range(4))
        finally:
            events.unregister("before-parse.dynamodb.BatchGetItem", half)
        assert sorted(str(one.key_of) for one in found) == ["0", "1", "2", "3"] and len(sent.bodies) == 2

    def test_a_refusal_is_an_error_as_ever(self) -> None:
        with pytest.raises(aws.ClientError) as caught:
            aws.client("dynamodb").batch_get_item(
                RequestItems=Reads({"wire-no-such-table": {"Keys": [{"key_of": {"S": "a"}}]}})
            )
        assert aws.error_code(caught.value) == "ResourceNotFoundException"

    def test_an_answer_that_is_no_json_is_no_empty_batch(self) -> None:
        def cut(response_dict: dict[str, Any], **_: Any) -> None:
            response_dict["body"] = response_dict["body"][:5]

        events = aws.client("dynamodb").meta.events
        events.register_first("before-parse.dynamodb.BatchGetItem", cut)
        try:
            with pytest.raises(ValueError, match="Unterminated"):
                Letter.find_many([("a", None)])
        finally:
            events.unregister("before-parse.dynamodb.BatchGetItem", cut)
