"""One request to AWS as the simulator sees it: which service, which operation, about which items."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

_DELIVERY = re.compile(r"dlv_[0-9a-hjkmnp-tv-z]{26}")
_SES_OPERATIONS = {"outbound-emails": "SendEmail", "outbound-bulk-emails": "SendBulkEmail"}
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})


class Body(io.BytesIO):
    """A body as botocore reads it off a connection."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The rest in one piece."""
        piece = self.read()
        while piece:
            yield piece
            piece = self.read()


@dataclass
class Call:
    """One request, by whom, and its number among those that the plan was asked about."""

    number: int
    worker: str
    service: str
    operation: str
    method: str
    url: str
    headers: dict[str, str]
    content: bytes

    @cached_property
    def data(self) -> dict[str, Any]:
        """The body of a JSON service; empty for others."""
        if self.service in ("dynamodb", "sqs") and self.content:
            found: dict[str, Any] = json.loads(self.content)
            return found
        return {}

    @property
    def index(self) -> str | None:
        """The secondary index that is read, if one is."""
        return self.data.get("IndexName") if self.operation == "Query" else None

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that a DynamoDB call is about, in the order in which they are named."""
        if "TableName" in self.data:
            return (str(self.data["TableName"]),)
        if self.operation in ("BatchGetItem", "BatchWriteItem"):
            return tuple(self.data["RequestItems"])
        operations = [body for one in self.data.get("TransactItems", ()) for body in one.values()]
        return tuple(str(body["TableName"]) for body in operations)

    @property
    def deliveries(self) -> list[str]:
        """The deliveries that a call to SES or SNS hands over; empty for any other call."""
        if self.service not in ("sesv2", "sns"):
            return []
        return _DELIVERY.findall(self.content.decode("utf-8", "replace"))[:1]

    def puts(self, table_suffix: str) -> list[dict[str, Any]]:
        """The items that a transaction stores in a table, by the end of the table's name."""
        found = [one["Put"] for one in self.data.get("TransactItems", ()) if "Put" in one]
        return [body["Item"] for body in found if str(body["TableName"]).endswith(table_suffix)]


def call_of(request: AWSPreparedRequest, worker: str, number: int) -> Call:
    """What a prepared request is."""
    body = request.body if request.body is not None else b""
    if not isinstance(body, str | bytes | bytearray):
        body.seek(0)
        body = body.read()
    content = body.encode() if isinstance(body, str) else bytes(body)
    headers = {str(name): _text(value) for name, value in request.headers.items()}
    service, operation = _named(request, headers, content)
    return Call(number, worker, service, operation, request.method, request.url, headers, content)


def _named(request: AWSPreparedRequest, headers: dict[str, str], content: bytes) -> tuple[str, str]:
    target = next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "")
    if target:
        return ("dynamodb" if target.startswith("DynamoDB") else "sqs"), target.rpartition(".")[2]
    path = urlsplit(request.url).path
    if path.startswith("/v2/email/"):
        return "sesv2", _SES_OPERATIONS.get(path.rstrip("/").rpartition("/")[2], path)
    if b"Action=" in content:
        return "sns", parse_qs(content.decode("utf-8", "replace"))["Action"][0]
    return "s3", request.method


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def response_of(call: Call, status: int, headers: dict[str, str], body: bytes) -> AWSResponse:
    """An answer as botocore takes it."""
    content = b"" if call.method == "HEAD" else body
    return AWSResponse(call.url, status, {"Content-Length": str(len(body)), **headers}, Body(content))
