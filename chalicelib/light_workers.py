"""The functions that neither read telephone numbers nor write letters, and start without the libraries for them.

They know every kind of work and every reaction all the same: what they write may arm any of them.
"""

from __future__ import annotations

from typing import Any

from chalicelib.connect import jobs as connect_jobs  # noqa: F401  (registers agenda handlers)
from chalicelib.guests import jobs as guests_jobs  # noqa: F401
from chalicelib.guests import reactions as guests_reactions  # noqa: F401
from chalicelib.kernel import queue, work
from chalicelib.kernel.metrics import observed
from chalicelib.kernel.tenancy import door
from chalicelib.loyalty import jobs as loyalty_jobs  # noqa: F401
from chalicelib.loyalty import reactions as loyalty_reactions  # noqa: F401
from chalicelib.outreach import jobs as outreach_jobs  # noqa: F401
from chalicelib.outreach import reactions as outreach_reactions  # noqa: F401
from chalicelib.outreach.service import handle_mail_event


@door
@observed
def work_events(event: dict[str, Any], context: Any) -> Any:
    """Reactions to what happened."""
    return queue.each(event, work.run_message)


@door
@observed
def mail_events(event: dict[str, Any], context: Any) -> Any:
    """What the mail service says became of our messages."""
    return queue.each(event, handle_mail_event)


@door
@observed
def sweep(event: dict[str, Any], context: Any) -> Any:
    """Hands what is due to the queues."""
    return work.sweep()
