"""The function that streams: imports, and who is one person with whom. It alone starts with the matcher.

`workers` has the same function without it, for whoever does no bulk work: the API, which only names the functions, and
what falls due. A lane and a queue of their own for matching would cost 32 queries a minute for ever.
"""

from __future__ import annotations

from chalicelib.guests.service import weighing  # noqa: F401  (guests are told apart)
from chalicelib.workers import mail_events, sweep, work_bulk, work_due, work_events

__all__ = ["mail_events", "sweep", "work_bulk", "work_due", "work_events"]
