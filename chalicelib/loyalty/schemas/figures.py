"""What crosses the wire about prices, rates and what is owed."""

from __future__ import annotations

from pydantic import Field

from chalicelib.kernel.money import AMOUNT_MAX
from chalicelib.loyalty.rules.earning import SpentLine, StayFacts
from chalicelib.loyalty.schemas.values import (
    DEMO_PROPERTY,
    LINES_MAX,
    Currency,
    Day,
    Id,
    InstantOut,
    Out,
    Word,
    example,
)
from chalicelib.web.endpoints import Schema


class CalculationLine(Schema):
    """One line of revenue, in minor units."""

    id: Word
    category: Word
    amount: int = Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)
    eligible: bool = Field(default=True)


class CalculationIn(Schema):
    """A stay to be priced; nothing is written."""

    model_config = example(
        property_id=DEMO_PROPERTY,
        arrival="2030-05-04",
        departure="2030-05-07",
        currency="EUR",
        channel="direct",
        lines=[{"id": "1", "category": "room", "amount": 38700}],
    )

    property_id: Id
    arrival: Day
    departure: Day
    currency: Currency
    channel: Word | None = Field(default=None)
    segment: Word | None = Field(default=None)
    rate_plan: Word | None = Field(default=None)
    lines: list[CalculationLine] = Field(default_factory=list, max_length=LINES_MAX)

    def facts(self) -> StayFacts:
        """The stay as the rules see it."""
        lines = tuple(SpentLine(line.id, line.category, line.amount, line.eligible) for line in self.lines)
        nights = (self.departure - self.arrival).days
        return StayFacts(
            self.property_id, self.arrival, self.departure, nights, self.channel, self.segment, self.rate_plan, lines
        )


class VerdictOut(Schema):
    """What one rule gave, or why it gave nothing."""

    rule_id: str
    points: int
    why_not: str | None
    words: str


class CalculationOut(Schema):
    """What a stay would earn."""

    points: int
    why_not: str | None = Field(description="`no_version` or `no_rate`: it cannot be priced.")
    rules: list[VerdictOut]


class RatesIn(Schema):
    """What one unit of each currency was worth in `base` on that business date."""

    model_config = example(base="EUR", rates={"CNY": "0.1287", "USD": "0.92"})

    base: Currency
    rates: dict[str, str] = Field(min_length=1, max_length=200)


class RatesOut(Schema):
    """The day's rates."""

    day: str
    base: str
    rates: dict[str, str]


class UnpricedOut(Schema):
    """A stay that waits for a rate."""

    stay_id: str
    member_id: str
    reason: str | None


class LiabilityQuery(Schema):
    """Up to which day, that day included."""

    as_of: Day | None = Field(default=None, description="Today if left out.")


class PointsFigures(Out):
    """Points: issued ones may wait still; outstanding are those that may be spent."""

    issued: int
    confirmed: int
    redeemed: int
    expired: int
    reversed: int
    adjusted: int
    outstanding: int


class PointsFiguresOf(Schema):
    """Figures of one month of issue, or of one property."""

    of: str
    figures: PointsFigures


class LiabilityOut(Schema):
    """What is owed to members."""

    as_of: str
    total: PointsFigures
    by_vintage: list[PointsFiguresOf]
    by_property: list[PointsFiguresOf]


class CheckOut(Out):
    """What a check of the books found."""

    finished_at: InstantOut
    members: int
    entries: int
    points: int = Field(description="The sum of all balances.")
    differing: int = Field(description="Members whose entries, header and lots do not agree: to be 0.")
