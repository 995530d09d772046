"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import (
    days,
    messages,
    policies,
)
from chalicelib.outreach.api.base import api

ROOMS = (
    days,
    messages,
    policies,
)

__all__ = ["ROOMS", "api"]
