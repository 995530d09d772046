"""Pages of channels: what goes where, texts, connectors, versions; and how a guest can be reached."""

from __future__ import annotations

from chalicelib.outreach.pages.channels import connectors, order, reach, texts, versions

ROOMS = (order, texts, connectors, versions, reach)

__all__ = ["ROOMS"]
