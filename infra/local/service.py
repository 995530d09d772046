"""The local AWS as one thing: which service a request means, the sink beside SES and SNS, and what must be kept.

Requests are answered one at a time, which is the isolation DynamoDB promises.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from urllib.parse import parse_qs

from infra.local import emulator, items, queries, queues, tuning
from infra.local.forms import PostedForm
from infra.local.journal import Journal
from infra.local.objects import Objects
from infra.local.receiving import Receiving
from infra.local.sink import Sink
from infra.local.uploads import Incoming
from infra.local.wire import Answer, Request, json_answer

logger = logging.getLogger("service")

# What changes no table, queue, topic or identity, by the last word of the operation's name.
ITEM_OPERATIONS = frozenset(
    (
        "GetItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "BatchWriteItem",
        "TransactGetItems",
        "TransactWriteItems",
        "DescribeTable",
        "ListTables",
        "DescribeTimeToLive",
    )
)
QUEUE_OPERATIONS = frozenset(
    (
        "SendMessage",
        "SendMessageBatch",
        "ReceiveMessage",
        "DeleteMessage",
        "DeleteMessageBatch",
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListQueues",
        "PurgeQueue",
    )
)
TOPIC_OPERATIONS = frozenset(("Publish", "PublishBatch"))
# The modules that change how ministack works when they are loaded.
FITTED = (items, queries, queues, tuning)


class Service:
    """Every service of the local stack over one folder."""

    def __init__(self, folder: Path, in_memory: bool = False, topic: str | None = None) -> None:
        self.objects = Objects(folder / "objects")
        self.sink = Sink(":memory:" if in_memory else folder / "outbox.sqlite", topic)
        self.receiving = Receiving(self.objects, self.sink)
        self.journal = None if in_memory else Journal(folder / "journal")
        self.expiry = items.Expiry()

    def open(self) -> int:
        """Bring back what was kept; how many items."""
        if self.journal is None:
            return 0
        with emulator.home():
            count = self.journal.open()
        self.sink.publish_unsettled()
        return count

    def close(self) -> None:
        """Release files."""
        self.objects.close()
        self.sink.close()
        if self.journal is not None:
            self.journal.close()

    def clear(self) -> None:
        """Forget everything; for tests, which keep no journal."""
        emulator.clear()
        self.objects.clear()
        self.sink.clear()
        items.changes.clear()
        tuning.tokens_stored.clear()

    def forget_items(self) -> None:
        """Empty tables, queues, buckets and the outbox; for tests, which keep no journal."""
        emulator.forget_items()
        self.objects.clear(keep_buckets=True)
        self.sink.clear()
        items.changes.clear()
        tuning.tokens_stored.clear()

    def expire(self) -> int:
        """Remove items past their time to live, all at once."""
        gone = self.expiry.whole()
        self._note()
        return gone

    def expire_slice(self) -> bool:
        """Remove some items past their time to live; False when a round is complete."""
        more = self.expiry.slice()
        self._note()
        return more

    def upload(self, request: Request) -> Incoming | PostedForm | Answer | None:
        """The upload that a request starts, or its refusal; None for a request to be answered by `answer_now`."""
        return self.objects.upload(request) if emulator.service_of(request) == "s3" else None

    def answer_now(self, request: Request) -> Answer:
        """Answer without waiting: a long poll answers at once with what is there."""
        service = emulator.service_of(request)
        if service == "s3":
            return self.objects.whole(request)
        emulator.place(request)
        operation = operation_of(service, request)
        try:
            if service == "dynamodb":
                tuning.capacity_wanted = b'"ReturnConsumedCapacity"' in request.body
                return emulator.dynamodb_answer(request)
            if operation == "ReceiveMessage":
                request = unhurried(request)
            answer: Answer = emulator.finish(emulator.service_answer(service, request))
            self.sink.took(service, operation, request, answer)
            return answer
        except Exception:
            logger.exception("%s %s failed", service, operation)
            failure = {"__type": "InternalServerError", "message": "The local stack failed; see its log."}
            return json_answer(failure, 500)
        finally:
            self._note()
            if self.journal is not None and changes_resources(service, operation, request):
                self.journal.note_control()

    def _note(self) -> None:
        if self.journal is not None:
            self.journal.note()
        else:
            items.changes.clear()
            tuning.tokens_stored.clear()


def operation_of(service: str, request: Request) -> str:
    """The name of the operation a request asks for; empty for REST services."""
    target = request.headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    if service in ("sns", "sts", "sqs"):
        form = parse_qs(request.body.decode("utf-8", "replace")) if request.body else request.query
        return form.get("Action", [""])[0]
    return ""


def changes_resources(service: str, operation: str, request: Request) -> bool:
    """Whether a request may have changed a table, a queue, a topic or an identity."""
    if service == "dynamodb":
        return operation not in ITEM_OPERATIONS
    if service == "sqs":
        return operation not in QUEUE_OPERATIONS
    if service == "sns":
        return operation not in TOPIC_OPERATIONS
    return service == "ses" and request.method != "GET" and "/outbound-" not in request.path


def waiting_s(request: Request) -> float:
    """How long a ReceiveMessage is ready to wait; 0 for any other request."""
    if not request.headers.get("x-amz-target", "").endswith(".ReceiveMessage"):
        return 0.0
    return float(json.loads(request.body or b"{}").get("WaitTimeSeconds") or 0)


def unhurried(request: Request) -> Request:
    """The same ReceiveMessage with no waiting time."""
    if not request.headers.get("x-amz-target"):
        body = request.body + b"&WaitTimeSeconds=0"
        return Request(request.method, request.path, request.query, request.headers, body)
    data = json.loads(request.body or b"{}")
    data["WaitTimeSeconds"] = 0
    return Request(request.method, request.path, request.query, request.headers, json.dumps(data).encode())
