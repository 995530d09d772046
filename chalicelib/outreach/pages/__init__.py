"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    deliveries,
    journey,
    policies,
)
from chalicelib.outreach.pages.base import pages

ROOMS = (
    deliveries,
    journey,
    policies,
)

__all__ = ["ROOMS", "pages"]
