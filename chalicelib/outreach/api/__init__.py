"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import (
    calls,
    chain_days,
    channels,
    contacts,
    days,
    hotline,
    messages,
    obligations,
    policies,
    reputation,
    threads,
)
from chalicelib.outreach.api.base import api

ROOMS = (
    calls,
    chain_days,
    channels,
    contacts,
    days,
    hotline,
    messages,
    obligations,
    policies,
    reputation,
    threads,
)

__all__ = ["ROOMS", "api"]
