"""Faults at AWS's door: a process that dies at a chosen call, and answers that a test chooses."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse

from chalicelib.kernel import aws

SERVICES = ("dynamodb", "sqs", "sesv2", "sns")


class Died(BaseException):
    """The process is gone: nothing of the product catches this."""


@contextmanager
def dying_at(number: int, *, is_after: bool) -> Iterator[list[str]]:
    """The process dies at its AWS call `number` (from 0), before it leaves or after it was answered.

    Yields the names of the calls made.
    """
    made: list[str] = []

    def before(model: Any, **_: Any) -> None:
        made.append(model.name)
        if not is_after and len(made) - 1 == number:
            raise Died

    def after(model: Any, **_: Any) -> None:
        if is_after and len(made) - 1 == number:
            raise Died

    with listening("before-call", before), listening("after-call", after):
        yield made


@contextmanager
def answering(operation: str, answer: Callable[[], Any]) -> Iterator[list[str]]:
    """Every call of an operation (`sesv2.SendEmail`) is answered by `answer()`, or raises what it raises."""
    made: list[str] = []

    def before(**_: Any) -> Any:
        made.append(operation)
        return answer()

    service = operation.split(".")[0]
    events = aws.client(service).meta.events
    events.register(f"before-call.{operation}", before)
    try:
        yield made
    finally:
        events.unregister(f"before-call.{operation}", before)


@contextmanager
def on_the_wire(service: str, answer: int | Exception) -> Iterator[list[str]]:
    """Every request to a service meets an answer with this status, or this failure, below the library's own retries."""
    made: list[str] = []

    def before(request: Any, **_: Any) -> AWSResponse:
        made.append(request.url)
        if isinstance(answer, Exception):
            raise answer
        return AWSResponse(request.url, answer, {"Content-Length": "2"}, _Raw(b"{}"))

    events = aws.client(service).meta.events
    events.register_first("before-send", before)
    try:
        yield made
    finally:
        events.unregister("before-send", before)


class _Raw(io.BytesIO):
    """A body as the library reads it off a connection."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The body in one piece."""
        yield self.read()


@contextmanager
def interrupting(operation: str, error: Exception) -> Iterator[None]:
    """Calls of an operation have their effect, and their answers are lost."""

    def after(**_: Any) -> None:
        raise error

    events = aws.client(operation.split(".")[0]).meta.events
    events.register(f"after-call.{operation}", after)
    try:
        yield
    finally:
        events.unregister(f"after-call.{operation}", after)


@contextmanager
def listening(event: str, listener: Callable[..., Any]) -> Iterator[None]:
    """Listen to every AWS call of the product."""
    for service in SERVICES:
        aws.client(service).meta.events.register(event, listener)
    try:
        yield
    finally:
        for service in SERVICES:
            aws.client(service).meta.events.unregister(event, listener)


def error(code: str, status: int) -> Any:
    """An error answer of AWS."""
    parsed = {"Error": {"Code": code, "Message": "made up"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return SimpleNamespace(status_code=status), parsed
