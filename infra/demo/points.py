"""The demo chain's points programme, and the membership that the API's examples speak of."""

from __future__ import annotations

from datetime import date

from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.schemas import DEMO_MEMBER, DEMO_PROGRAMME, ExpiryIn, RuleIn, VersionIn, WhereIn


def found(scope: Scope) -> None:
    """Atlântico Points: ten points a euro of room and table, a fifth more for direct bookings, for two years."""
    spend = RuleIn(
        id="spend", kind="spend", points=10, per=100, categories=["room", "food_beverage"],
        names={"en": "Ten points a euro", "zh": "每欧元十分"},
    )  # fmt: skip
    direct = RuleIn(
        id="direct", kind="multiplier", percent=20, where=WhereIn(channels=["Direct", "direct"]),
        names={"en": "A fifth more for booking with us", "zh": "直接预订多两成"},
    )  # fmt: skip
    rules = VersionIn(
        valid_from=date(2015, 1, 1), rules=[spend, direct], confirm_days=0, expiry=ExpiryIn(months=24),
        transfer_max_year=20_000,
    )  # fmt: skip
    loyalty.create(
        scope, name="Atlântico Points", names={"en": "Atlântico Points", "zh": "大西洋积分"}, currency="EUR",
        first=rules.version(1), id=DEMO_PROGRAMME,
    )  # fmt: skip


def enrol(scope: Scope, guest_id: str, property_id: str) -> None:
    """Make a guest the member of the examples, with points from a former programme."""
    loyalty.enrol(
        scope, programme_id=DEMO_PROGRAMME, guest_id=guest_id, consent_source="front_desk", property_id=property_id,
        id=DEMO_MEMBER,
    )  # fmt: skip
    loyalty.open_balance(
        scope, DEMO_MEMBER, points=5_000, earned_on=scope.now.date(), expires_on=None, reference="former-programme"
    )
