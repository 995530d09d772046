"""What the demo expects of its stays is what the documented programme gives, reckoned in another way."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from chalicelib.loyalty.rules.earning import Rule, SpentLine, StayFacts, Where, earned
from infra.demo import earned as demo
from infra.demo.bookings import read_bookings
from infra.demo.timeline import DEMO_AS_OF

RULES = (
    Rule("spend", "spend", points=10, per=100, categories=frozenset({"room", "food_beverage"})),
    Rule("direct", "multiplier", percent=20, where=Where(channels=frozenset({"Direct", "direct"}))),
)


def test_expected_points_are_those_of_the_programme() -> None:
    expected = demo.expected()
    priced: dict[str, int] = {}
    for booking in read_bookings(settled_after=date(2017, 7, 20)):
        if booking.is_completed and booking.departure >= DEMO_AS_OF:
            line = SpentLine("1", "room", booking.revenue_cents, True)
            facts = StayFacts(
                "",
                booking.arrival,
                booking.departure,
                booking.nights,
                booking.distribution_channel,
                None,
                None,
                (line,),
            )
            priced[booking.external_id] = earned(facts, RULES, Fraction(1)).points
    assert expected.points == priced
    assert len(priced) == 3_588
    assert sum(expected.of(priced).values()) == sum(priced.values()) == 24_840_303
    assert not demo.Expected({}, {}).of(priced)
