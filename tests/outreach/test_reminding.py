"""Points that end are told of once for a member and day; and who is in house is not advertised to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.kernel import agenda
from chalicelib.kernel.events import Event
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import jobs as loyalty_jobs
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.events import POINTS_ENDING
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.outreach import service
from chalicelib.outreach.service import policies
from chalicelib.outreach.service.reminding import planned
from tests.outreach.test_journey import BOTH, at, booking, guest_of, sent, switch_on, text_of
from tests.outreach.world import World

assert loyalty_jobs

LAST_DAY = date(2026, 4, 10)


def member_of(world: World, guest: Any, points: int = 1200, **expiry: Any) -> Any:
    """A member with points that end on LAST_DAY, of which the programme tells thirty and seven days before."""
    version = Version(
        number=1, valid_from=date(2026, 1, 1), rules=(), expiry=ExpiryPolicy(notice_days=(30, 7), **expiry)
    )
    programme = loyalty.create(world.hq, name="Anchor", names={}, currency="EUR", first=version)
    made = loyalty.enrol(world.hq, programme_id=str(programme.id), guest_id=guest.id, consent_source="desk")
    expires_on = None if expiry else LAST_DAY
    loyalty.open_balance(
        world.hq, made.id, points=points, earned_on=date(2026, 1, 1), expires_on=expires_on, reference="old"
    )
    world.run_queues()
    return made


class TestPoints:
    @pytest.fixture(autouse=True)
    def on(self, world: World) -> None:
        switch_on(world, "points_ending")

    def test_once_with_points_and_day_however_many_notices(self, world: World) -> None:
        member = member_of(world, guest_of(world))
        world.advance(at(20, month=4))
        assert sent(world) == [("points_ending", "2026-03-11T10:00")]
        delivery = world.only()
        assert (delivery.occurrence, delivery.purpose) == (f"points_ending#{member.id}#2026-04-10", "service")
        assert "1,200 points" in text_of(world) and "Friday, 10 April 2026" in text_of(world)
        assert "You can keep them" not in text_of(world)

    def test_points_that_any_stay_keeps(self, world: World) -> None:
        member_of(world, guest_of(world, language="zh"), idle_months=2)
        world.advance(at(20, month=6))
        assert len(sent(world)) == 1 and "您可以留住它们" in text_of(world)

    def test_points_that_were_spent_meanwhile_are_not_spoken_of(self, world: World) -> None:
        guest = guest_of(world)
        member = member_of(world, guest)
        loyalty.adjust(world.hq, member.id, points=-1200, reason="mistake", cost_owner="chain")
        unit = Unit(world.hq)
        detail = {"programme_id": "", "guest_id": guest.id, "points": 1200, "last_day": "2026-04-10", "notice": 30}
        agenda.announce(unit, Event(POINTS_ENDING, member.id, 1, detail))
        unit.commit()
        world.run_queues()
        world.advance(at(20, month=4))
        assert world.deliveries() == []
        assert planned(world.hq, world.chain, guest, f"points_ending#{member.id}#2026-04-10") is None

    def test_a_later_notice_makes_up_for_one_that_could_not_be_sent(self, world: World) -> None:
        guest = guest_of(world, emails=[])
        member_of(world, guest)
        world.advance(at(15))
        assert world.only().reason == "no_channel"
        world.change(guest, emails=["ana@example.com"])
        world.advance(at(20, month=4))
        assert sent(world) == [("points_ending", "2026-04-03T09:00")]  # ten o'clock, in summer

    def test_a_member_who_has_left(self, world: World) -> None:
        member = member_of(world, guest_of(world))
        loyalty.change_status(world.hq, member.id, "closed", int(loyalty.get(world.hq, member.id).version))
        world.advance(at(20, month=4))
        assert sent(world) == []


def test_switched_off_nobody_is_reminded(world: World) -> None:
    member_of(world, guest_of(world))
    world.advance(at(20, month=4))
    assert world.deliveries() == []


class TestTheToneInHouse:
    GIVEN = [
        {"purpose": purpose, "channel": "email", "state": "granted", "source": "form"}
        for purpose in ("greeting", "marketing")
    ]

    def there(self, world: World, guest: Any, departure: str) -> None:
        world.stay(guest, status="in_house", arrival="2026-03-03", departure=departure)

    def test_a_birthday_with_an_offer_is_silent_and_one_without_is_not(self, world: World) -> None:
        guest = guest_of(world, birth_date="1988-03-05", consents=self.GIVEN)
        self.there(world, guest, "2026-03-06")
        plain = guest_of(world, birth_date="1988-03-06", consents=self.GIVEN)
        self.there(world, plain, "2026-03-07")
        switch_on(world, "birthday", offer=BOTH)
        world.advance(at(5, 23))
        assert (world.only().reason, world.only().occasion) == ("in_house", "birthday")
        service.publish(world.hq, "birthday", is_on=True, offer={})
        policies.forget()
        world.advance(at(6, 23))
        assert sent(world) == [("birthday", "2026-03-06T10:00")]

    def test_an_offer_with_time_waits_until_the_stay_is_over(self, world: World) -> None:
        """Before the next stay, while the guest is still in this one; which is extended meanwhile."""
        switch_on(world, "pre_arrival", offer=BOTH)
        guest = guest_of(world, consents=self.GIVEN)
        here = world.stay(guest, status="in_house", arrival="2026-03-03", departure="2026-03-06")
        booking(world, guest, "2026-03-09", "2026-03-12")
        world.advance(at(6, 11))
        assert sent(world) == []
        world.change_stay(here, departure="2026-03-07")
        world.advance(at(7, 12))
        assert sent(world) == []
        world.change_stay(here, status="checked_out")
        world.advance(at(8, 12))
        assert [one for one in sent(world) if one[0] == "pre_arrival"] == [("pre_arrival", "2026-03-08T09:00")]

    def test_a_guest_who_stays_on_unannounced(self, world: World) -> None:
        """Nobody has told the departure of the third: each night over puts the offer off by one day."""
        switch_on(world, "pre_arrival", offer=BOTH)
        guest = guest_of(world, consents=self.GIVEN)
        world.stay(guest, status="in_house", arrival="2026-03-01", departure="2026-03-03")
        booking(world, guest, "2026-03-09", "2026-03-12")
        world.advance(at(6, 11) + timedelta(days=5))
        assert (sent(world), world.only().reason) == ([], "in_house")
