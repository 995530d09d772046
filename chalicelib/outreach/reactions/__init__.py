"""What outreach does when others have changed something."""

from __future__ import annotations

from chalicelib.outreach.reactions import (
    greetings,
)

ROOMS = (greetings,)

__all__ = ["ROOMS"]
