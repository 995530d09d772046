"""The functions that no person waits for: queues and schedules. They start without Chalice and without the pages.

Those that read telephone numbers or write letters stand here; `light_workers` has the others, which start sooner.
"""

from __future__ import annotations

import gc
from typing import Any

from chalicelib.kernel import phones, queue, work  # noqa: F401  (files that are imported hold numbers)
from chalicelib.kernel.metrics import observed
from chalicelib.kernel.tenancy import door
from chalicelib.light_workers import mail_events, sweep, work_events
from chalicelib.outreach import letters  # noqa: F401  (what falls due is written)

__all__ = ["mail_events", "sweep", "work_bulk", "work_due", "work_events"]

OBJECTS_BETWEEN_COLLECTIONS = 50_000  # some 10 MB at most, should all of them be garbage in circles


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


# What is loaded by now stays: no collection needs to look at it again. And what an invocation makes is mostly gone with
# its last use; a transaction of seventy items alone is thousands of objects, through which the collector need not look.
gc.freeze()
gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
