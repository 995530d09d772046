"""How often a guest may be written to: limits for classes of content, over all properties of the chain.

Service belongs to what the guest has booked and is never limited; greetings are limited by their occasions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple


class Limit(NamedTuple):
    """At most so many messages in any span of this length."""

    span: timedelta
    most: int


LIMITS: Mapping[str, tuple[Limit, ...]] = {"marketing": (Limit(timedelta(days=7), 1), Limit(timedelta(days=30), 4))}
LOOKED_BACK = max(limit.span for limits in LIMITS.values() for limit in limits)


def is_limited(purpose: str) -> bool:
    """Whether messages of a purpose are counted at all."""
    return purpose in LIMITS


def free_at(purpose: str, sent: Collection[datetime], now: datetime) -> datetime:
    """The first instant from `now` on at which another message of a purpose is within its limits."""
    instants, found = sorted(sent), now
    for limit in LIMITS.get(purpose, ()):
        recent = [at for at in instants if at > now - limit.span]
        if len(recent) >= limit.most:
            found = max(found, recent[-limit.most] + limit.span)
    return found
