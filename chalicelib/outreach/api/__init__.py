"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import days, messages, policies
from chalicelib.outreach.api.base import api

__all__ = ["api", "days", "messages", "policies"]
