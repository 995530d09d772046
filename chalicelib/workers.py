"""The functions that no person waits for: queues and schedules. They start without Chalice and without the pages."""

from __future__ import annotations

import gc
from typing import Any

from chalicelib.connect import jobs as connect_jobs  # noqa: F401  (registers agenda handlers)
from chalicelib.guests import jobs as guests_jobs  # noqa: F401
from chalicelib.kernel import queue, work
from chalicelib.kernel.metrics import observed
from chalicelib.outreach import jobs as outreach_jobs  # noqa: F401
from chalicelib.outreach import reactions as outreach_reactions  # noqa: F401
from chalicelib.outreach.service import handle_mail_event

OBJECTS_BETWEEN_COLLECTIONS = 50_000  # some 10 MB at most, should all of them be garbage in circles


@observed
def work_events(event: dict[str, Any], context: Any) -> Any:
    """Reactions to what happened."""
    return queue.each(event, work.run_message)


@observed
def work_due(event: dict[str, Any], context: Any) -> Any:
    """What has fallen due for one subject."""
    return queue.each(event, work.run_message)


@observed
def work_bulk(event: dict[str, Any], context: Any) -> Any:
    """Work that streams: imports, campaigns, advances of test clocks."""
    return queue.each(event, work.run_message)


@observed
def mail_events(event: dict[str, Any], context: Any) -> Any:
    """What the mail service says became of our messages."""
    return queue.each(event, handle_mail_event)


@observed
def sweep(event: dict[str, Any], context: Any) -> Any:
    """Hands what is due to the queues."""
    return work.sweep()


# What is loaded by now stays: no collection needs to look at it again. And what an invocation makes is mostly gone with
# its last use; a transaction of seventy items alone is thousands of objects, through which the collector need not look.
gc.freeze()
gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
