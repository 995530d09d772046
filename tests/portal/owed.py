"""What is owed in the portal's world: rules that are on, and three calls, one made, one late and one open."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.service import care, owing
from tests.builders import make_scope
from tests.portal.world import World


def owe(world: World) -> None:
    """Switch rules on, let a house have a version of its own, and open the calls. Twice is once."""
    hq = make_scope(world.chain)
    for rule, settings in (("silence", {}), ("new_guest", {"days": 5}), ("loyal_guest", {"per_month": 2})):
        care.publish(hq, rule, settings, is_on=True, may_override=True, property_id=None)
    house = str(world.harbour.id)
    care.publish(hq, "new_guest", {"days": 1}, is_on=True, may_override=False, property_id=house)
    today = hq.now.date()
    for name, shift, outcome in (("wang", 3, "reached"), ("rossi", -1, None), ("silva", 9, None)):
        _call(hq, world.guests[name], (f"tsk_{name}", house, today + timedelta(days=shift)), outcome)


def _call(hq: Scope, guest_id: str, task: tuple[str, str, date], outcome: str | None) -> None:
    unit = Unit(hq)
    owing.owe_call(hq, unit, guest_id, task)
    unit.commit()
    if outcome is not None:
        unit = Unit(hq)
        owing.end_call(hq, unit, guest_id, task, outcome, is_owed=True)
        unit.commit()
