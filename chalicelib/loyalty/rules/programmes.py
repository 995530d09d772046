"""What a version of a programme says, apart from how points are earned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, field
from datetime import date
from typing import Any

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden
from chalicelib.kernel.i18n import N_
from chalicelib.loyalty.rules.blackouts import Blackout, days_after, refuse_blackout
from chalicelib.loyalty.rules.earning import Rule, Where
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from chalicelib.loyalty.rules.ledger import LapsedPolicy, ReturnPolicy
from chalicelib.loyalty.rules.pools import PoolRules

CONFIRM_DAYS_MAX = 60
VERSIONS_MAX = 200  # of one programme: a change a month for sixteen years

# Who may adjust how much at once is found by the strongest of these permissions that somebody holds.
ADJUSTING = ("programmes:write", "points:adjust", "points:write")


@dataclass(frozen=True)
class Version:
    """One dated state of a programme's rules; a stay is priced by the version of its business date, for ever."""

    number: int
    valid_from: date
    rules: tuple[Rule, ...]
    confirm_days: int = 0
    expiry: ExpiryPolicy = field(default_factory=ExpiryPolicy)
    returns: ReturnPolicy = "within_balance"
    lapsed: LapsedPolicy = "restore"
    lapsed_days: int = 30
    redeem_min: int = 1
    redeem_max: int | None = None
    blackouts: tuple[Blackout, ...] = ()  # days of use for which nothing is redeemed
    hold_hours: int = 72
    adjust_max_desk: int = 500
    adjust_max_manager: int = 10_000
    transfer_max_year: int = 0  # points a member may give away in a calendar year; 0: none
    pool_members_max: int = 0  # of a household's pool, its owner among them; 0: no pools
    pool_max_year: int = 0  # points a member may put into a pool in a calendar year
    pool_cooling_days: int = 30  # after joining before points can be put in; after leaving before joining again
    claim_days: int = 180  # how long after a departure its points can be claimed; 0: never

    @property
    def pools(self) -> PoolRules:
        """What is said of pools."""
        return PoolRules(self.pool_members_max, self.pool_max_year, self.pool_cooling_days)

    def adjust_max(self, permissions: Iterable[str]) -> int | None:
        """How many points the holder of `permissions` may adjust at once; None: as many as are right."""
        held = frozenset(permissions)
        if ADJUSTING[0] in held:
            return None
        return self.adjust_max_manager if ADJUSTING[1] in held else self.adjust_max_desk

    def check_adjustment(self, points: int, permissions: Iterable[str]) -> None:
        """Raises Forbidden for more points than the role may adjust."""
        most = self.adjust_max(permissions)
        if most is not None and abs(points) > most:
            raise Forbidden(N_("Your role adjusts at most %(most)d points at once."), values={"most": most})

    def as_dict(self) -> dict[str, Any]:
        """The form it is stored in."""
        stored = asdict(self)
        stored["valid_from"] = self.valid_from.isoformat()
        stored["rules"] = [_stored(rule) for rule in self.rules]
        stored["blackouts"] = [one.as_dict() for one in self.blackouts]
        return stored

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Version:
        """From the form it is stored in."""
        values = dict(stored)
        expiry = {**values["expiry"], "notice_days": tuple(values["expiry"]["notice_days"])}
        rules = tuple(_rule_of(one) for one in values["rules"])
        told = {
            "valid_from": date.fromisoformat(values["valid_from"]),
            "rules": rules,
            "expiry": ExpiryPolicy(**expiry),
            "blackouts": tuple(Blackout.of(one) for one in values.get("blackouts", ())),
        }
        return cls(**{**values, **told})


def valid_on(versions: Iterable[Version], day: date) -> Version | None:
    """The version of a business date: the latest that is valid by then."""
    due = [version for version in versions if version.valid_from <= day]
    return max(due, key=lambda version: (version.valid_from, version.number), default=None)


def check_day_of_use(versions: Iterable[Version], day: date, property_id: str | None) -> None:
    """Raises BlackoutDate where nothing is redeemed for a day at a house; it names the next day that is free."""
    known = list(versions)

    def is_closed(one: date) -> bool:
        version = valid_on(known, one)
        return version is not None and any(blackout.covers(one, property_id) for blackout in version.blackouts)

    if is_closed(day):
        refuse_blackout(day, (one for one in days_after(day) if not is_closed(one)))


def _stored(rule: Rule) -> dict[str, Any]:
    stored = asdict(rule)
    where = stored["where"]
    for name in ("property_ids", "channels", "segments", "rate_plans"):
        where[name] = sorted(where[name])
    for name in ("arrival_from", "arrival_to"):
        where[name] = where[name].isoformat() if where[name] else None
    stored["categories"] = sorted(rule.categories)
    stored["names"] = [list(pair) for pair in rule.names]
    return stored


def _rule_of(stored: Mapping[str, Any]) -> Rule:
    where = dict(stored["where"])
    for name in ("property_ids", "channels", "segments", "rate_plans"):
        where[name] = frozenset(where[name])
    for name in ("arrival_from", "arrival_to"):
        where[name] = date.fromisoformat(where[name]) if where[name] else None
    names = tuple((str(language), str(words)) for language, words in stored["names"])
    categories = frozenset(stored["categories"])
    return Rule(**{**stored, "where": Where(**where), "categories": categories, "names": names})
