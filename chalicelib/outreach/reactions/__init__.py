"""What outreach does when others have changed something."""

from __future__ import annotations

from chalicelib.outreach.reactions import (
    greetings,
    journey,
)

ROOMS = (
    greetings,
    journey,
)

__all__ = ["ROOMS"]
