"""Lists, figures and what is foreseen: who sees what, and that nothing is left out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.errors import Forbidden, Invalid, Malformed, NotFound, Stale
from chalicelib.outreach import models, service
from chalicelib.outreach.service import DeliveryFilter, counting, listing
from tests.builders import make_chain, make_property
from tests.outreach.world import GRANTED, World

TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)


@pytest.fixture
def busy(world: World) -> tuple[World, Any]:
    """Twelve greetings on consecutive days at two houses, every third a skip."""
    sister = make_property(world.hq, "Hill House")
    for number in range(12):
        world.guest(
            emails=[] if number % 3 == 0 else [f"g{number}@example.com"],
            birth_date=f"1980-03-{5 + number:02}",
            home_property_id=(world.house, sister)[number % 2].id,
        )
    world.advance(TEN + timedelta(days=30))
    return world, sister


def walk(scope: Any, limit: int, **fields: Any) -> list[str]:
    """Ids over all pages."""
    found: list[str] = []
    after = None
    while True:
        page = service.deliveries_page(scope, DeliveryFilter(**fields), limit=limit, after=after)
        assert len(page.items) <= limit
        found += [str(one.id) for one in page.items]
        after = page.next
        if after is None:
            return found


class TestDeliveries:
    @pytest.mark.parametrize("limit", [1, 5, 12, 100])
    def test_pages_join_up(self, busy: tuple[World, Any], limit: int) -> None:
        world, _ = busy
        found = walk(world.hq, limit)
        assert len(found) == len(set(found)) == 12
        days = [service.get_delivery(world.hq, one).day for one in found]
        assert days == sorted(days, reverse=True)

    @pytest.mark.parametrize(
        ("fields", "count"),
        [
            ({"status": "skipped"}, 4), ({"status": "sent"}, 8), ({"status": "bounced"}, 0),
            ({"occasion": "birthday"}, 12), ({"occasion": "first_stay"}, 0),
            ({"since": datetime(2026, 3, 10, tzinfo=UTC)}, 7), ({"until": datetime(2026, 3, 10, tzinfo=UTC)}, 5),
            ({"since": datetime(2026, 3, 6, 10, tzinfo=UTC), "until": datetime(2026, 3, 8, 10, tzinfo=UTC)}, 2),
        ],
    )  # fmt: skip
    def test_filters(self, busy: tuple[World, Any], fields: dict[str, Any], count: int) -> None:
        world, sister = busy
        assert len(walk(world.hq, 3, **fields)) == count
        by_house = [len(walk(world.hq, 3, property_id=one.id, **fields)) for one in (world.house, sister)]
        assert sum(by_house) == count

    def test_a_house_sees_its_own(self, busy: tuple[World, Any]) -> None:
        world, sister = busy
        desk = world.scope(property_ids=[world.house.id])
        own = walk(world.hq, 100, property_id=world.house.id)
        assert walk(desk, 4) == own and len(own) == 6
        other = walk(world.hq, 100, property_id=sister.id)[0]
        with pytest.raises(NotFound):
            service.get_delivery(desk, other)
        with pytest.raises(NotFound):
            walk(desk, 4, property_id=sister.id)
        with pytest.raises(NotFound):
            walk(desk, 4, guest_id=service.get_delivery(world.hq, other).guest_id)

    def test_a_guest_of_two_houses(self, world: World) -> None:
        sister = make_property(world.hq, "Hill House")
        guest = world.guest()
        world.stay(guest, house=sister)
        world.advance(TEN + timedelta(days=1))
        both = walk(world.hq, 10, guest_id=guest.id)
        assert len(both) == 2
        desk = world.scope(property_ids=[world.house.id])
        assert walk(desk, 10, guest_id=guest.id) == []  # both speak for the sister, where the last stay was
        assert len(service.deliveries_of_guest(world.scope(property_ids=[sister.id]), guest.id, 10)) == 2

    def test_what_the_chain_says_itself_is_the_chains(self, world: World) -> None:
        world.guest(home_property_id=None)
        world.advance(TEN)
        assert world.only().property_id is None
        assert walk(world.scope(property_ids=[world.house.id]), 10) == []

    def test_another_chain_sees_nothing(self, busy: tuple[World, Any]) -> None:
        world, _ = busy
        delivery_id = walk(world.hq, 1)[0]
        _, stranger = make_chain()
        assert walk(stranger, 10) == []
        with pytest.raises(NotFound):
            service.get_delivery(stranger, delivery_id)
        cursor = service.deliveries_page(world.hq, DeliveryFilter(), limit=1).next
        with pytest.raises(Malformed):
            service.deliveries_page(stranger, DeliveryFilter(), limit=1, after=cursor)
        with pytest.raises(Malformed):
            service.deliveries_page(world.hq, DeliveryFilter(status="sent"), limit=1, after=cursor)

    @pytest.mark.parametrize("delivery_id", ["", "x", "dlv_" + "0" * 26, "gst_" + "0" * 26])
    def test_what_is_not_there(self, world: World, delivery_id: str) -> None:
        with pytest.raises(NotFound):
            service.get_delivery(world.hq, delivery_id)

    def test_a_rare_status_is_looked_for_in_bounds(self, busy: tuple[World, Any], monkeypatch: Any) -> None:
        world, _ = busy
        monkeypatch.setattr(listing, "LOOKED_AT_MAX", 4)
        monkeypatch.setattr(listing, "READ_AT_ONCE", 2)
        assert len(walk(world.hq, 3, status="skipped")) == 4

    def test_the_id_follows_from_the_occurrence(self) -> None:
        one = models.delivery_id("chn_1", "gst_1", "birthday#2026")
        assert one == models.delivery_id("chn_1", "gst_1", "birthday#2026")
        others = {models.delivery_id("chn_1", *one) for one in (("gst_1", "birthday#2027"), ("gst_2", "birthday#2026"))}
        assert one not in others and len(one) == 30


class TestFigures:
    def test_by_property_month_and_occasion(self, busy: tuple[World, Any]) -> None:
        world, _ = busy
        found = service.figures(world.hq, start=date(2026, 3, 1), end=date(2026, 4, 30))
        assert [(one.month, one.occasion, one.due, one.sent, one.skipped) for one in found.rows] == [
            ("2026-03", "birthday", 6, 4, 2), ("2026-03", "birthday", 6, 4, 2),
        ]  # fmt: skip
        assert (found.total.due, found.total.skipped_by_reason, found.is_complete) == (12, {"no_channel": 4}, True)
        world.hear()
        after = service.figures(world.hq, start=date(2026, 3, 1), end=date(2026, 4, 30)).total
        assert (after.sent, after.delivered) == (8, 8)

    def test_days(self, busy: tuple[World, Any]) -> None:
        world, _ = busy
        assert service.figures(world.hq, start=date(2026, 3, 5), end=date(2026, 3, 7)).total.due == 3
        assert service.figures(world.hq, start=date(2026, 3, 17), end=date(2026, 5, 7)).total.due == 0

    def test_a_house_counts_its_own(self, busy: tuple[World, Any]) -> None:
        world, sister = busy
        desk = world.scope(property_ids=[world.house.id])
        found = service.figures(desk, start=date(2026, 3, 1), end=date(2026, 4, 1))
        assert [row.property_id for row in found.rows] == [world.house.id]
        with pytest.raises(NotFound):
            service.figures(desk, sister.id, start=date(2026, 3, 1), end=date(2026, 4, 1))

    def test_a_bound_is_told(self, busy: tuple[World, Any], monkeypatch: Any) -> None:
        world, _ = busy
        monkeypatch.setattr(counting, "ROWS_MAX", 5)
        assert not service.figures(world.hq, start=date(2026, 3, 1), end=date(2026, 4, 1)).is_complete

    def test_which_days(self, world: World) -> None:
        assert service.figure_days(world.hq, None, None) == (date(2026, 2, 2), date(2026, 3, 4))
        for days in ((date(2026, 3, 4), date(2026, 3, 3)), (date(2020, 1, 1), date(2026, 1, 1))):
            with pytest.raises(Invalid):
                service.figure_days(world.hq, *days)


class TestForeseeing:
    def foresee(self, world: World, guest: Any, scope: Any = None, years: int = 1) -> list[service.Foreseen]:
        start = date(2026, 3, 4)
        return service.occasions_of_guest(scope or world.hq, guest.id, start, start + timedelta(days=365 * years))

    def test_what_is_foreseen_is_what_happens(self, world: World) -> None:
        tokyo = make_property(world.hq, "Tokyo", time_zone="Asia/Tokyo", country="JP")
        people = [
            world.guest(), world.guest(time_zone="Asia/Shanghai"), world.guest(consents=[]), world.guest(emails=[]),
            world.guest(birth_date="2010-05-01"), world.guest(birth_date="2008-05-01"),
            world.guest(home_property_id=tokyo.id, consents=[]), world.guest(is_do_not_greet=True),
            world.guest(home_property_id=None), world.guest(emails=["a@guest.trip.com"]),
        ]  # fmt: skip
        foreseen = {guest.id: self.foresee(world, guest) for guest in people}
        world.advance(datetime(2027, 3, 4, tzinfo=UTC))
        for guest in people:
            said = [(str(one.day), one.will_send, one.reason, one.channel) for one in foreseen[guest.id]]
            done = service.deliveries_of_guest(world.hq, guest.id, 10)
            assert said == [(one.day, one.status == "sent", one.reason, one.channel) for one in done]
            at = {entry["chain_time"] for entry in world.outbox if entry["tags"]["guest"] == guest.id}
            assert at == {f"{one.at:%Y-%m-%dT%H:%M:%SZ}" for one in foreseen[guest.id] if one.will_send and one.at}

    def test_asking_changes_nothing(self, world: World) -> None:
        guest = world.guest()
        assert self.foresee(world, guest) == self.foresee(world, guest)
        assert world.deliveries() == []

    def test_what_was_decided(self, world: World) -> None:
        guest = world.guest()
        world.advance(TEN)
        found = self.foresee(world, guest, years=2)
        assert [(one.occurrence, one.will_send, one.delivery and one.delivery.status) for one in found] == [
            ("birthday#2026", False, "sent"), ("birthday#2027", True, None),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"birth_date": "1900-01-15", "birthday_calendar": "lunar"}, "lunar_unknown"),
            ({"birth_date": None}, "no_birth_date"),
        ],
    )
    def test_what_cannot_be_reckoned(self, world: World, fields: dict[str, Any], reason: str) -> None:
        found = self.foresee(world, world.guest(**fields))
        assert [(one.day, one.will_send, one.reason) for one in found] == [(None, False, reason)]

    def test_a_suppressed_address(self, world: World) -> None:
        guest = world.guest()
        service.add_suppression(world.hq, "email", guest.emails[0])
        assert [one.reason for one in self.foresee(world, guest)] == ["suppressed"]

    def test_a_first_stay(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        world.stay(guest)
        found = [one for one in self.foresee(world, guest) if one.occasion == "first_stay"]
        assert [(one.day, one.will_send, one.at) for one in found] == [
            (date(2026, 3, 6), True, datetime(2026, 3, 6, 10, tzinfo=UTC))
        ]

    def test_a_stay_from_before_the_chain_was_switched_on(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        world.stay(guest, arrival="2026-01-20", departure="2026-01-22")
        found = service.occasions_of_guest(world.hq, guest.id, date(2026, 1, 1), date(2026, 12, 31))
        assert [(one.occasion, one.will_send, one.reason) for one in found if one.occasion == "first_stay"] == [
            ("first_stay", False, "before_activation")
        ]

    def test_a_day_of_the_past_that_nobody_kept(self, world: World) -> None:
        guest = world.guest(birth_date="1980-01-05")
        found = service.occasions_of_guest(world.hq, guest.id, date(2026, 1, 1), date(2026, 2, 1))
        assert [(one.will_send, one.reason) for one in found] == [(False, "before_activation")]

    def test_a_house_does_not_learn_of_its_sister(self, world: World) -> None:
        sister = make_property(world.hq, "Hill House")
        guest = world.guest()
        world.stay(guest, house=sister)
        found = self.foresee(world, guest, world.scope(property_ids=[world.house.id]))
        assert [(one.occasion, one.property_id, one.will_send) for one in found] == [("birthday", None, True)]
        with pytest.raises(NotFound):
            self.foresee(world, world.guest(home_property_id=sister.id), world.scope(property_ids=[world.house.id]))

    def test_which_days(self, world: World) -> None:
        assert service.occasion_days(world.hq, None, None) == (date(2026, 3, 4), date(2027, 3, 4))
        for days in ((date(2026, 3, 4), date(2026, 3, 3)), (date(2026, 1, 1), date(2031, 1, 31))):
            with pytest.raises(Invalid):
                service.occasion_days(world.hq, *days)

    def test_29_february(self, world: World) -> None:
        guest = world.guest(birth_date="1984-02-29")
        found = self.foresee(world, guest, years=3)
        assert [one.day for one in found] == [date(2027, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]


class TestSuppressions:
    def test_by_hand(self, world: World) -> None:
        record, is_new = service.add_suppression(world.hq, "email", "  Ana@Example.com ")
        again, is_new_again = service.add_suppression(world.hq, "email", "ana@example.com")
        assert (is_new, is_new_again, record.id, record.address_masked) == (True, False, again.id, "A***@example.com")
        guest = world.guest(emails=["ANA@example.com"])
        world.advance(TEN)
        assert world.only(guest_id=guest.id).reason == "suppressed"

    def test_a_number(self, world: World) -> None:
        service.add_suppression(world.hq, "sms", "+351 912 345 678")
        world.guest(emails=[], phones=["+351912345678"], consents=[{**GRANTED, "channel": "sms"}])
        world.advance(TEN)
        assert world.only().reason == "suppressed"

    @pytest.mark.parametrize(
        ("channel", "address"), [("email", "nobody"), ("email", "+351912345678"), ("sms", "a@b.example")]
    )
    def test_a_broken_address(self, world: World, channel: str, address: str) -> None:
        with pytest.raises(Invalid) as refused:
            service.add_suppression(world.hq, channel, address)
        assert [one.pointer for one in refused.value.errors] == ["/address"]

    def test_lifted(self, world: World) -> None:
        guest = world.guest()
        record, _ = service.add_suppression(world.hq, "email", guest.emails[0])
        with pytest.raises(Stale):
            service.lift_suppression(world.hq, record.id, 7)
        service.lift_suppression(world.hq, record.id, int(record.version))
        with pytest.raises(NotFound):
            service.get_suppression(world.hq, record.id)
        world.advance(TEN)
        assert world.only().status == "sent"

    def test_pages(self, world: World) -> None:
        made = {service.add_suppression(world.hq, "email", f"a{number}@example.com")[0].id for number in range(7)}
        found: list[str] = []
        after = None
        while True:
            page = service.suppressions_page(world.hq, limit=3, after=after)
            found += [one.id for one in page.items]
            after = page.next
            if after is None:
                break
        assert len(found) == 7 and set(found) == made

    def test_they_belong_to_the_chain(self, world: World) -> None:
        record, _ = service.add_suppression(world.hq, "email", "a@example.com")
        desk = world.scope(property_ids=[world.house.id])
        for attempt in (
            lambda: service.suppressions_page(desk, limit=1, after=None),
            lambda: service.get_suppression(desk, record.id),
            lambda: service.add_suppression(desk, "email", "b@example.com"),
            lambda: service.lift_suppression(desk, record.id, 1),
        ):
            with pytest.raises(Forbidden):
                attempt()
        _, stranger = make_chain()
        assert service.suppressions_page(stranger, limit=1, after=None).items == []
        with pytest.raises(NotFound):
            service.get_suppression(stranger, record.id)

    @pytest.mark.parametrize("suppression_id", ["", "sup_1", "sup_" + "0" * 26, "sup_" + "z" * 26, "dlv_" + "0" * 26])
    def test_what_is_not_there(self, world: World, suppression_id: str) -> None:
        with pytest.raises(NotFound):
            service.get_suppression(world.hq, suppression_id)
