"""Versions of a policy on the line of time: which holds when, since when something is on, and which are still to begin.

At an instant that version holds which began last; of those that began together, the one published last. So a version
for today does not cancel the one for next year, and the other way round. What is withdrawn before it begins never
holds. Since when something is on follows from the line, and is written down nowhere: a version that is published
between two others may move it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Generic, Literal, NamedTuple, Protocol, Self, TypeVar

from chalicelib.kernel.calendars import day_bounds, local_day
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.i18n import N_

AHEAD_DAYS_MAX = 366  # a year's standard is prepared a year before; what is further away nobody remembers having dated
HEARD_WITHIN = timedelta(seconds=30)  # by every process: three times as long as any remembers what is in force
CLOCKS_APART_MAX = timedelta(seconds=1)  # of two machines; those that matter are apart by milliseconds
BEGINNING = datetime.min.replace(tzinfo=UTC)  # when what nobody has published begins

LIES_BEHIND = N_("A version begins now or later: what has been lies under the versions of then.")
TOO_FAR = N_("A version begins at most %(days)s days from now.")
HAS_BEGUN = N_("This version has begun, or begins within seconds: publish another one instead.")

Standing = Literal["ahead", "in_force", "ended", "withdrawn", "overruled"]


class Version(Protocol):
    """What all versions have. Those of the house's own rule, and of whoever has said nothing, begin with nothing."""

    @property
    def number(self) -> int:
        """Which one it is, in the order in which they were published."""

    @property
    def is_on(self) -> bool:
        """Whether anything is done by it."""

    @property
    def valid_from(self) -> datetime | None:
        """The instant at which it begins; None: it has always been there."""

    @property
    def on_since(self) -> datetime | None:
        """Since when it has been on without a break; None: since the beginning, or it is off."""

    @property
    def withdrawn_at(self) -> datetime | None:
        """When it was withdrawn, before it began."""

    def since(self, instant: datetime | None) -> Self:
        """The same version, on since an instant."""


V = TypeVar("V", bound=Version)


def line_of(versions: Iterable[V]) -> tuple[V, ...]:
    """The versions that have held or will, in the order in which they begin, each with the instant since when it is on.

    One that follows a version that is on keeps that one's.
    """
    found: list[V] = []
    for one in sorted((one for one in versions if one.withdrawn_at is None), key=_order):
        since = None
        if one.is_on:
            since = found[-1].on_since if found and found[-1].is_on else one.valid_from
        found.append(one.since(since))
    return tuple(found)


def told_of(versions: Iterable[V]) -> list[V]:
    """All versions by number, the withdrawn ones among them, each with the instant since when it is on."""
    known = list(versions)
    held = {one.number: one for one in line_of(known)}
    return [held.get(one.number, one) for one in sorted(known, key=lambda one: one.number)]


def held_at(line: Sequence[V], instant: datetime) -> V | None:
    """The version of a line that holds at an instant; None before the first."""
    for one in reversed(line):
        if one.valid_from is None or one.valid_from <= instant:
            return one
    return None


def ahead_of(line: Iterable[V], instant: datetime) -> list[V]:
    """The versions that begin after an instant, the next one first."""
    return [one for one in line if one.valid_from is not None and one.valid_from > instant]


def ends_of(versions: Iterable[V]) -> dict[int, datetime]:
    """When each version ends, by number: when the one after it begins. The last one has no end."""
    line = line_of(versions)
    return {one.number: after.valid_from for one, after in pairwise(line) if after.valid_from is not None}


def standing_of(one: Version, held: Version | None, instant: datetime) -> Standing:
    """What a version is at an instant at which `held` is the one of its line that holds."""
    if one.withdrawn_at is not None:
        return "withdrawn"
    if one.valid_from is not None and one.valid_from > instant:
        return "ahead"
    return "in_force" if held is not None and held.number == one.number else "ended"


class Shown(NamedTuple, Generic[V]):
    """A version as people read it: what it is now, and when it ends, as far as that is known."""

    policy: V
    standing: Standing
    ends_at: datetime | None


def shown(versions: Iterable[V], instant: datetime, *, is_overruled: bool = False) -> list[Shown[V]]:
    """All versions by number. `is_overruled`: another line's version holds where one of these would."""
    known = told_of(versions)
    held, ends = held_at(line_of(known), instant), ends_of(known)
    found = []
    for one in known:
        standing = standing_of(one, held, instant)
        if standing == "in_force" and is_overruled:
            standing = "overruled"
        found.append(Shown(one, standing, ends.get(one.number)))
    return found


def at_once(line: Iterable[Version], now: datetime) -> datetime:
    """The instant at which a version begins that begins at once: now, or with one that the clock of another machine has
    let begin a moment later, so that what is published last holds."""
    begun = (one.valid_from for one in line if one.valid_from is not None and one.valid_from <= now + CLOCKS_APART_MAX)
    return max((now, *begun))


def may_be_withdrawn(one: Version, now: datetime) -> bool:
    """Whether a version is far enough from its beginning that nobody can have acted by it who has not heard that it is
    withdrawn."""
    return one.withdrawn_at is None and one.valid_from is not None and one.valid_from - now > HEARD_WITHIN


def start_of(wanted: datetime | date | None, now: datetime, zone: str) -> datetime | None:
    """The instant at which a version is to begin; None: at once, as when the day named is today's.

    A day begins where the chain is, and the version with it, everywhere at the same instant. Raises Invalid.
    """
    if wanted is None:
        return None
    if isinstance(wanted, datetime):
        instant = wanted
    elif wanted == local_day(now, zone):
        return None
    else:
        instant = day_bounds(wanted, zone)[0]
    if instant < now:
        raise Invalid.field("/valid_from", LIES_BEHIND, "in_the_past")
    if instant > now + timedelta(days=AHEAD_DAYS_MAX):
        raise Invalid(errors=(FieldError("/valid_from", TOO_FAR, "too_far", {"days": AHEAD_DAYS_MAX}),))
    return instant if instant > now else None


def _order(one: Version) -> tuple[datetime, int]:
    return one.valid_from or BEGINNING, one.number
