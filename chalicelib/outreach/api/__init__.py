"""REST endpoints of outreach."""

from __future__ import annotations

from chalicelib.outreach.api import messages, policies
from chalicelib.outreach.api.base import api

__all__ = ["api", "messages", "policies"]
