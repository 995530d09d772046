"""SQS at a steady cost: ministack walks a whole queue several times for each call, here a call stops when it is served.

Only standard queues are served this way; FIFO queues go the long way.
"""

from __future__ import annotations

import json
import time
from typing import Any

from infra.local.emulator import sqs

RETENTION_CHECK_S = 60.0  # messages live for days, so their age is looked at now and then

_plain_collect = sqs._collect_msgs
_plain_sweep = sqs._dlq_sweep
_plain_expire = sqs._expire_retained
_checked_at: dict[str, float] = {}


def collect(queue: dict[str, Any], count_max: int, visibility_s: int) -> list[dict[str, Any]]:
    """Take visible messages from the front; what was received too often goes to the dead letters on the way."""
    if queue["is_fifo"]:
        _plain_sweep(queue)
        taken_fifo: list[dict[str, Any]] = _plain_collect(queue, count_max, visibility_s)
        return taken_fifo
    receives_max, dead_letters = redrive(queue)
    now = time.time()
    taken: list[dict[str, Any]] = []
    dead: list[int] = []
    for place, message in enumerate(queue["messages"]):
        if len(taken) >= count_max:
            break
        if message["visible_at"] > now:
            continue
        if dead_letters is not None and message["receive_count"] >= receives_max:
            dead.append(place)
            continue
        if "sys" not in message:
            sqs._ensure_msg_fields(message)
        message["receipt_handle"] = sqs.new_uuid()
        message["visible_at"] = now + visibility_s
        message["receive_count"] += 1
        if message.get("first_receive_at") is None:
            message["first_receive_at"] = now
        taken.append(message)
    for place in reversed(dead):
        message = queue["messages"].pop(place)
        sqs._ensure_msg_fields(message)
        message["sys"].setdefault("DeadLetterQueueSourceArn", queue["attributes"].get("QueueArn", ""))
        if dead_letters is not None:
            dead_letters["messages"].append({**message, "receipt_handle": None, "visible_at": now})
    return taken


def redrive(queue: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """How often a message may be received, and the queue for those that were."""
    text = queue["attributes"].get("RedrivePolicy")
    if not text:
        return 0, None
    policy = json.loads(text)
    return int(policy["maxReceiveCount"]), sqs._queue_by_arn(policy["deadLetterTargetArn"])


def expire_retained(queue: dict[str, Any]) -> None:
    """Drop messages past their retention, at most once a minute."""
    now = time.time()
    if now - _checked_at.get(queue["url"], 0.0) >= RETENTION_CHECK_S:
        _checked_at[queue["url"]] = now
        _plain_expire(queue)


def take_out(queue: dict[str, Any], handle: str) -> bool:
    """Delete the message with a receipt handle; whether there was one."""
    messages = queue["messages"]
    for place, message in enumerate(messages):
        if handle and message["receipt_handle"] == handle:
            del messages[place]
            return True
    return False


def delete_message(data: dict[str, Any], url: str) -> dict[str, Any]:
    """DeleteMessage."""
    queue = sqs._get_q(data.get("QueueUrl", url), "sqs:DeleteMessage")
    handle = data.get("ReceiptHandle", "")
    if not handle:
        raise sqs._Err("MissingParameter", "The request must contain the parameter ReceiptHandle.")
    if not take_out(queue, handle):
        raise sqs._Err("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    return {}


def delete_messages(data: dict[str, Any], url: str) -> dict[str, Any]:
    """DeleteMessageBatch."""
    queue = sqs._get_q(data.get("QueueUrl", url), "sqs:DeleteMessage")
    entries = data.get("Entries", [])
    sqs._validate_batch_entries(entries, "DeleteMessageBatchRequestEntry")
    done, failed = [], []
    for entry in entries:
        if take_out(queue, entry.get("ReceiptHandle", "")):
            done.append({"Id": entry.get("Id", "")})
        else:
            failed.append(
                {
                    "Id": entry.get("Id", ""),
                    "Code": "ReceiptHandleIsInvalid",
                    "Message": "The input receipt handle is invalid.",
                    "SenderFault": True,
                }
            )
    return {"Successful": done, "Failed": failed}


sqs._collect_msgs = collect
sqs._dlq_sweep = lambda queue: None
sqs._expire_retained = expire_retained
sqs._act_delete_message = delete_message
sqs._act_delete_message_batch = delete_messages
sqs._HANDLERS["DeleteMessage"] = delete_message
sqs._HANDLERS["DeleteMessageBatch"] = delete_messages
