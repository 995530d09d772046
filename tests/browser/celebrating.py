"""What head office has decided, for the pages that show it: days of its own, and versions that begin later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from chalicelib.outreach import service as outreach
from chalicelib.outreach.service import care, declaring
from tests.builders import make_scope
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


def decide_ahead(world: World) -> None:
    """Of a house's rule and of an occasion: a version that begins later, and one that was withdrawn."""
    hq, house = make_scope(world.chain), str(world.harbour.id)
    now = hq.now
    for days, ahead in ((2, 80), (1, 90), (2, 100)):
        care.publish(
            hq, "new_guest", {"days": days}, is_on=True, may_override=False, property_id=house,
            valid_from=now + timedelta(days=ahead),
        )  # fmt: skip
    care.withdraw(hq, "new_guest", 4, property_id=house)
    offer = {"en": "Stay three nights, pay for two.", "zh": "住三晚，付两晚。"}
    outreach.publish(hq, "birthday", is_on=True, offer=offer, valid_from=now + timedelta(days=80))
    outreach.publish(hq, "birthday", is_on=False, offer={}, valid_from=now + timedelta(days=100))
    outreach.withdraw(hq, "birthday", 2)
