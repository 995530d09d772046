"""The demo chain's points programme, and the membership that the API's examples speak of."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.schemas import DEMO_FRIEND, DEMO_MEMBER, DEMO_PROGRAMME, ExpiryIn, RuleIn, VersionIn, WhereIn

FRIEND = "gst_0000000000000000000000f000"
TO_CAPTURE = "rdm_0000000000000000000000c000"
TO_RELEASE = "rdm_0000000000000000000000r000"
TO_CANCEL = "rdm_0000000000000000000000x000"
POOL = "pol_0000000000000000000000h000"
TO_APPROVE = "clm_0000000000000000000000a000"
TO_REJECT = "clm_0000000000000000000000r000"


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
        hold_hours=24 * 366, transfer_max_year=20_000, claim_days=3_650,
        pool_members_max=6, pool_max_year=20_000, pool_cooling_days=0,
    )  # fmt: skip
    loyalty.create(
        scope, name="Atlântico Points", names={"en": "Atlântico Points", "zh": "大西洋积分"}, currency="EUR",
        first=rules.version(1), id=DEMO_PROGRAMME,
    )  # fmt: skip


def enrol(scope: Scope, guest_id: str, property_id: str) -> None:
    """The examples' member with points of every kind, a friend to give some to, and redemptions to be settled."""
    friend = GuestIn.model_validate(
        {"given_name": "梅", "family_name": "林", "language": "zh", "home_property_id": property_id}
    )
    guests.create(scope, friend, id=FRIEND)
    for guest, member in ((guest_id, DEMO_MEMBER), (FRIEND, DEMO_FRIEND)):
        loyalty.enrol(
            scope, programme_id=DEMO_PROGRAMME, guest_id=guest, consent_source="front_desk", property_id=property_id,
            id=member,
        )  # fmt: skip
    today = scope.now.date()
    for points, expires_on, reference in (
        (5_000, None, "former-lifetime"),
        (1_000, today + timedelta(days=700), "former-dated"),
        (200, today - timedelta(days=1), "former-ended"),
    ):
        loyalty.open_balance(
            scope, DEMO_MEMBER, points=points, earned_on=today - timedelta(days=400), expires_on=expires_on,
            reference=reference,
        )  # fmt: skip
    for id, is_hold in ((TO_CAPTURE, True), (TO_RELEASE, True), (TO_CANCEL, False)):
        loyalty.redeem(
            scope, DEMO_MEMBER, points=100, reward="spa_voucher", property_id=property_id, is_hold=is_hold, id=id
        )
    for days, claim in ((20, TO_APPROVE), (30, TO_REJECT)):
        loyalty.open_claim(
            scope, DEMO_MEMBER, property_id=property_id, arrival=today - timedelta(days=days + 2),
            departure=today - timedelta(days=days), cause="not_credited", points=120, id=claim,
        )  # fmt: skip
    loyalty.open_balance(
        scope, DEMO_FRIEND, points=300, earned_on=today - timedelta(days=400), expires_on=None, reference="former"
    )
    loyalty.open_pool(scope, DEMO_MEMBER, id=POOL)
    loyalty.join_pool(scope, POOL, DEMO_FRIEND)
