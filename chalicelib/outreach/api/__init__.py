"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import (
    days,
    messages,
    obligations,
    policies,
)
from chalicelib.outreach.api.base import api

ROOMS = (
    days,
    messages,
    obligations,
    policies,
)

__all__ = ["ROOMS", "api"]
