"""How head office declares a chain's own days, changes and ends them. They are gone through with the festivals.

Each change has every house's next day looked for anew. What has been greeted is known by the day's id and year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel import cursor
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models.policies import ChainDayRecord, PolicyVersion
from chalicelib.outreach.rules.chain_days import ACTIVE_DAYS_MAX, DAYS_MAX, ChainDay, faults_of
from chalicelib.outreach.service import celebrating, planning, policies

__all__ = [
    "ChainDay",
    "ChainDayRecord",
    "change",
    "day_of",
    "days_page",
    "declare",
    "end",
    "known_days",
    "known_page",
    "next_on",
]

PREFIX = "chd"
ONE_DAY = timedelta(days=1)
AHEAD = timedelta(days=9 * 366)  # eight years may lie between two 29 Februaries


# -- reading ---------------------------------------------------------------------------------------------------


def days_page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[ChainDayRecord], str | None]:
    """Days that the caller sees, the latest declared first, and the cursor of those that follow. Pages may be short."""
    page = ChainDayRecord.some(scope, limit=limit, after=cursor.decode(scope, "chain-days", after))
    shown = [one for one in page.items if _is_seen(scope, one.told)]
    return shown, cursor.encode(scope, "chain-days", page.next_key)


def day_of(scope: Scope, day_id: str) -> ChainDayRecord:
    """A day. Raises NotFound, also for one of a property beyond the wall."""
    found = ChainDayRecord.one(scope, day_id) if is_id(day_id, PREFIX) else None
    if found is None or not _is_seen(scope, found.told):
        raise NotFound()
    return found


def known_page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[ChainDay], str | None]:
    """Days that the caller sees in the order of `known_days`, and the cursor of those that follow. Raises Malformed."""
    return policies.page_of(scope, "known-chain-days", known_days(scope), limit, after)


def known_days(scope: Scope) -> list[ChainDay]:
    """Every day that the caller sees: the active ones by when they come next, then the ended ones, the latest first."""
    policies.forget(scope.chain_id)  # whoever reads after a change is to see it
    seen = [one for one in policies.declared(scope).values() if _is_seen(scope, one)]
    active = [one for one in seen if one.status == "active"]
    ended = [one for one in seen if one.status == "ended"]
    active.sort(key=lambda one: (next_on(scope, one) or date.max, one.id))
    return active + sorted(ended, key=lambda one: str(one.ended_at), reverse=True)


def next_on(scope: Scope, day: ChainDay) -> date | None:
    """The next day on which guests are written to for it, today included; None if there is none."""
    if day.status == "ended":
        return None
    chain = directory.chain_of(scope)
    today = local_day(scope.now, chain.time_zone)
    found = day.festival.yearly(planning.leap_rule_of(chain)).between(today, today + AHEAD)
    return found[0] if found else None


# -- writing ---------------------------------------------------------------------------------------------------


def declare(scope: Scope, told: Mapping[str, Any], *, id: str | None = None) -> ChainDayRecord:
    """Declare a day. Raises Forbidden for callers of single properties, NotFound, Invalid, Conflict.

    However many declare at once, the chain never has more days than it can have: each writes the guard that it read
    before it counted, and whoever finds it changed counts again.
    """
    _require(scope)
    now = scope.now
    day = ChainDay(
        id=id or new_id(PREFIX), said_at=now, created_at=now, updated_at=now, made_by=scope.actor.id, **told
    )  # fmt: skip
    _check(scope, day)

    def attempt() -> ChainDayRecord:
        guard = ChainDayRecord.guard(scope)
        _require_room(scope)
        record = ChainDayRecord.file(scope, day)
        unit = Unit(scope)
        unit.create(record)
        if int(guard.version):
            unit.update(guard)
        else:
            unit.create(guard, refusal=Stale())
        return _write(scope, unit, record, "chain_day.declared")

    return retried(attempt)


def _require_room(scope: Scope) -> None:
    """Count the days as they are stored: what a process remembers may lack those of a moment ago."""
    _, known = PolicyVersion.of_chain(scope)
    if sum(one.status == "active" for one in known) >= ACTIVE_DAYS_MAX:
        raise Conflict(N_("The chain has as many days of its own as it can have: end one that is kept no more."))
    if len(known) >= DAYS_MAX:
        raise Conflict(N_("The chain has declared as many days as it can, the ended ones among them."))


def change(scope: Scope, day_id: str, told: Mapping[str, Any], expected_version: int | None) -> ChainDayRecord:
    """Change a day; what is not told stays. Raises Forbidden, NotFound, Stale, Invalid, Conflict once it has ended.

    Whoever has been written to for it this year is not written to again, whatever it is called now and whenever it is.
    """
    record = _to_write(scope, day_id, expected_version)
    before = record.told
    if before.status == "ended":
        raise Conflict(N_("This day has ended and stays as it was: declare another one."))
    after = replace(before, **told, updated_at=scope.now)
    _check(scope, after)
    if _is_put_near(scope, before, after):
        after = replace(after, said_at=scope.now)
    return _update(scope, record, after, "chain_day.changed")


def end(scope: Scope, day_id: str, expected_version: int | None = None) -> ChainDayRecord:
    """Write to nobody for a day any more; what was sent stays known. Raises Forbidden, NotFound, Stale."""
    record = _to_write(scope, day_id, expected_version)
    if record.told.status == "ended":
        return record
    ended = replace(record.told, ended_at=scope.now, ended_by=scope.actor.id, updated_at=scope.now)
    return _update(scope, record, ended, "chain_day.ended")


def _to_write(scope: Scope, day_id: str, expected_version: int | None) -> ChainDayRecord:
    record = day_of(scope, day_id)
    _require(scope)
    if expected_version is not None and int(record.version) != expected_version:
        raise Stale()
    return record


def _update(scope: Scope, record: ChainDayRecord, day: ChainDay, action: str) -> ChainDayRecord:
    record.said = day.as_dict()
    unit = Unit(scope)
    unit.update(record)
    return _write(scope, unit, record, action)


def _write(scope: Scope, unit: Unit, record: ChainDayRecord, action: str) -> ChainDayRecord:
    celebrating.arm_festivals(unit, scope.chain_id)
    unit.audit(action, record.told.id)
    unit.commit()
    policies.forget(scope.chain_id)
    return record


def _is_put_near(scope: Scope, before: ChainDay, after: ChainDay) -> bool:
    """Whether a change puts a day where it may be today already, somewhere: its hour may have passed there."""
    chain = directory.chain_of(scope)
    rule, today = planning.leap_rule_of(chain), local_day(scope.now, chain.time_zone)
    span = (today - ONE_DAY, today + ONE_DAY)
    return not set(after.festival.yearly(rule).between(*span)) <= set(before.festival.yearly(rule).between(*span))


def _check(scope: Scope, day: ChainDay) -> None:
    faults = faults_of(day.calendar, day.month, day.day, day.year, (day.starts_on, day.ends_on))
    if faults:
        raise Invalid(errors=tuple(faults))
    if day.property_id is not None:
        directory.property_of(scope, day.property_id)


def _require(scope: Scope) -> None:
    if scope.property_ids is not None:
        raise Forbidden(N_("The chain's own days are head office's: this needs access to all properties."))


def _is_seen(scope: Scope, day: ChainDay) -> bool:
    return day.property_id is None or scope.sees_property(day.property_id)
