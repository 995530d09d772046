"""Claims for missing stays: one for each stay, decided once and within limits; a claimed stay never earns twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Forbidden, Invalid, NotFound
from chalicelib.loyalty import service
from chalicelib.loyalty.rules.claims import (
    Claimed,
    StayClaimed,
    StayNotClaimable,
    check_claimable,
    claims_in,
    claims_with,
)
from chalicelib.loyalty.service.claiming import ClaimDecided, StayEarned
from tests.builders import PASSWORD, make_staff
from tests.loyalty.conftest import World
from tests.portal.visitor import Visitor

FEB = (date(2026, 2, 10), date(2026, 2, 12))
DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 20))


def claim(world: World, *, scope: Any = None, days: tuple[date, date] = FEB, points: int = 300, **fields: Any) -> Any:
    fields = {"property_id": world.house.id, "cause": "booked_elsewhere", **fields}
    return service.open_claim(
        scope or world.desk(), world.member_id, arrival=days[0], departure=days[1], points=points, **fields
    )


class TestOpening:
    def test_the_same_again_is_the_same_and_what_overlaps_is_refused(self, world: World) -> None:
        first = claim(world)
        assert claim(world).id == first.id
        with pytest.raises(StayClaimed):
            claim(world, days=(FEB[0] + timedelta(days=1), FEB[1] + timedelta(days=1)))
        next_door = claim(world, scope=world.hq, property_id=world.sister.id)
        after = claim(world, days=(FEB[1], FEB[1] + timedelta(days=1)))
        assert len({first.id, next_door.id, after.id}) == 3
        service.reject_claim(world.desk(), world.member_id, first.id, reason="no_proof")
        with pytest.raises(StayClaimed):
            claim(world)

    @pytest.mark.parametrize(
        "days",
        [
            (date(2025, 8, 1), date(2025, 8, 3)),  # older than the programme allows
            (date(2026, 3, 3), date(2026, 3, 5)),  # not over
        ],
    )
    def test_stays_that_nobody_can_claim(self, world: World, days: tuple[date, date]) -> None:
        with pytest.raises(StayNotClaimable):
            claim(world, days=days)

    @pytest.mark.parametrize(
        "days",
        [
            (date(2026, 2, 3), date(2026, 2, 1)),
            (date(2026, 2, 3), date(1999, 1, 1)),
            (date(2025, 1, 1), date(2026, 2, 1)),
        ],
    )
    def test_days_that_no_stay_has(self, world: World, days: tuple[date, date]) -> None:
        with pytest.raises(Invalid) as refused:
            claim(world, days=days)
        assert [one.pointer for one in refused.value.errors] == ["/departure"]

    def test_a_programme_may_take_none(self, world: World) -> None:
        world.publish(claim_days=0)
        with pytest.raises(StayNotClaimable):
            claim(world)

    def test_beyond_the_wall(self, world: World) -> None:
        with pytest.raises(NotFound):
            claim(world, scope=world.desk(world.sister), property_id=world.sister.id)
        with pytest.raises(Invalid):
            claim(world, scope=world.desk(), property_id=world.sister.id)

    def test_a_stay_that_has_earned(self, world: World) -> None:
        world.tell(amount=10_000)
        with pytest.raises(StayEarned):
            claim(world, days=(date(2026, 3, 1), date(2026, 3, 3)))


class TestDeciding:
    def test_approved_once_at_the_house_s_cost(self, world: World) -> None:
        known = claim(world)
        for _ in range(2):
            done = service.approve_claim(world.desk(), world.member_id, known.id)
            assert (done.status, int(done.granted), done.cost_owner) == ("approved", 300, world.house.id)
        (entry,) = world.entries()
        assert (entry.type, entry.source, entry.reason, entry.cost_owner) == (
            "claim", known.id, "missing_stay", world.house.id,
        )  # fmt: skip
        (lot,) = service.lots(world.hq, world.member_id)
        assert (lot.terms.vintage, lot.terms.property_id) == ("2026-02", world.house.id)
        for act in (
            lambda: service.approve_claim(world.desk(), world.member_id, known.id, points=5),
            lambda: service.reject_claim(world.desk(), world.member_id, known.id, reason="no_proof"),
        ):
            with pytest.raises(ClaimDecided):
                act()
        said = service.explain(world.hq, world.member_id, str(entry.id), "guest", "zh")
        assert said.headline == "您2026年2月12日离店的入住此前遗漏，现补 300 分。"
        assert world.is_right()

    def test_within_the_limit_of_the_role(self, world: World) -> None:
        known = claim(world, points=501)
        with pytest.raises(Forbidden):
            service.approve_claim(world.desk(), world.member_id, known.id)
        with pytest.raises(Invalid):
            service.approve_claim(world.desk(), world.member_id, known.id, points=5, cost_owner="chain")
        manager = world.desk(role="property_manager")
        assert service.approve_claim(manager, world.member_id, known.id).status == "approved"

    def test_a_claimed_stay_earns_nothing_when_it_is_told_late(self, world: World) -> None:
        days = (date(2026, 3, 1), date(2026, 3, 4))
        known = claim(world, days=days)
        service.approve_claim(world.desk(), world.member_id, known.id)
        world.tell(amount=10_000)  # a day later than the guest said
        world.tell(amount=20_000)
        assert world.points == (300, 0, 0)
        assert world.is_right()

    def test_a_stay_that_earns_while_its_claim_waits_cannot_be_approved(self, world: World) -> None:
        known = claim(world, days=(date(2026, 3, 2), date(2026, 3, 4)))
        world.tell(amount=10_000)
        with pytest.raises(StayEarned):
            service.approve_claim(world.desk(), world.member_id, known.id)
        service.reject_claim(world.desk(), world.member_id, known.id, reason="credited_already")
        world.tell(amount=20_000)
        assert world.points == (2_000, 0, 0)

    def test_what_we_know_of_the_stay_is_shown(self, world: World) -> None:
        stay = world.tell(arrival="2026-02-10", departure="2026-02-12", amount=5_000)  # before joining: earns nothing
        known = claim(world)
        assert (known.stay_id, int(known.suggested)) == (stay.id, 500)


class TestQueue:
    def test_each_house_sees_its_own_page_by_page(self, world: World) -> None:
        for place in range(3):
            day = date(2026, 1, 10 + place * 2)
            claim(world, days=(day, day + timedelta(days=1)))
        claim(world, scope=world.hq, property_id=world.sister.id)
        seen: list[str] = []
        cursor = None
        for _ in range(4):
            items, cursor = service.open_claims(world.hq, limit=2, after=cursor)
            seen += [str(one.property_id) for one in items]
            if cursor is None:
                break
        assert sorted(seen) == sorted([world.house.id] * 3 + [world.sister.id])
        mine, following = service.open_claims(world.desk(), limit=2, after=None)
        rest, end = service.open_claims(world.desk(), limit=2, after=following)
        assert (len({one.id for one in [*mine, *rest]}), end) == (3, None)
        assert len(service.open_claims(world.desk(world.house, world.sister), limit=9, after=None)[0]) == 4

    def test_the_desk_notes_and_decides_in_both_languages(self, world: World) -> None:
        staff = make_staff(world.hq, "front_desk", email="desk@staff.example", property_ids=[world.house.id])
        desk = Visitor()
        desk.sign_in(str(staff.email), PASSWORD)
        page = desk.get(f"/portal/members/{world.member_id}")
        action = f"/portal/members/{world.member_id}/claims"
        fields = {"property_id": world.house.id, "arrival": "2026-02-10", "departure": "2026-02-12"}
        wrong = desk.submit(page, action, **fields, cause="other", points="many")
        assert "Write a whole number of points." in wrong.text
        assert desk.submit(page, action, **fields, cause="other", points="600").status == 303
        queue = desk.get("/portal/claims")
        assert "600 points are asked for · we know of no such stay" in queue.text
        (known,) = service.open_claims(world.hq, limit=5, after=None)[0]
        approve = f"/portal/members/{world.member_id}/claims/{known.id}/approvals"
        refused = desk.submit(queue, approve, points="600")
        assert (refused.status, "Your role adjusts at most 500 points at once." in refused.text) == (422, True)
        assert desk.submit(refused, approve, points="500").status == 303
        assert "No claim waits" in desk.get("/portal/claims").text
        assert "Approved" in desk.get(f"/portal/members/{world.member_id}").text
        assert world.points == (500, 0, 0)


@given(st.lists(st.tuples(DAYS, st.integers(0, 4)), max_size=8))
def test_no_night_is_ever_claimed_twice(asked: list[tuple[date, int]]) -> None:
    kept: dict[str, Any] = {}
    nights: list[tuple[date, int]] = []
    for place, (arrival, length) in enumerate(asked):
        wanted = Claimed(f"c{place}", "open", "h", arrival, arrival + timedelta(days=length))
        try:
            check_claimable(claims_in(kept), wanted, today=date(2026, 2, 1), days_max=60)
        except StayClaimed:
            continue
        kept = claims_with(kept, wanted)
        nights += [(arrival + timedelta(days=night), 0) for night in range(length)]
    assert len(nights) == len(set(nights))
    assert claims_with(kept, claims_in(kept)[0]) == kept if kept else True
