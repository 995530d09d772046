"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import (
    contacts,
    days,
    hotline,
    messages,
    policies,
    reputation,
    threads,
)
from chalicelib.outreach.api.base import api

ROOMS = (
    contacts,
    days,
    hotline,
    messages,
    policies,
    reputation,
    threads,
)

__all__ = ["ROOMS", "api"]
