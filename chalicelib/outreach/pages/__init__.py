"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    calls,
    deliveries,
    obligations,
    journey,
    policies,
    strategies,
)
from chalicelib.outreach.pages.base import pages

ROOMS = (
    calls,
    deliveries,
    obligations,
    journey,
    policies,
    strategies,
)

__all__ = ["ROOMS", "pages"]
