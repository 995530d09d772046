"""What a Lambda function is given: a context, and the events of queues and schedules in AWS's own shapes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from infra.local.wire import REGION_DEFAULT

ACCOUNT = "000000000000"
LAMBDA_TIMEOUT_S = 900.0  # Lambda's own limit


class Context:
    """The second argument of a handler."""

    memory_limit_in_mb = "512"
    function_version = "$LATEST"

    def __init__(self, name: str, timeout_s: float = LAMBDA_TIMEOUT_S) -> None:
        self.function_name = name
        self.invoked_function_arn = f"arn:aws:lambda:{REGION_DEFAULT}:{ACCOUNT}:function:{name}"
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = "local"
        self.aws_request_id = str(uuid4())
        self._ends_at = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """How long the handler may still run."""
        return max(0, int((self._ends_at - time.monotonic()) * 1000))


def queue_event(queue_name: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The event of a batch of received messages."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {
                    name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
                    for name, value in message.get("MessageAttributes", {}).items()
                },
                "md5OfBody": message.get("MD5OfBody", ""),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION_DEFAULT}:{ACCOUNT}:{queue_name}",
                "awsRegion": REGION_DEFAULT,
            }
            for message in messages
        ]
    }


def schedule_event(name: str) -> dict[str, Any]:
    """The event of an EventBridge schedule, now."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION_DEFAULT,
        "resources": [f"arn:aws:events:{REGION_DEFAULT}:{ACCOUNT}:rule/{name}"],
        "detail": {},
    }


def failed_ids(answer: Any, messages: list[dict[str, Any]]) -> set[str]:
    """Which messages a handler could not handle. An answer that Lambda would not understand means all of them."""
    everything = {message["MessageId"] for message in messages}
    if answer is None or answer == {} or (isinstance(answer, dict) and not answer.get("batchItemFailures")):
        return set()
    try:
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
    except (TypeError, KeyError):
        return everything
    return failed if failed <= everything else everything
