"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    channels,
    deliveries,
    policies,
)
from chalicelib.outreach.pages.base import pages

ROOMS = (
    channels,
    deliveries,
    policies,
)

__all__ = ["ROOMS", "pages"]
