"""Messages with offers: one a week, four a month, over all properties, whatever comes at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.outreach.models.frequencies import ContactFrequency
from chalicelib.outreach.rules import frequency
from chalicelib.outreach.service import Told
from tests.builders import make_property
from tests.outreach.test_policies import MARKETING, OFFER, on
from tests.outreach.test_special_days import tell
from tests.outreach.world import GRANTED, World

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
BOTH = [GRANTED, MARKETING]


class TestRule:
    @pytest.mark.parametrize(
        ("days_ago", "free_in"),
        [([], 0), ([8], 0), ([7], 0), ([6], 1), ([1, 20], 6), ([28, 21, 14, 7], 2), ([29, 22, 15, 8], 1)],
    )
    def test_one_a_week_and_four_a_month(self, days_ago: list[int], free_in: int) -> None:
        sent = [NOW - timedelta(days=one) for one in days_ago]
        assert frequency.free_at("marketing", sent, NOW) == NOW + timedelta(days=free_in)

    @pytest.mark.parametrize("purpose", ["service", "greeting"])
    def test_what_is_not_limited(self, purpose: str) -> None:
        assert not frequency.is_limited(purpose)
        assert frequency.free_at(purpose, [NOW] * 9, NOW) == NOW

    @given(st.lists(st.integers(0, 60 * 24), max_size=40))
    def test_whoever_waits_keeps_the_limits(self, gaps: list[int]) -> None:
        """Messages that come in any rhythm and wait for their time: no week has two, no thirty days have five."""
        sent: list[datetime] = []
        at = NOW
        for gap in gaps:
            at = frequency.free_at("marketing", sent, at + timedelta(hours=gap))
            sent.append(at)
        for limit in frequency.LIMITS["marketing"]:
            for start in sent:
                assert sum(start <= one < start + limit.span for one in sent) <= limit.most


class TestLiving:
    def test_two_offers_in_a_week(self, world: World) -> None:
        on(world, "birthday", offer=OFFER)
        on(world, "special_day", offer=OFFER)
        guest = world.guest(consents=BOTH)  # the birthday is on the 10th
        tell(
            world,
            guest,
            Told("First visit", date(2019, 3, 14), "gregorian"),
            Told("Name day", date(2010, 3, 17), "gregorian"),
        )
        world.advance(datetime(2026, 3, 20, tzinfo=UTC))
        found = {str(one.day): (one.status, one.reason) for one in world.deliveries()}
        assert found == {
            "2026-03-10": ("sent", None),
            "2026-03-14": ("skipped", "frequency_cap"),
            "2026-03-17": ("sent", None),  # a week later to the minute
        }

    def test_two_of_one_instant(self, world: World) -> None:
        on(world, "birthday", offer=OFFER)
        on(world, "special_day", offer=OFFER)
        guest = world.guest(consents=BOTH)
        tell(world, guest, Told("Also today", date(2019, 3, 10), "gregorian"))
        world.advance(datetime(2026, 3, 11, tzinfo=UTC))
        assert sorted((str(one.status), one.reason) for one in world.deliveries()) == [
            ("sent", None), ("skipped", "frequency_cap"),
        ]  # fmt: skip
        assert len(world.outbox) == 1

    def test_over_all_properties(self, world: World) -> None:
        porto = make_property(world.hq, "Porto", country="PT", time_zone="Europe/Lisbon")
        on(world, "birthday", offer=OFFER)
        on(world, "special_day", offer=OFFER)
        guest = world.guest(consents=BOTH)
        tell(world, guest, Told("First visit", date(2019, 3, 12), "gregorian"))
        world.advance(datetime(2026, 3, 11, tzinfo=UTC))
        world.stay(guest, house=porto)
        world.advance(datetime(2026, 3, 12, 20, tzinfo=UTC))
        (second,) = world.deliveries(occasion="special_day")
        assert (second.reason, second.property_id) == ("frequency_cap", porto.id)

    def test_greetings_without_an_offer_count_for_nothing(self, world: World) -> None:
        on(world, "special_day", offer=OFFER)
        guest = world.guest(consents=BOTH)
        tell(world, guest, Told("First visit", date(2019, 3, 9), "gregorian"))
        world.advance(datetime(2026, 3, 11, tzinfo=UTC))
        assert [one.status for one in world.deliveries()] == ["sent", "sent"]
        assert list(ContactFrequency.of(world.hq, guest.id).claims["marketing"]) == [
            str(one.id) for one in world.deliveries() if one.purpose == "marketing"
        ]
