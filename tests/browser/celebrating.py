"""Days of the chain's own for the pages that show them: of every kind, one of them ended."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.outreach.service import declaring
from tests.portal.world import World


def declare_days(world: World) -> None:
    """A founding day, a house's feast by the lunar calendar, a day for some, and one that is over."""
    told: list[dict[str, Any]] = [
        {"names": {"en": "Founding Day", "zh": "集团创立日"}, "month": 9, "day": 12, "starts_on": date(2026, 9, 1)},
        {
            "names": {"en": "The Harbour's Lantern Evening", "zh": "海港灯会"}, "calendar": "lunar", "month": 1,
            "day": 15, "property_id": str(world.harbour.id), "keeps": "spring_festival",
        },
        {"names": {"en": "Singles' Day", "zh": "双十一"}, "month": 11, "day": 11, "language": "zh"},
        {"names": {"en": "The new wing opens", "zh": "新楼启用"}, "month": 6, "day": 18, "year": 2026},
    ]  # fmt: skip
    made = [declaring.declare(world.hq, {"calendar": "gregorian", **one}) for one in told]
    declaring.end(world.hq, made[-1].told.id)
