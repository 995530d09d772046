"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import (
    calls,
    channels,
    days,
    messages,
    obligations,
    policies,
)
from chalicelib.outreach.api.base import api

ROOMS = (
    calls,
    channels,
    days,
    messages,
    obligations,
    policies,
)

__all__ = ["ROOMS", "api"]
