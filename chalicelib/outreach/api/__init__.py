"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import (
    channels,
    days,
    messages,
    policies,
)
from chalicelib.outreach.api.base import api

ROOMS = (
    channels,
    days,
    messages,
    policies,
)

__all__ = ["ROOMS", "api"]
