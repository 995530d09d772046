"""Channels in the portal: head office puts them in order, and reads every version of what was said."""

from __future__ import annotations

import pytest

from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Conflict
from chalicelib.outreach.pages import channel_versions
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.service import channels
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

ORDER = "/portal/channels"
TEXTS, CONNECTORS, VERSIONS = f"{ORDER}/texts", f"{ORDER}/connectors", f"{ORDER}/versions"
PLACES = {f"{purpose}_{name}": "" for purpose in rules.ALLOWED for name in rules.CHANNEL_NAMES}


def placed(**names: str) -> dict[str, str]:
    """What the form says: for each kind of message its channels, first wanted first."""
    told = dict(PLACES)
    for purpose, channels_ in names.items():
        told |= {f"{purpose}_{name}": str(place) for place, name in enumerate(channels_.split(), start=1)}
    return told


def test_smoke(world: World) -> None:
    hq = signed_in(world, "hq_admin", name="Helena Castro")
    for path in (ORDER, TEXTS, CONNECTORS, VERSIONS):
        page = hq.get(path)
        print(page.status, page.text[:3000])
        assert page.status == 200
