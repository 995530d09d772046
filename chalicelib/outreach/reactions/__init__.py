"""What outreach does when others have changed something."""

from __future__ import annotations

from chalicelib.outreach.reactions import (
    calls,
    greetings,
    journey,
    obligations,
)

ROOMS = (
    calls,
    greetings,
    journey,
    obligations,
)

__all__ = ["ROOMS"]
