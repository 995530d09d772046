"""What a chain owes its guests: four rules with a minimum, in dated versions that are never changed.

Version 0 is the house's own rule. Nothing is owed by it: what is owed is counted from the day on which head office
publishes a rule, because an update is not to find a chain in breach of what it never promised.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple, get_args

from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.i18n import N_

RuleName = Literal["silence", "new_guest", "loyal_guest", "blessings"]
RULE_NAMES: tuple[RuleName, ...] = get_args(RuleName)
VERSIONS_MAX = 200  # of one rule at one place: a change a month for sixteen years

Settings = Mapping[str, Any]


class Bound(NamedTuple):
    """Between which numbers a setting lies, and what it is while nobody has said anything."""

    least: int
    usual: int
    most: int


# The care that may not be undercut is one end of each: later than `most` days, or rarer than `least`, is less care.
BOUNDS: Mapping[str, Mapping[str, Bound]] = {
    "silence": {"grace_days": Bound(0, 0, 3)},
    "new_guest": {"days": Bound(1, 7, 7)},
    "loyal_guest": {
        "per_month": Bound(1, 1, 4),
        "stays": Bound(2, 3, 3),
        "window_days": Bound(90, 90, 365),
        "contact_day": Bound(1, 15, 25),  # the month has to leave time for whoever answers a message with a call
    },
    "blessings": {},
}
# Every year, also to those who no longer come; the chain may add other days, and take neither of the two away.
BLESSINGS_MINIMUM = ("birthday", "festival")
BLESSINGS = (*BLESSINGS_MINIMUM, "special_day", "stay_anniversary", "member_anniversary")

# Which way of a setting is more care; the day of a month's message is neither.
LOWER_IS_MORE = frozenset({"grace_days", "days", "stays"})
HIGHER_IS_MORE = frozenset({"per_month", "window_days"})

TOO_LITTLE = N_("This is less than the rule asks for: at least %(limit)s.")
TOO_MUCH = N_("This is beyond what the rule allows: at most %(limit)s.")
NOT_OF_THIS_RULE = N_("This rule has no such setting.")
CHAIN_ASKS_FOR_MORE = N_("The chain asks for more than this: at least %(limit)s.")
CHAIN_ASKS_FOR_LESS = N_("The chain asks for more than this: at most %(limit)s.")
CHAIN_ASKS_FOR_DAYS = N_("The chain asks for more days than these, and none of them may be left out.")
BLESSING_MISSING = N_("The rule asks for birthdays and festivals; other days may be added.")


class Rule(NamedTuple):
    """What a rule is called, to whom it is owed, and what."""

    name: RuleName
    code: str
    label: str
    whom: str
    what: str


RULES: Mapping[str, Rule] = {
    one.name: one
    for one in (
        Rule(
            "silence",
            "R1",
            N_("A call after silence"),
            N_("Returning guests who have not come for longer than is usual for them"),
            N_("The manager of the house stayed at last calls, greets and learns why."),
        ),
        Rule(
            "new_guest",
            "R2",
            N_("After the first stay"),
            N_("Guests whose first stay has ended"),
            N_("Thanks by message, or a person's word."),
        ),
        Rule(
            "loyal_guest",
            "R3",
            N_("Every month for regular guests"),
            N_("Regular guests"),
            N_("A message or a person's word in every calendar month."),
        ),
        Rule(
            "blessings",
            "R4",
            N_("Blessings every year"),
            N_("Every guest, also those who no longer come"),
            N_("Greetings on the days named here, until the guest says no."),
        ),
    )
}


@dataclass(frozen=True)
class CarePolicy:
    """One version of a rule, of the chain or (with a property) of a property in its stead.

    `on_since` is the instant from which something is owed: what lies before never was. It follows from the line of all
    versions (see `versions`).
    """

    rule: str
    number: int
    is_on: bool
    settings: Settings
    property_id: str | None = None
    may_override: bool = False
    valid_from: datetime | None = None
    on_since: datetime | None = None
    made_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    @property
    def id(self) -> str:
        """What an obligation notes of it."""
        place = f"@{self.property_id}" if self.property_id else ""
        return f"{self.rule}{place}#{self.number}"

    @property
    def occasions(self) -> tuple[str, ...]:
        """The days of blessings; none for other rules."""
        return tuple(self.settings.get("occasions", ()))

    def as_dict(self) -> dict[str, Any]:
        """What is stored."""
        return {
            "is_on": self.is_on,
            "settings": dict(self.settings),
            "may_override": self.may_override,
            "valid_from": sortable(self.valid_from) if self.valid_from else None,
            "made_by": self.made_by,
            "withdrawn_at": sortable(self.withdrawn_at) if self.withdrawn_at else None,
            "withdrawn_by": self.withdrawn_by,
        }

    def since(self, instant: datetime | None) -> CarePolicy:
        """The same version, owed since an instant."""
        return self if instant == self.on_since else replace(self, on_since=instant)

    @classmethod
    def of(cls, rule: str, number: int, property_id: str | None, stored: Mapping[str, Any]) -> CarePolicy:
        """A stored version. A setting that came later than the version is what it usually is."""
        return cls(
            rule,
            number,
            bool(stored["is_on"]),
            {**usual(rule), **stored["settings"]},
            property_id,
            bool(stored.get("may_override")),
            from_sortable(stored["valid_from"]) if stored.get("valid_from") else None,
            None,
            stored.get("made_by"),
            from_sortable(stored["withdrawn_at"]) if stored.get("withdrawn_at") else None,
            stored.get("withdrawn_by"),
        )


def usual(rule: str) -> dict[str, Any]:
    """The settings of a rule while nobody has said anything."""
    found: dict[str, Any] = {name: bound.usual for name, bound in BOUNDS[rule].items()}
    return found if rule != "blessings" else {"occasions": list(BLESSINGS_MINIMUM)}


@cache
def defaults() -> Mapping[str, CarePolicy]:
    """What holds as long as a chain has said nothing."""
    return {name: CarePolicy(name, 0, False, usual(name)) for name in RULE_NAMES}


def faults(rule: str, settings: Settings) -> list[FieldError]:
    """All that is wrong with settings that somebody wants for a rule."""
    found: list[FieldError] = []
    for name, value in settings.items():
        pointer = f"/{name}"
        if name not in usual(rule):
            found.append(FieldError(pointer, NOT_OF_THIS_RULE, "not_of_this_rule"))
        elif name == "occasions":
            if not set(BLESSINGS_MINIMUM).issubset(value):
                found.append(FieldError(pointer, BLESSING_MISSING, "below_minimum"))
        else:
            found += _faults_of(pointer, int(value), BOUNDS[rule][name])
    return found


def _faults_of(pointer: str, value: int, bound: Bound) -> list[FieldError]:
    if value < bound.least:
        return [FieldError(pointer, TOO_LITTLE, "below_minimum", {"limit": bound.least})]
    if value > bound.most:
        return [FieldError(pointer, TOO_MUCH, "above_maximum", {"limit": bound.most})]
    return []


def complete(rule: str, settings: Settings) -> dict[str, Any]:
    """The settings wanted, with what was left out as it usually is; days of blessings in their order, each once."""
    whole = {**usual(rule), **settings}
    if "occasions" in whole:
        whole["occasions"] = [one for one in BLESSINGS if one in whole["occasions"]]
    return whole


def is_same(before: CarePolicy, wanted: CarePolicy) -> bool:
    """Whether a version would say nothing new."""
    return (before.is_on, before.may_override, dict(before.settings)) == (
        wanted.is_on,
        wanted.may_override,
        dict(wanted.settings),
    )


def shortfalls(chain: Settings, house: Settings) -> list[FieldError]:
    """Where a property's settings ask for less than the chain's."""
    found: list[FieldError] = []
    for name, value in house.items():
        asked, pointer = chain[name], f"/{name}"
        if name == "occasions" and not set(asked).issubset(value):
            found.append(FieldError(pointer, CHAIN_ASKS_FOR_DAYS, "below_chain"))
        elif name in LOWER_IS_MORE and value > asked:
            found.append(FieldError(pointer, CHAIN_ASKS_FOR_LESS, "below_chain", {"limit": asked}))
        elif name in HIGHER_IS_MORE and value < asked:
            found.append(FieldError(pointer, CHAIN_ASKS_FOR_MORE, "below_chain", {"limit": asked}))
    return found


def in_place(chain: CarePolicy, house: CarePolicy | None) -> CarePolicy:
    """Which of the two holds at a property: its own where the chain allows it, as long as the chain's rule is on and
    asks for no more than the property's does."""
    if house is None or not house.number or not chain.is_on or not chain.may_override:
        return chain
    if shortfalls(chain.settings, house.settings):
        return chain  # the chain has raised its standard beyond what the house had promised
    return replace(house, is_on=True, may_override=False, on_since=chain.on_since)


# -- regular guests --------------------------------------------------------------------------------------------


def is_regular(departures: Collection[date], day: date, settings: Settings) -> bool:
    """Whether a guest whose stays ended on these days is a regular one on `day`."""
    first = day - timedelta(days=int(settings["window_days"]))
    return sum(first <= one <= day for one in departures) >= int(settings["stays"])


# -- months ----------------------------------------------------------------------------------------------------


def month_of(day: date) -> str:
    """The calendar month of a day, such as `2026-03`."""
    return day.isoformat()[:7]


def first_of(month: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{month}-01")


def month_after(month: str) -> str:
    """The month that follows."""
    return month_of(first_of(month) + timedelta(days=31))


def month_before(month: str) -> str:
    """The month that went before."""
    return month_of(first_of(month) - timedelta(days=1))


def last_of(month: str) -> date:
    """The last day of a month."""
    return first_of(month_after(month)) - timedelta(days=1)
