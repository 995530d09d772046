"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    deliveries,
    obligations,
    policies,
)
from chalicelib.outreach.pages.base import pages

ROOMS = (
    deliveries,
    obligations,
    policies,
)

__all__ = ["ROOMS", "pages"]
