"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import deliveries, policies
from chalicelib.outreach.pages.base import pages

__all__ = ["deliveries", "pages", "policies"]
