"""What outreach does when others have changed something."""

from __future__ import annotations

from chalicelib.outreach.reactions import (
    calls,
    greetings,
    obligations,
)

ROOMS = (
    calls,
    greetings,
    obligations,
)

__all__ = ["ROOMS"]
