"""A batch of messages: what fails harms only itself, also when nothing can be written about it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from chalicelib.kernel import aws, queue

NAME = "Zq-Given-Name"


def batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": body, "body": body} for body in bodies]}


def of_the_agenda(subject: str) -> str:
    return json.dumps({"subject": subject, "item": "test.once", "revision": "rev"})


def test_the_others_are_done() -> None:
    done: list[str] = []

    def handle(body: str) -> None:
        if body == "b":
            raise ValueError(body)
        done.append(body)

    assert queue.each(batch("a", "b", "c"), handle) == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert done == ["a", "c"]


def test_a_failure_that_cannot_be_noted(caplog: pytest.LogCaptureFixture) -> None:
    """The store is what fails: the message comes again by itself, and the others are not handed out once more."""
    first, second, third = (of_the_agenda(f"chn_a#{name}") for name in "abc")
    done: list[str] = []

    def handle(body: str) -> None:
        if body == second:
            raise ValueError(f"cannot take {NAME}")
        done.append(body)

    def fail(**_: Any) -> None:
        raise aws.ClientError({"Error": {"Code": "ValidationException", "Message": f"{NAME} is wrong"}}, "GetItem")

    events = aws.client("dynamodb").meta.events
    events.register("before-call", fail)
    try:
        with caplog.at_level(logging.DEBUG, "chalicelib"):
            answer = queue.each(batch(first, second, third), handle)
    finally:
        events.unregister("before-call", fail)
    assert answer == {"batchItemFailures": [{"itemIdentifier": second}]}
    assert done == [first, third]
    assert caplog.text
    assert NAME not in caplog.text
