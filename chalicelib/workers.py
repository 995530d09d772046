"""The functions that no person waits for: queues and schedules. They start without Chalice, pages, and use-cases.

They know every kind of work, every reaction and every answer by name, for what they write may arm any of them; what a
name stands for is imported with the first piece of work of its kind.
"""

from __future__ import annotations

from typing import Any

from chalicelib.connect import jobs as connect_jobs
from chalicelib.guests import answers as guests_answers
from chalicelib.guests import jobs as guests_jobs
from chalicelib.kernel import phones, queue, testclock, work
from chalicelib.kernel.metrics import observed
from chalicelib.kernel.tenancy import door
from chalicelib.loyalty import answers as loyalty_answers
from chalicelib.loyalty import jobs as loyalty_jobs
from chalicelib.outreach import answers as outreach_answers
from chalicelib.outreach import jobs as outreach_jobs
from chalicelib.stays import answers as stays_answers

DECLARED = (
    testclock, guests_jobs, guests_answers, stays_answers, loyalty_jobs, loyalty_answers, outreach_jobs,
    outreach_answers, connect_jobs,
    phones,  # which reads the numbers of imported files and of those who are written to
)  # fmt: skip


@door
@observed
def work_events(event: dict[str, Any], context: Any) -> Any:
    """Reactions to what happened."""
    return queue.each(event, work.run_message)


@door
@observed
def work_due(event: dict[str, Any], context: Any) -> Any:
    """What has fallen due for one subject."""
    return queue.each(event, work.run_message)


@door
@observed
def work_bulk(event: dict[str, Any], context: Any) -> Any:
    """Work that streams: imports, campaigns, advances of test clocks."""
    return queue.each(event, work.run_message)


@door
@observed
def mail_events(event: dict[str, Any], context: Any) -> Any:
    """What the mail service says became of our messages."""
    return queue.each(event, outreach_jobs.handle_mail_event)


@door
@observed
def sweep(event: dict[str, Any], context: Any) -> Any:
    """Hands what is due to the queues."""
    return work.sweep()
