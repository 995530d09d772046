"""A batch of queue messages, one by one: a message that fails harms only itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.kernel import work
from chalicelib.kernel.traces import trace_of

log = logging.getLogger(__name__)


def each(event: Mapping[str, Any], handle: Callable[[str], object]) -> dict[str, list[dict[str, str]]]:
    """Handle every record of an SQS event and answer which failed, so that only those come again.

    A failed agenda item is noted with the item; its own attempts count, the queue's redelivery comes on top.
    """
    failures: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            handle(record["body"])
        except Exception as error:  # noqa: BLE001  (one message must not take the others with it)
            log.error("message failed\n%s", trace_of(error))
            _note(record["body"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def _note(body: str, error: Exception) -> None:
    try:
        message = json.loads(body)
        subject, item = message["subject"], message["item"]
    except (ValueError, KeyError, TypeError):
        return  # not a message of the agenda
    work.note_failure(subject, item, error)
