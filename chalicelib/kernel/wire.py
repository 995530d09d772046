"""Transactions leave as they are written: their items are in the form in which DynamoDB takes them.

botocore walks through every value of a request twice, by its model of the service and by the rules of the endpoint: in
a transaction of ninety items that is three quarters of what sending it costs, and it ends where it began. What is given
as `Ready` is encoded at once instead. Only botocore's own events are used, and whoever listens to them sees every call.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

TRANSACT = "dynamodb.TransactWriteItems"

_CONTENT = "ready_content"  # where a call's content waits between two events of it


class Ready(list[dict[str, Any]]):
    """The operations of a transaction, each in wire form throughout."""


def _binary(value: Any) -> str:
    """Binary values go in base 64. Raises TypeError for what is no value of DynamoDB's."""
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    raise TypeError(f"no value of an item: {type(value).__name__}")


_encode = json.JSONEncoder(check_circular=False, separators=(",", ":"), default=_binary).encode


def pass_ready(events: Any) -> None:
    """Let a client of DynamoDB, by its events, send what is Ready as it is."""
    events.register(f"provide-client-params.{TRANSACT}", _take)
    events.register_first(f"before-call.{TRANSACT}", _give)


def _take(params: dict[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any] | None:
    """Keep what is ready, and leave botocore a call without items to walk through."""
    if type(params.get("TransactItems")) is not Ready:
        return None
    context[_CONTENT] = _encode(params).encode("ascii")
    return {**params, "TransactItems": []}


def _give(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Put the content into the request, before it is signed."""
    content = context.pop(_CONTENT, None)
    if content is not None:
        params["body"] = content
