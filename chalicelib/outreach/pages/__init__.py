"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    calls,
    channels,
    deliveries,
    journey,
    obligations,
    policies,
    reputation,
    strategies,
)
from chalicelib.outreach.pages.base import pages

ROOMS = (
    calls,
    channels,
    deliveries,
    obligations,
    journey,
    policies,
    strategies,
    reputation,
)

__all__ = ["ROOMS", "pages"]
