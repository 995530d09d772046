"""A batch of queue messages, one by one: a message that fails harms only itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.kernel import logs, metrics, work

log = logs.Log(__name__)


def each(event: Mapping[str, Any], handle: Callable[[str], object]) -> dict[str, list[dict[str, str]]]:
    """Handle every record of an SQS event and answer which failed, so that only those come again.

    A failed agenda item is noted with the item; its own attempts count, the queue's redelivery comes on top.
    """
    failures: list[dict[str, str]] = []
    began = time.perf_counter()
    for record in event["Records"]:
        try:
            handle(record["body"])
        except Exception as error:  # noqa: BLE001  (one message must not take the others with it)
            is_known = _note(record["body"], error)
            log.error("message_failed" if is_known else "message_unknown", error)
            metrics.count(metrics.MESSAGES_FAILED)
            if not is_known and isinstance(error, ValueError | LookupError | TypeError):
                metrics.count(metrics.POISON_MESSAGES)
            failures.append({"itemIdentifier": record["messageId"]})
    took_ms = (time.perf_counter() - began) * 1000
    log.info("batch_done", count=len(event["Records"]), failed=len(failures), ms=took_ms)
    return {"batchItemFailures": failures}


def _note(body: str, error: Exception) -> bool:
    """Keep the failure with the item of the agenda that the message names; False if it names none."""
    try:
        message = json.loads(body)
        subject, item = message["subject"], message["item"]
    except (ValueError, KeyError, TypeError):
        return False
    work.note_failure(subject, item, error)
    return True
