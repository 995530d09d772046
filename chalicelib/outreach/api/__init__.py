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
    year_ahead,
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
    year_ahead,
)

__all__ = ["ROOMS", "api"]
