"""The room's one list of endpoints, which its files add to."""

from __future__ import annotations

from chalicelib.web.endpoints import Api

api = Api("outreach")
