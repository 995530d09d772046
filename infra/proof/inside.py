"""The stack inside this process: the engine without a port, and the app's own handlers for its queues.

What a journey of many small steps needs: nothing waits for a poll, and the end of all work is known.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

from chalicelib import wiring, workers
from chalicelib.directory import service as directory
from chalicelib.kernel import aws
from chalicelib.kernel.settings import settings
from chalicelib.outreach.service import channels, policies
from infra import resources
from infra.local.inprocess import Engine
from infra.local.lambdas import Context, failed_ids, queue_event

VARIABLES = {
    "HOSPES_STAGE": "local",
    "HOSPES_SECRET": "a-secret-of-one-journey-only",
    "HOSPES_BASE_URL": "http://127.0.0.1:8000",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # nobody is there: whatever is not taken by the engine fails
    "AWS_EC2_METADATA_DISABLED": "true",
}


class WorkFailed(RuntimeError):
    """A handler could not do its work."""


def stand_up() -> Engine:
    """An engine for this process, with everything the product needs in it."""
    os.environ.update(VARIABLES)
    settings.cache_clear()
    engine = Engine()
    engine.install(aws.session())
    os.environ.update(resources.create_all())
    settings.cache_clear()
    directory.forget()
    policies.forget()
    channels.forget()
    return engine


def work_off(*, only: frozenset[str] | None = None) -> int:
    """Call the app's handlers until the queues are empty; how many messages there were. Raises WorkFailed."""
    # The slow queue comes first: it is what most journeys wait for, and what it does fills the others.
    queues = [queue for queue in reversed(wiring.QUEUES) if only is None or queue.name in only]
    queues.sort(key=lambda queue: queue.batch_size)
    done = empty = 0
    for queue in itertools.cycle(queues):
        found = _batch(queue)
        done += found
        empty = 0 if found else empty + 1
        if empty == len(queues):
            break
    return done


def _batch(queue: Any) -> int:
    url = settings().queue_url(queue.name)
    answer = aws.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=min(queue.batch_size, 10), AttributeNames=["All"]
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    if not messages:
        return 0
    answer = getattr(workers, queue.handler)(queue_event(queue.name, messages), Context(queue.handler))
    failed = failed_ids(answer, messages)
    if failed:
        raise WorkFailed(f"{queue.handler}: {len(failed)} of {len(messages)} messages failed")
    entries = [{"Id": str(place), "ReceiptHandle": one["ReceiptHandle"]} for place, one in enumerate(messages)]
    aws.client("sqs").delete_message_batch(QueueUrl=url, Entries=entries)
    return len(messages)
