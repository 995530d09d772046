"""Large requests leave as they are written, and what reads answer arrives as it was sent: their items and keys are in
the form in which DynamoDB takes and gives them.

botocore walks through every value of a request twice, by its model of the service and by the rules of the endpoint: in
a transaction of ninety items that is three quarters of what sending it costs, and it ends where it began. What is given
as `Operations` or `Reads` is encoded at once instead. Only botocore's own events are used, so that whoever listens to
them sees every call as it is.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

_BINARY = (b'"B":', b'"BS":')  # before every binary value; in a text the quotes would be escaped
_CONTENT = "ready_content"  # where a call's content waits between two events of it


class Operations(list[dict[str, Any]]):
    """The operations of a transaction, each in wire form throughout."""


class Reads(dict[str, Any]):
    """What is read at once, by table: keys in wire form."""


READ_AT_ONCE = "BatchGetItem"
READS = (READ_AT_ONCE, "GetItem", "Query")

# By operation: the parameter, what it is when it is ready, and what botocore is given in its place.
_READY: dict[str, tuple[str, type, Any]] = {
    "TransactWriteItems": ("TransactItems", Operations, []),
    READ_AT_ONCE: ("RequestItems", Reads, {}),
}


def _binary(value: Any) -> str:
    """Binary values go in base 64. Raises TypeError for what is no value of DynamoDB's."""
    if isinstance(value, (bytes, bytearray)):
        return b64encode(value).decode("ascii")
    raise TypeError(f"no value of an item: {type(value).__name__}")


_encode = json.JSONEncoder(check_circular=False, separators=(",", ":"), default=_binary).encode


def pass_ready(events: Any) -> None:
    """Let a client of DynamoDB, by its events, send what is ready as it is."""
    for operation in _READY:
        events.register(f"provide-client-params.dynamodb.{operation}", _take)
        events.register_first(f"before-call.dynamodb.{operation}", _give)
    for operation in READS:
        events.register(f"before-parse.dynamodb.{operation}", receive)


def _take(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> dict[str, Any] | None:
    """Keep what is ready, and leave botocore a call with nothing in it to walk through."""
    name, ready, nothing = _READY[model.name]
    if type(params.get(name)) is not ready:
        return None
    context[_CONTENT] = _encode(params).encode("ascii")
    return {**params, name: nothing}


def _give(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Put the content into the request, before it is signed."""
    content = context.pop(_CONTENT, None)
    if content is not None:
        params["body"] = content


def receive(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Take an answer as it is, and leave botocore an empty one.

    Refusals, binary values (no record has any) and what is no JSON are its affair.
    """
    body = response_dict["body"]
    if response_dict["status_code"] != 200 or any(mark in body for mark in _BINARY):
        return
    try:
        customized_response_dict.update(json.loads(body))
    except ValueError:
        return
    response_dict["body"] = b"{}"
