"""What a stay earns, by rules that are data, and why: which rule gave how much, which gave nothing and for what reason.

    spend        `points` for every `per` minor units of the programme's currency, of the lines in `categories`
    nights       `points` for each night
    stay         `points` for the stay
    multiplier   `percent` more on what the rules of the other kinds gave: 50 is half as much again

Rules are asked in order of `priority`, highest first, then by id; multipliers come after all others. Whole points only:
a rule's points are rounded down once, over all its lines together, so that the order of lines never matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import date
from fractions import Fraction
from typing import Literal, get_args

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.loyalty.rules.lots import POINTS_MAX

RuleKind = Literal["spend", "nights", "stay", "multiplier"]
RULE_KINDS: tuple[RuleKind, ...] = get_args(RuleKind)
RULES_MAX = 50
PERCENT_MAX = 10_000

WhyNot = Literal[
    "other_property", "other_channel", "other_segment", "other_rate_plan", "too_short", "outside_dates",
    "nothing_eligible", "too_little", "stopped",
]  # fmt: skip

StayWhyNot = Literal[
    "not_checked_out", "before_enrolment", "no_version", "no_rate", "not_first_guest", "suspended", "claimed"
]


@dataclass(frozen=True)
class Where:
    """Which stays a rule is for. An empty set asks nothing."""

    property_ids: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    rate_plans: frozenset[str] = frozenset()
    nights_min: int = 0
    arrival_from: date | None = None
    arrival_to: date | None = None


@dataclass(frozen=True)
class Rule:
    """One way to earn."""

    id: str
    kind: RuleKind
    points: int = 0
    per: int = 1  # minor units of the programme's currency
    percent: int = 0
    categories: frozenset[str] = frozenset()
    where: Where = field(default_factory=Where)
    priority: int = 0
    is_last: bool = False  # where it gives points, rules of lower priority are not asked
    points_max: int | None = None  # of one stay
    names: tuple[tuple[str, str], ...] = ()  # (language, words for guests)


@dataclass(frozen=True)
class SpentLine:
    """One line of a stay's revenue, in minor units of the property's currency."""

    id: str
    category: str
    amount: int
    is_eligible: bool


@dataclass(frozen=True)
class StayFacts:
    """What earning has to know of a stay."""

    property_id: str
    arrival: date
    departure: date
    nights: int
    channel: str | None
    segment: str | None
    rate_plan: str | None
    lines: tuple[SpentLine, ...]


@dataclass(frozen=True)
class Verdict:
    """What one rule said: points, or the reason why none. `amount` is what it counted, in the programme's currency."""

    rule_id: str
    points: int = 0
    why_not: WhyNot | None = None
    amount: int | None = None
    is_capped: bool = False


@dataclass(frozen=True)
class Earning:
    """What a stay earns by one version of the rules."""

    points: int
    verdicts: tuple[Verdict, ...]


def earned(stay: StayFacts, rules: Iterable[Rule], rate: Fraction) -> Earning:
    """What `stay` earns. `rate` turns the property's minor units into the programme's."""
    verdicts: list[Verdict] = []
    base, is_stopped = 0, False
    for rule in sorted(rules, key=lambda one: (one.kind == "multiplier", -one.priority, one.id)):
        verdict = Verdict(rule.id, why_not="stopped") if is_stopped else _asked(rule, stay, rate, base)
        verdicts.append(verdict)
        if rule.kind != "multiplier":
            base += verdict.points
            is_stopped = is_stopped or (rule.is_last and verdict.points > 0)
    points = min(sum(verdict.points for verdict in verdicts), POINTS_MAX)
    return Earning(points, tuple(verdicts))


def _asked(rule: Rule, stay: StayFacts, rate: Fraction, base: int) -> Verdict:
    why_not = _excluded(rule.where, stay)
    if why_not is not None:
        return Verdict(rule.id, why_not=why_not)
    amount: int | None = None
    if rule.kind == "spend":
        lines = [line.amount for line in stay.lines if line.is_eligible and _counts(rule, line)]
        amount = _floor(sum(lines) * rate)
        if amount <= 0:
            return Verdict(rule.id, why_not="nothing_eligible", amount=max(amount, 0))
        points = amount * rule.points // rule.per
    elif rule.kind == "nights":
        points = stay.nights * rule.points
    elif rule.kind == "stay":
        points = rule.points
    else:
        points = base * rule.percent // 100
    if points <= 0:
        return Verdict(rule.id, why_not="too_little", amount=amount)
    is_capped = rule.points_max is not None and points > rule.points_max
    return Verdict(rule.id, rule.points_max if is_capped else points, amount=amount, is_capped=is_capped)  # type: ignore[arg-type]


def _counts(rule: Rule, line: SpentLine) -> bool:
    return not rule.categories or line.category in rule.categories


def _excluded(where: Where, stay: StayFacts) -> WhyNot | None:
    """The first thing about the stay that the rule does not want."""
    if where.property_ids and stay.property_id not in where.property_ids:
        return "other_property"
    if where.channels and stay.channel not in where.channels:
        return "other_channel"
    if where.segments and stay.segment not in where.segments:
        return "other_segment"
    if where.rate_plans and stay.rate_plan not in where.rate_plans:
        return "other_rate_plan"
    if stay.nights < where.nights_min:
        return "too_short"
    after_first = where.arrival_from is None or stay.arrival >= where.arrival_from
    before_last = where.arrival_to is None or stay.arrival <= where.arrival_to
    return None if after_first and before_last else "outside_dates"


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def check_rules(rules: list[Rule]) -> None:
    """Raises InvalidValue for rules that contradict themselves."""
    if len(rules) > RULES_MAX:
        raise InvalidValue(N_("A programme has at most %(most)d rules."), most=RULES_MAX)
    if len({rule.id for rule in rules}) != len(rules):
        raise InvalidValue(N_("Two rules have one id."))
    for rule in rules:
        if rule.kind == "multiplier":
            if not 1 <= rule.percent <= PERCENT_MAX:
                raise InvalidValue(N_("A multiplier adds 1 to 10,000 percent."))
        elif not 1 <= rule.points <= POINTS_MAX:
            raise InvalidValue(N_("A rule gives at least one point."))
        if rule.kind == "spend" and rule.per < 1:
            raise InvalidValue(N_("Points are given for an amount above zero."))
        first, last = rule.where.arrival_from, rule.where.arrival_to
        if first is not None and last is not None and last < first:
            raise InvalidValue(N_("A rule's last day lies before its first."))
