"""Pools of a household: who may be in one, and when and how much a member may put into it.

A pool has no account. What members put in lies in its owner's, lot by lot with its own last day, so that nothing that
holds for points has to be said twice (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_

POOL_MEMBERS_MAX = 20  # a household; all of them leave in one transaction when the pool closes
COOLING_DAYS_MAX = 366


class PoolRefused(Conflict):
    """The programme's rules for pools stand against it."""

    type, title = "pool_refused", N_("The rules for pools do not allow this")


@dataclass(frozen=True)
class PoolRules:
    """What a programme's version says of pools. `members_max` counts the owner; 0: there are no pools."""

    members_max: int
    year_max: int
    cooling_days: int


@dataclass(frozen=True)
class Pooling:
    """What a member's header keeps: the pool, since when, when the last one was left, and what was put in this year."""

    pool_id: str | None = None
    since: date | None = None
    left_on: date | None = None
    year: int = 0
    given: int = 0

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Pooling:
        """From the form it is kept in."""
        if not kept:
            return cls()
        since, left_on = (date.fromisoformat(kept[name]) if kept[name] else None for name in ("since", "left_on"))
        return cls(kept["pool_id"], since, left_on, kept["year"], kept["given"])

    def kept(self) -> dict[str, Any]:
        """The form it is kept in."""
        days = {
            name: day.isoformat() if day else None for name, day in (("since", self.since), ("left_on", self.left_on))
        }
        return {"pool_id": self.pool_id, **days, "year": self.year, "given": self.given}

    def joined(self, pool_id: str, rules: PoolRules, *, present: int, today: date) -> Pooling:
        """In a pool that `present` members are in. Raises PoolRefused: too many, in another one, left one just now."""
        if not rules.members_max:
            raise PoolRefused(N_("This programme has no pools."))
        if self.pool_id is not None:
            raise PoolRefused(N_("This member is in a pool already."))
        if self.left_on is not None and today < self.left_on + timedelta(days=rules.cooling_days):
            raise PoolRefused(
                N_("Whoever has left a pool may join one again after %(days)d days."),
                values={"days": rules.cooling_days},
            )
        if present >= rules.members_max:
            raise PoolRefused(N_("A pool has at most %(most)d members."), values={"most": rules.members_max})
        return replace(self, pool_id=pool_id, since=today, left_on=None)

    def gave(self, points: int, rules: PoolRules, *, today: date) -> Pooling:
        """After points were put in. Raises PoolRefused within the cooling-off days, or beyond the year's limit."""
        if self.since is None or today < self.since + timedelta(days=rules.cooling_days):
            raise PoolRefused(
                N_("Points can be put in %(days)d days after joining."), values={"days": rules.cooling_days}
            )
        given = self.given if self.year == today.year else 0
        if given + points > rules.year_max:
            raise PoolRefused(
                N_("A member puts in at most %(most)d points a year; %(given)d have been put in."),
                values={"most": rules.year_max, "given": given},
            )
        return replace(self, year=today.year, given=given + points)

    def left(self, today: date) -> Pooling:
        """In no pool any more. What was put in stays where it is, and counts for the year."""
        return replace(self, pool_id=None, since=None, left_on=today)
