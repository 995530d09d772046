"""What crosses the wire about programmes and their rules."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from chalicelib.kernel.money import AMOUNT_MAX
from chalicelib.loyalty.rules import expiry, programmes
from chalicelib.loyalty.rules.blackouts import BLACKOUTS_MAX, Blackout
from chalicelib.loyalty.rules.claims import CLAIM_DAYS_MAX
from chalicelib.loyalty.rules.earning import PERCENT_MAX, RULES_MAX, Rule, RuleKind, Where
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from chalicelib.loyalty.rules.ledger import LapsedPolicy, ReturnPolicy
from chalicelib.loyalty.rules.lots import POINTS_MAX
from chalicelib.loyalty.rules.pools import COOLING_DAYS_MAX, POOL_MEMBERS_MAX
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.loyalty.schemas.values import Code, Currency, Day, Id, InstantOut, Name, Out, Points, Word, example
from chalicelib.web.endpoints import Schema


class WhereIn(Schema):
    """Which stays a rule is for. What is left out asks nothing."""

    property_ids: list[Id] = Field(default_factory=list, max_length=500)
    channels: list[Word] = Field(default_factory=list, max_length=50)
    segments: list[Word] = Field(default_factory=list, max_length=50)
    rate_plans: list[Word] = Field(default_factory=list, max_length=200)
    nights_min: int = Field(default=0, ge=0, le=366)
    arrival_from: Day | None = Field(default=None)
    arrival_to: Day | None = Field(default=None)


class RuleIn(Schema):
    """One way to earn: by spend, by nights, for the stay, or a multiplier on what the others gave."""

    id: Code
    kind: RuleKind
    points: int = Field(default=0, ge=0, le=POINTS_MAX, description="For `per`, for a night, or for the stay.")
    per: int = Field(default=100, ge=1, le=AMOUNT_MAX, description="Minor units of the programme's currency.")
    percent: int = Field(default=0, ge=0, le=PERCENT_MAX, description="What a multiplier adds: 50 is half again.")
    categories: list[Word] = Field(default_factory=list, max_length=50, description="Of revenue; empty: all.")
    where: WhereIn = Field(default_factory=WhereIn)
    priority: int = Field(default=0, ge=-1000, le=1000, description="Higher is asked first.")
    is_last: bool = Field(default=False, description="Where it gives points, rules below are not asked.")
    points_max: Points | None = Field(default=None, description="Of one stay.")
    names: dict[Literal["en", "zh"], Name] = Field(default_factory=dict, description="Words for guests.")

    def rule(self) -> Rule:
        """The rule as the rules see it."""
        where = self.where
        return Rule(
            id=self.id,
            kind=self.kind,
            points=self.points,
            per=self.per,
            percent=self.percent,
            categories=frozenset(self.categories),
            where=Where(
                frozenset(where.property_ids),
                frozenset(where.channels),
                frozenset(where.segments),
                frozenset(where.rate_plans),
                where.nights_min,
                where.arrival_from,
                where.arrival_to,
            ),
            priority=self.priority,
            is_last=self.is_last,
            points_max=self.points_max,
            names=tuple(sorted(self.names.items())),
        )


class ExpiryIn(Schema):
    """When points end. Nothing given: never. Several: whichever comes first."""

    months: int | None = Field(default=None, ge=1, le=expiry.MONTHS_MAX, description="After the day of earning.")
    day: str | None = Field(default=None, pattern=r"^\d\d-\d\d$", description="`12-31`: a day of the year.")
    years: int = Field(default=0, ge=0, le=10, description="With `day`: so many years after the year of earning.")
    idle_months: int | None = Field(default=None, ge=1, le=expiry.MONTHS_MAX, description="Without any activity.")
    notice_days: list[int] = Field(default=[60, 30, 7, 1], max_length=expiry.NOTICES_MAX)

    def policy(self) -> ExpiryPolicy:
        """The policy as the rules see it."""
        return ExpiryPolicy(self.months, self.day, self.years, self.idle_months, tuple(self.notice_days))


class BlackoutIn(Schema):
    """Days for which no points are redeemed."""

    first: Day
    last: Day
    property_ids: list[Id] = Field(default_factory=list, max_length=500, description="Empty: everywhere.")


VERSION_EXAMPLE: dict[str, Any] = {
    "valid_from": "2190-01-01",
    "rules": [
        {
            "id": "spend",
            "kind": "spend",
            "points": 10,
            "per": 100,
            "categories": ["room", "food_beverage"],
            "names": {"en": "Ten points a euro", "zh": "每欧元十分"},
        },
        {"id": "direct", "kind": "multiplier", "percent": 50, "where": {"channels": ["direct"]}},
    ],
    "confirm_days": 7,
    "expiry": {"months": 24, "notice_days": [60, 30, 7, 1]},
    "returns": "within_balance",
    "blackouts": [{"first": "2190-12-24", "last": "2190-12-26"}],
}


class VersionIn(Schema):
    """The rules from a day on. Stays of that business date and later are priced by them, for ever."""

    model_config = example(**VERSION_EXAMPLE)

    valid_from: Day = Field(description="Today or later; a programme's first version may begin earlier.")
    rules: list[RuleIn] = Field(min_length=1, max_length=RULES_MAX)
    confirm_days: int = Field(default=0, ge=0, le=programmes.CONFIRM_DAYS_MAX, description="After the departure.")
    expiry: ExpiryIn = Field(default_factory=ExpiryIn)
    returns: ReturnPolicy = Field(default="within_balance", description="What a stay that is reversed takes back.")
    lapsed: LapsedPolicy = Field(default="restore", description="What returned points do whose lot has ended.")
    lapsed_days: int = Field(default=30, ge=1, le=366)
    redeem_min: Points = Field(default=1)
    redeem_max: Points | None = Field(default=None)
    blackouts: list[BlackoutIn] = Field(
        default_factory=list, max_length=BLACKOUTS_MAX, description="Days of use for which nothing is redeemed."
    )
    hold_hours: int = Field(default=72, ge=1, le=24 * 366)
    adjust_max_desk: int = Field(default=500, ge=0, le=POINTS_MAX)
    adjust_max_manager: int = Field(default=10_000, ge=0, le=POINTS_MAX)
    transfer_max_year: int = Field(default=0, ge=0, le=POINTS_MAX)
    pool_members_max: int = Field(
        default=0, ge=0, le=POOL_MEMBERS_MAX, description="Of a household's pool, its owner among them; 0: no pools."
    )
    pool_max_year: int = Field(default=0, ge=0, le=POINTS_MAX, description="What a member may put into a pool a year.")
    pool_cooling_days: int = Field(
        default=30,
        ge=0,
        le=COOLING_DAYS_MAX,
        description="From joining to putting in, and from leaving to joining again.",
    )
    claim_days: int = Field(
        default=180, ge=0, le=CLAIM_DAYS_MAX, description="How long a stay without its points can be claimed; 0: never."
    )

    def version(self, number: int = 0) -> Version:
        """The version as the rules see it."""
        plain = self.model_dump(exclude={"rules", "expiry", "blackouts"})
        return Version(
            number=number,
            rules=tuple(rule.rule() for rule in self.rules),
            expiry=self.expiry.policy(),
            blackouts=tuple(Blackout(one.first, one.last, frozenset(one.property_ids)) for one in self.blackouts),
            **plain,
        )


class ProgrammeIn(Schema):
    """A points programme and its first rules."""

    model_config = example(
        name="Atlantico Points",
        names={"zh": "大西洋积分"},
        currency="EUR",
        version={**VERSION_EXAMPLE, "valid_from": "2015-01-01"},
    )

    name: Name
    names: dict[Literal["en", "zh"], Name] = Field(default_factory=dict)
    currency: Currency = Field(description="What spend is counted in; other currencies are turned by the day's rate.")
    version: VersionIn


class ProgrammePatch(Schema):
    """What is to change; what is left out stays."""

    model_config = example(is_expiry_suspended=False)

    name: Name | None = Field(default=None)
    names: dict[Literal["en", "zh"], Name] | None = Field(default=None)
    is_expiry_suspended: bool | None = Field(default=None, description="No points end while this is so.")


class ProgrammeOut(Out):
    """A programme with all its versions as they are stored."""

    id: str
    name: str
    names: dict[str, str]
    currency: str
    is_expiry_suspended: bool
    versions: list[dict[str, Any]]
    created_at: InstantOut
    updated_at: InstantOut
    version: int
