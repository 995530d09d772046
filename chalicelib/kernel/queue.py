"""A batch of queue messages, one by one: a message that fails harms only itself."""

from __future__ import annotations

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
            chain_id = _note(record["body"], error)
            with logs.bound(chain=chain_id or ""):
                log.error("message_failed", error)
            metrics.count(metrics.MESSAGES_FAILED, chain="")
            if chain_id is None and isinstance(error, ValueError | LookupError | TypeError):
                metrics.count(metrics.POISON_MESSAGES)
            failures.append({"itemIdentifier": record["messageId"]})
    took_ms = (time.perf_counter() - began) * 1000
    log.info("batch_done", count=len(event["Records"]), failed=len(failures), ms=took_ms)
    return {"batchItemFailures": failures}


def _note(body: str, error: Exception) -> str | None:
    """Keep the failure with the item of the agenda that the message names; the item's chain, None if it names none."""
    try:
        subject, item, _ = work.read_message(body)
    except work.Unreadable:
        return None
    try:
        work.note_failure(subject, item, error)
    except Exception as second:  # noqa: BLE001  (what failed may be AWS itself, and the others' messages are done)
        log.error("failure_not_noted", second)
    return subject.split("#", 1)[0]
