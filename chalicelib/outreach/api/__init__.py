"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import (
    calls,
    days,
    messages,
    policies,
)
from chalicelib.outreach.api.base import api

ROOMS = (
    calls,
    days,
    messages,
    policies,
)

__all__ = ["ROOMS", "api"]
