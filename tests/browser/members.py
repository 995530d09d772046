"""A member to look at: points of every kind, so that every sentence of the ledger stands on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from chalicelib.loyalty import service
from chalicelib.loyalty.rules.earning import Rule
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayPatch
from tests.builders import make_scope
from tests.portal.world import World

RULES = (
    Rule("spend", "spend", points=10, per=100, names=(("en", "Ten points a euro"), ("zh", "每欧元十分"))),
    Rule("nights", "nights", points=100, names=(("en", "A hundred points a night"), ("zh", "每晚一百分"))),
)


def make_member(world: World, work_off: Callable[[], int]) -> str:
    """A guest who joined, earned by a stay, was given points, spent and reserved some; the member's id."""
    hq, house = make_scope(world.chain), world.harbour.id
    version = Version(1, date(2015, 1, 1), RULES, expiry=ExpiryPolicy(months=24), transfer_max_year=5_000)
    programme = service.create(
        hq, name="Harbour Points", names={"en": "Harbour Points", "zh": "海港积分"}, currency="EUR", first=version
    )
    joined = [
        service.enrol(hq, programme_id=str(programme.id), guest_id=world.guests[name], consent_source="front_desk")
        for name in ("obrien", "wang")
    ]
    member_id, friend_id = joined[0].id, joined[1].id
    work_off()
    today = hq.now.date()
    for points, last_day, reference in (
        (12_500, None, "former-lifetime"), (800, today + timedelta(days=45), "former-dated"),
        (200, today - timedelta(days=1), "former-ended"),
    ):  # fmt: skip
        service.open_balance(
            hq,
            member_id,
            points=points,
            earned_on=today - timedelta(days=400),
            expires_on=last_day,
            reference=reference,
        )
    stay = next(one for one in stays.of_guest(hq, world.guests["obrien"]) if one.status == "in_house")
    line = {"id": "1", "category": "room", "amount": 41_850, "tax": 0, "eligible": True}
    said = StayPatch.model_validate({"status": "checked_out", "revenue_lines": [line]})
    stays.update(hq, str(stay.id), said, int(stay.version))
    work_off()
    service.adjust(hq, member_id, points=300, reason="service_failure", cost_owner=house)
    spent = service.redeem(hq, member_id, points=1_000, reward="free_night", property_id=house)
    service.redeem(hq, member_id, points=250, reward="spa_voucher", property_id=house, is_hold=True)
    service.cancel(hq, member_id, str(spent.id), penalty=100)
    service.transfer(hq, member_id, friend_id, 120)
    work_off()
    return member_id
