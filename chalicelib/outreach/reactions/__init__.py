"""What outreach does when others have changed something."""

from __future__ import annotations

from chalicelib.outreach.reactions import (
    calls,
    greetings,
    obligations,
    journey,
)

ROOMS = (
    calls,
    greetings,
    obligations,
    journey,
)

__all__ = ["ROOMS"]
