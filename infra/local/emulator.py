"""The only file that touches ministack: DynamoDB, SES, SNS, SQS and STS as plain calls, without its servers.

ministack's modules keep their state in globals, so a process has one emulator. Its internals are used here and
in `items`, `queries` and `journal`; the version is pinned and tests/local holds the behaviour we rely on.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import types
from collections.abc import Coroutine, Iterator
from typing import Any

from infra.local.wire import REGION_DEFAULT, Answer, Request, json_answer

ACCOUNT = "000000000000"

# ministack reads these when it is loaded; what a person has set for other uses of it must not reach us.
os.environ.update(MINISTACK_ACCOUNT_ID=ACCOUNT, MINISTACK_REGION=REGION_DEFAULT, GATEWAY_PORT="4566")
for _name in ("MINISTACK_HOST", "USE_SSL", "SMTP_HOST"):
    os.environ.pop(_name, None)
# The services ask ministack's web application only whether identities are checked; loading it costs 0.2 s.
_application = types.ModuleType("ministack.app")
_application.AUTH = False  # type: ignore[attr-defined]
sys.modules.setdefault("ministack.app", _application)

from ministack.core import responses  # noqa: E402
from ministack.services import dynamodb, ses, ses_v2, sns, sqs, sts  # noqa: E402

__all__ = ["dynamodb", "responses", "ses", "ses_v2", "sns", "sqs", "sts"]

REAPER_THREAD = "dynamodb-ttl-reaper"

# Query and JSON services by the name that stands in the signature's credential scope.
SERVICES = {"sns": sns, "sqs": sqs, "sts": sts, "dynamodb": dynamodb}


class _ReaperGate:
    """Stops ministack's own time-to-live thread at its first sweep: expiry must run between requests, in `items`."""

    def __enter__(self) -> None:
        if threading.current_thread().name == REAPER_THREAD:
            threading.Event().wait()  # for ever; the thread is a daemon

    def __exit__(self, *_: object) -> None:
        return None


dynamodb._lock = _ReaperGate()
# No mail leaves this machine; building it a second time for a relay would cost a millisecond.
ses._smtp_relay = ses_v2._smtp_relay = lambda *_: None
ses_v2._build_mime_message = lambda *_: ""


def place(request: Request) -> None:
    """Put account and region where ministack's services look for them; there is one account, whoever assumed a role."""
    responses.set_request_account_id(ACCOUNT)
    responses.set_request_region(request.scope()[1])


@contextlib.contextmanager
def home() -> Iterator[None]:
    """The local account in its region, for work that no request asked for."""
    with responses.request_scope(ACCOUNT, REGION_DEFAULT):
        yield


def service_of(request: Request) -> str:
    """Which service a request means: by its target header, its signature or its path."""
    target = request.headers.get("x-amz-target", "")
    if target.startswith("DynamoDB"):
        return "dynamodb"
    if target.startswith("AmazonSQS"):
        return "sqs"
    if request.path.startswith("/v2/email/"):
        return "ses"
    service = request.scope()[2]
    return service if service else "s3"


def dynamodb_answer(request: Request) -> Answer:
    """Answer a DynamoDB request at once; its handlers never wait."""
    return Answer(*finish(dynamodb.handle_request(request.method, request.path, request.headers, request.body, {})))


async def service_answer(service: str, request: Request) -> Answer:
    """Answer a request to SES, SNS, SQS or STS."""
    if service == "ses":
        handler = ses_v2 if request.path.startswith("/v2/") else ses
    elif service in SERVICES:
        handler = SERVICES[service]
    else:
        return json_answer({"message": f"The local stack has no service {service!r}."}, 501)
    reply = await handler.handle_request(request.method, request.path, request.headers, request.body, request.query)
    status, headers, body = reply[:3]
    return Answer(status, dict(headers), body.encode() if isinstance(body, str) else body)


def finish(call: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that need not wait."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value
    call.close()
    raise RuntimeError("a local service waited where it must not")


def publish(topic_arn: str, message: str, subject: str) -> str | None:
    """Publish to a topic from inside; the message id, or None when there is no such topic."""
    with home():
        result = sns.publish_internal(topic_arn, message, subject)
    return None if result is None else str(result["message_id"])


def sent_mails() -> list[dict[str, Any]]:
    """Take the mails that SES accepted since the last call, rendered."""
    mails: list[dict[str, Any]] = []
    for records in ses._sent_emails.all_values():
        mails += records
    ses._sent_emails.clear()
    return mails


def forget_texts() -> None:
    """Drop SNS's own record of texts; the sink has it."""
    sns._sms_messages.clear()


def forget_items() -> None:
    """Empty tables and queues, but keep them."""
    for table in dynamodb._tables.all_values():
        if table["items"]:
            table["items"] = {}
            dynamodb._items_replaced(table)
    dynamodb._txn_idempotency.clear()
    for queue in sqs._queues.all_values():
        queue["messages"].clear()
    sns._sms_messages.clear()
    ses._sent_emails.clear()


def has(table: str, queue_url: str) -> bool:
    """Whether a table and a queue are there, whoever's they are."""
    is_table = any(one["TableName"] == table for one in dynamodb._tables.all_values())
    # An address names the host by which it was asked for; the queue is its last part.
    return is_table and any(one["name"] == queue_url.rpartition("/")[2] for one in sqs._queues.all_values())


def is_empty(queue_url: str) -> bool:
    """Whether a queue holds nothing: no message that waits, none that somebody works on."""
    name = queue_url.rpartition("/")[2]
    return not any(queue["messages"] for queue in sqs._queues.all_values() if queue["name"] == name)


def clear() -> None:
    """Empty every service."""
    for service in (dynamodb, ses, ses_v2, sns, sqs, sts):
        service.reset()
