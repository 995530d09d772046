"""What a chain has its guests written for: versions, offers, and anniversaries that are remembered once a year."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.kernel.errors import NotFound
from chalicelib.loyalty import jobs as loyalty_jobs
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.outreach import service
from tests.outreach.world import GRANTED, World

assert loyalty_jobs

MARKETING = {**GRANTED, "purpose": "marketing"}
OFFER = {"en": "Stay three nights and pay for two.", "zh": "住三晚，付两晚。"}


def on(world: World, occasion: str, *, is_on: bool = True, offer: dict[str, str] | None = None) -> service.Policy:
    policy = service.publish(world.hq, occasion, is_on=is_on, offer=offer or {})
    world.run_queues()
    return policy


def sent(world: World) -> list[tuple[str, str]]:
    found = [(str(one.occurrence), str(one.day)) for one in world.deliveries() if one.status == "sent"]
    return sorted(found, key=lambda one: one[1])


class TestVersions:
    def test_the_house_rule_comes_first(self, world: World) -> None:
        known = service.in_force(world.hq)
        assert {name for name, one in known.items() if one.is_on} == {"birthday", "first_stay", "special_day"}
        assert {one.number for one in known.values()} == {0}

    def test_each_change_is_a_dated_version(self, world: World) -> None:
        first = on(world, "birthday", is_on=False)
        world.advance(datetime(2026, 3, 5, 8, tzinfo=UTC))
        second = on(world, "birthday", offer=OFFER)
        assert [one.number for one in service.versions_of(world.hq, "birthday")] == [0, 1, 2]
        assert (first.is_on, first.on_since) == (False, None)
        assert (second.is_on, second.on_since, second.offer) == (True, world.hq.now, OFFER)
        assert service.versions_of(world.hq, "birthday")[1] == first

    def test_what_says_nothing_new_is_no_version(self, world: World) -> None:
        assert on(world, "birthday").number == 0
        assert on(world, "stay_anniversary").number == on(world, "stay_anniversary").number == 1

    def test_one_that_stays_on_keeps_its_beginning(self, world: World) -> None:
        first = on(world, "stay_anniversary")
        world.advance(datetime(2026, 3, 9, 8, tzinfo=UTC))
        assert on(world, "stay_anniversary", offer=OFFER).on_since == first.on_since

    def test_an_unknown_occasion(self, world: World) -> None:
        with pytest.raises(NotFound):
            service.publish(world.hq, "easter_egg", is_on=True, offer={})


class TestBirthdays:
    def test_a_chain_that_sends_none(self, world: World) -> None:
        on(world, "birthday", is_on=False)
        guest = world.guest()
        world.advance(datetime(2026, 3, 11, tzinfo=UTC))
        assert (world.only().reason, world.only().policy, world.outbox) == ("policy_off", "birthday#1", [])
        on(world, "birthday")
        found = service.occasions_of_guest(world.hq, guest.id, world.hq.now.date(), date(2027, 6, 1))
        assert [(str(one.day), one.will_send) for one in found] == [("2027-03-10", True)]

    def test_an_offer_makes_it_marketing(self, world: World) -> None:
        on(world, "birthday", offer=OFFER)
        without = world.guest(birth_date="1979-03-10", given_name="Rui", emails=["rui@example.com"])
        agreed = world.guest(consents=[GRANTED, MARKETING], language="zh")
        world.advance(datetime(2026, 3, 10, 12, tzinfo=UTC))
        found = {one.guest_id: one for one in world.deliveries()}
        assert (found[without.id].status, found[without.id].reason) == ("skipped", "consent_missing")
        assert (found[agreed.id].purpose, found[agreed.id].policy) == ("marketing", "birthday#1")
        body: Any = world.mail().get_body(("plain",))
        assert OFFER["zh"] in body.get_content()
        assert ".marketing." in str(world.mail()["List-Unsubscribe"])

    def test_without_an_offer_nothing_is_said(self, world: World) -> None:
        world.guest()
        world.advance(datetime(2026, 3, 10, 12, tzinfo=UTC))
        assert world.only().policy == "birthday#0"
        body: Any = world.mail().get_body(("html",))
        assert OFFER["en"] not in body.get_content()


class TestStayAnniversaries:
    def test_every_year_on_the_day_on_which_the_first_stay_ended(self, world: World) -> None:
        on(world, "stay_anniversary")
        guest = world.guest(birth_date=None)
        world.stay(guest)
        world.stay(guest, arrival="2026-06-01", departure="2026-06-03", status="booked")
        world.advance(datetime(2028, 6, 1, tzinfo=UTC))
        assert [one for one in sent(world) if one[0] != "first_stay"] == [
            ("stay_anniversary#2027", "2027-03-04"), ("stay_anniversary#2028", "2028-03-04"),
        ]  # fmt: skip
        body: Any = world.mail().get_body(("plain",))
        assert "2 years ago" in body.get_content()

    def test_those_who_stayed_before_it_was_switched_on(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        world.stay(guest, arrival="2020-05-01", departure="2020-05-04")
        assert service.occasions_of_guest(world.hq, guest.id, date(2026, 3, 4), date(2026, 12, 1))
        on(world, "stay_anniversary")
        world.advance(datetime(2026, 5, 5, tzinfo=UTC))
        assert sent(world) == [("stay_anniversary#2026", "2026-05-04")]

    def test_an_hour_that_has_passed_when_it_is_switched_on_is_not_made_up_for(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        world.stay(guest, arrival="2020-05-01", departure="2020-05-04")
        world.advance(datetime(2026, 5, 4, 12, tzinfo=UTC))
        on(world, "stay_anniversary")
        world.advance(datetime(2026, 5, 6, tzinfo=UTC))
        assert [one for one in sent(world) if one[0].startswith("stay")] == []

    def test_switched_off_again(self, world: World) -> None:
        on(world, "stay_anniversary")
        guest = world.guest(birth_date=None)
        world.stay(guest)
        on(world, "stay_anniversary", is_on=False)
        world.advance(datetime(2027, 4, 1, tzinfo=UTC))
        assert [one for one in sent(world) if one[0] != "first_stay"] == []
        on(world, "stay_anniversary")
        world.advance(datetime(2028, 4, 1, tzinfo=UTC))
        assert sent(world)[-1] == ("stay_anniversary#2028", "2028-03-04")

    def test_a_stay_that_is_taken_back(self, world: World) -> None:
        on(world, "stay_anniversary")
        guest = world.guest(birth_date=None)
        stay = world.stay(guest)
        world.change_stay(stay, status="in_house")
        world.advance(datetime(2027, 4, 1, tzinfo=UTC))
        assert [one for one in sent(world) if one[0] != "first_stay"] == []


class TestMembershipAnniversaries:
    def join(self, world: World, guest: Any) -> Any:
        version = Version(number=1, valid_from=date(2026, 1, 1), rules=())
        programme = loyalty.create(world.hq, name="Anchor", names={}, currency="EUR", first=version)
        made = loyalty.enrol(world.hq, programme_id=str(programme.id), guest_id=guest.id, consent_source="desk")
        world.run_queues()
        return made

    def test_every_year(self, world: World) -> None:
        on(world, "member_anniversary")
        guest = world.guest(birth_date=None, language="zh")
        self.join(world, guest)
        world.advance(datetime(2028, 6, 1, tzinfo=UTC))
        assert sent(world) == [("member_anniversary#2027", "2027-03-04"), ("member_anniversary#2028", "2028-03-04")]
        body: Any = world.mail().get_body(("plain",))
        assert "2年前的今天" in body.get_content()

    def test_not_once_they_have_left(self, world: World) -> None:
        on(world, "member_anniversary")
        guest = world.guest(birth_date=None)
        member = self.join(world, guest)
        loyalty.change_status(world.hq, member.id, "closed", int(loyalty.get(world.hq, member.id).version))
        world.advance(datetime(2027, 6, 1, tzinfo=UTC))
        assert sent(world) == []
