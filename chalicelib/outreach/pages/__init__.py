"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    deliveries,
    policies,
    reputation,
)
from chalicelib.outreach.pages.base import pages

ROOMS = (
    deliveries,
    policies,
    reputation,
)

__all__ = ["ROOMS", "pages"]
