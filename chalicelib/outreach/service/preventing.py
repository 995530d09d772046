"""What one lost guest teaches: who else is at risk for the same reason, and strategies against losing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import cursor
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError, Forbidden, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.models.calls import Strategy
from chalicelib.outreach.rules import calls
from chalicelib.outreach.service import silence, tasks
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

__all__ = ["AtRisk", "Strategy", "at_risk", "register", "revise", "status_of", "strategies_page", "strategy_of"]

RISK_DAYS = 90  # whose last stay ended longer ago has met another house than the one complained of
LOOKED_AT_MAX = 100  # stays that one page looks at: each costs the reading of its guest's other stays


# -- others at risk --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AtRisk:
    """A guest who has had what drove another one away, and is still to be kept."""

    guest: Guest
    stay: Stay
    silent_on: date | None  # None: they have booked again, or are in house


def at_risk(scope: Scope, task_id: str, *, limit: int, after: str | None) -> tuple[list[AtRisk], str | None]:
    """Who else may be lost for the reason that a call has found out, and the cursor of those that follow.

    Returning guests whose last stay was at the same property, ended in the last ninety days, and has in common what
    the reason is about: the room type (product), the channel of the booking (price, process), else the property alone.
    Those who are silent already are left out, and nobody is at risk for what lies with the guest: a move, no need. The
    earliest departure first. A page may be short. Raises NotFound, Malformed.
    """
    task = tasks.get(scope, task_id)
    shared = calls.SHARED_BY_REASON.get(str(task.reason)) if task.reason else None
    value = (task.shared or {}).get(shared) if shared and shared != "property" else None
    key = cursor.decode(scope, f"at-risk|{task_id}", after)
    if shared is None or (shared != "property" and value is None):
        return [], None
    house = directory.property_of(scope, task.property_id)
    today = local_day(scope.now, house.time_zone)
    page = stays.ended(
        scope, str(house.id), today - timedelta(days=RISK_DAYS), today, limit=min(limit, LOOKED_AT_MAX),
        cursor=key["stays"]["S"] if key else None,
    )  # fmt: skip
    fitting = [one for one in page.items if value is None or getattr(one, str(shared)) == value]
    people = guests.find_many(scope, {one.guest_id for one in fitting}) if fitting else {}
    lost = guests.find(scope, task.guest_id)
    found = []
    for stay in fitting:
        guest = people.get(stay.guest_id)
        if guest is None or (lost is not None and guest.id == lost.id):
            continue
        one = _risk_of(scope, guest, stay, today)
        if one is not None:
            found.append(one)
    following = {"stays": {"S": page.next}} if page.next else None
    return found, cursor.encode(scope, f"at-risk|{task_id}", following)


def _risk_of(scope: Scope, guest: Guest, stay: Stay, today: date) -> AtRisk | None:
    """Whether a stay was its guest's last one, and the guest is not silent yet."""
    # Whether somebody is silent does not depend on who asks.
    case = silence.look(replace(scope, property_ids=None), directory.chain_of(scope), guest)
    if case.silence is None or case.silence.last.stay_id != stay.id:
        return None
    if case.is_back:
        return AtRisk(guest, stay, None)
    return AtRisk(guest, stay, case.silence.silent_on) if case.silence.silent_on > today else None


# -- strategies ------------------------------------------------------------------------------------------------


def strategies_page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[Strategy], str | None]:
    """Strategies that the caller sees, the latest first: the chain's and those of their properties. Pages may be
    short."""
    page = Strategy.page(scope.chain_id, limit=limit, after=cursor.decode(scope, "strategies", after), is_forward=False)
    shown = [one for one in page.items if _is_seen(scope, one)]
    return shown, cursor.encode(scope, "strategies", page.next_key)


def strategy_of(scope: Scope, strategy_id: str) -> Strategy:
    """A strategy. Raises NotFound, also for one of a property beyond the wall."""
    found = Strategy.one(scope, strategy_id) if is_id(strategy_id, "stg") else None
    if found is None or not _is_seen(scope, found):
        raise NotFound()
    return found


def register(scope: Scope, told: Mapping[str, Any], *, id: str | None = None) -> Strategy:
    """Register a strategy: why it should help, for whom, from when. Raises NotFound, Forbidden, Invalid.

    One for the whole chain is head office's.
    """
    strategy = Strategy(
        chain_id=scope.chain_id,
        id=id or new_id("stg"),
        created_at=sortable(scope.now),
        made_by=scope.actor.id,
        property_id=told.get("property_id"),
    )
    _require(scope, strategy)
    return _write(scope, strategy, told, is_new=True)


def revise(scope: Scope, strategy_id: str, told: Mapping[str, Any], expected_version: int | None) -> Strategy:
    """Change what was said of a strategy, as its end and its result. Raises NotFound, Forbidden, Stale, Invalid."""
    strategy = strategy_of(scope, strategy_id)
    _require(scope, strategy)
    if expected_version is not None and int(strategy.version) != expected_version:
        raise Stale()
    return _write(scope, strategy, told, is_new=False)


def status_of(strategy: Strategy, today: date) -> str:
    """Whether it is planned, running or ended on a day."""
    if today < date.fromisoformat(str(strategy.starts_on)):
        return "planned"
    is_over = bool(strategy.ends_on) and date.fromisoformat(str(strategy.ends_on)) < today
    return "ended" if is_over else "running"


def _write(scope: Scope, strategy: Strategy, told: Mapping[str, Any], *, is_new: bool) -> Strategy:
    for name in ("title", "hypothesis", "segment", "reason", "result"):
        if name in told:
            setattr(strategy, name, told[name])
    for name in ("starts_on", "ends_on"):
        if name in told:
            setattr(strategy, name, told[name].isoformat() if told[name] is not None else None)
    _check(strategy)
    strategy.updated_at = sortable(scope.now)
    unit = Unit(scope)
    if is_new:
        unit.create(strategy)
    else:
        unit.update(strategy)
    unit.audit("strategy.registered" if is_new else "strategy.revised", str(strategy.id))
    unit.commit()
    return strategy


def _check(strategy: Strategy) -> None:
    faults = []
    if strategy.ends_on and str(strategy.ends_on) < str(strategy.starts_on):
        faults.append(FieldError("/ends_on", N_("The last day lies before the first.")))
    if strategy.result and not strategy.ends_on:
        faults.append(FieldError("/result", N_("A result is noted for a strategy that has an end.")))
    if faults:
        raise Invalid(errors=tuple(faults))


def _require(scope: Scope, strategy: Strategy) -> None:
    if strategy.property_id:
        directory.property_of(scope, str(strategy.property_id))
    elif scope.property_ids is not None:
        raise Forbidden(N_("A strategy for the whole chain is head office's: name a property of yours."))


def _is_seen(scope: Scope, strategy: Strategy) -> bool:
    return not strategy.property_id or scope.sees_property(str(strategy.property_id))
