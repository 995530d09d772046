"""Obligations open: with a first stay, with a call, with the decision about a greeting. Months are in `monthly`.

Whatever opens one reads it first and writes it in its own transaction: twice is once. What lies before a rule was
switched on is never owed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.calendars import day_bounds, local_day
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.models.obligations import Obligation
from chalicelib.outreach.rules import obligations as rules
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.rules.care import CarePolicy
from chalicelib.outreach.rules.obligations import Evidence, Verdict
from chalicelib.outreach.service import care, monthly, planning
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

NEW_GUEST = "new_guest"  # once in a guest's life, so the occurrence names nothing else
# Nothing is owed while the stay that it was owed for is not there; when it is, it is owed after all.
REOPENED = frozenset({"stay_reversed", "not_first_stay"})
AT_ONCE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Owed:
    """What is owed: by which version of which rule, by whom, in which period."""

    rule: str
    occurrence: str
    policy: CarePolicy
    property_id: str | None
    begins_at: datetime
    closes_at: datetime
    due_on: date
    needed: int = 1
    stay_id: str | None = None
    task_id: str | None = None


def record_of(scope: Scope, guest_id: str, owed: Owed) -> Obligation:
    """An open obligation, not stored yet."""
    record = Obligation(
        rule=owed.rule,
        occurrence=owed.occurrence,
        policy=owed.policy.id,
        begins_at=sortable(owed.begins_at),
        closes_at=sortable(owed.closes_at),
        due_on=owed.due_on.isoformat(),
        status="open",
        needed=owed.needed,
        stay_id=owed.stay_id,
        task_id=owed.task_id,
        opened_at=sortable(scope.now),
        is_test=int(scope.is_test),
        version=1,
    )
    record.file(scope, guest_id, owed.property_id)
    return record


def open_once(scope: Scope, unit: Unit, guest: Guest, owed: Owed) -> Obligation | None:
    """Open an obligation in the caller's unit, and watch its end; None if it was opened before, under whichever id."""
    if Obligation.of_occurrences(scope, guest.ids, [owed.occurrence]):
        return None
    record = record_of(scope, str(guest.id), owed)
    unit.create(record, refusal=Stale())
    watch(unit, record)
    return record


def watch(unit: Unit, record: Obligation) -> None:
    """Put the end of an obligation's period on the agenda."""
    closes_at = from_sortable(str(record.closes_at))
    agenda.arm(
        unit, subject_id=record.guest_id, kind=kinds.OWED, occurrence=str(record.id), due_at=closes_at,
        is_nudged=closes_at <= unit.scope.now,
    )  # fmt: skip


def close(record: Obligation, verdict: Verdict, now: datetime) -> None:
    """Note a verdict on a record in memory."""
    record.status, record.reason = verdict.status, verdict.reason
    record.evidence = [one.as_dict() for one in verdict.evidence]
    record.closed_at = sortable(now)


def is_owed_since(scope: Scope, policy: CarePolicy, at: datetime) -> bool:
    """Whether something that happened at an instant is owed by a policy."""
    return policy.is_on and at >= care.acts_since(directory.chain_of(scope), policy)


# -- stays -----------------------------------------------------------------------------------------------------


def owe_after_stays(scope: Scope, unit: Unit, completed: Iterable[tuple[str, str]]) -> None:
    """Stays have completed: a first one is followed by a word within days; a regular guest is owed one each month."""
    if not care.is_any_on(scope, "new_guest", "loyal_guest"):
        return
    chain = directory.chain_of(scope)
    by_guest: dict[str, set[str]] = {}
    for guest_id, stay_id in completed:
        by_guest.setdefault(guest_id, set()).add(stay_id)
    found = guests.find_many(scope, by_guest) if by_guest else {}
    people = {str(guest.id): guest for guest in found.values()}
    for guest in people.values():
        ended = {stay for one, those in by_guest.items() if one in guest.ids for stay in those}
        known = stays.of_guest(scope, *guest.ids)
        first = next((one for one in known if one.id in ended and planning.is_first(known, one)), None)
        if first is not None:
            _owe_new_guest(scope, unit, guest, first)
        monthly.follow(scope, unit, chain, guest, known)


def _owe_new_guest(scope: Scope, unit: Unit, guest: Guest, stay: Stay) -> None:
    house, left_at = directory.find_property(scope, str(stay.property_id)), planning.left_at_of(stay)
    if house is None or left_at is None:
        return
    policy = care.policy_of(scope, NEW_GUEST, str(house.id))
    closes_at = left_at + timedelta(days=int(policy.settings["days"]))
    if not is_owed_since(scope, policy, left_at) or closes_at <= scope.now:
        return  # a stay that is told of after the week: nobody can keep what is over
    due_on = local_day(closes_at - AT_ONCE, str(house.time_zone))
    owed = Owed(
        NEW_GUEST, NEW_GUEST, policy, str(house.id), left_at, closes_at, due_on, stay_id=str(stay.id)
    )  # fmt: skip
    known = Obligation.of_occurrences(scope, guest.ids, [NEW_GUEST])
    if not known:
        open_once(scope, unit, guest, owed)
        return
    if any(one.status != "open" and one.reason not in REOPENED for one in known):
        return
    for record in known[:1]:  # the check-out was taken back, and has come again
        fresh = record_of(scope, record.guest_id, owed)
        fresh.version = int(record.version)
        unit.update(fresh)
        watch(unit, fresh)


# -- greetings -------------------------------------------------------------------------------------------------


def owe_blessing(unit: Unit, guest: Guest, plan: Plan, reason: str | None) -> None:
    """A day of blessings is decided, in the caller's unit that also writes the delivery: claimed, or skipped for a
    reason. The delivery's condition stands guard over both, so nothing has to be read."""
    scope, name = unit.scope, plan.occasion.name
    policy = care.policy_of(scope, "blessings", plan.place.property_id)
    if name not in policy.occasions or reason in rules.NEVER_OWED:
        return
    if not is_owed_since(scope, policy, plan.window.opens):
        return
    # A claim is settled a day later at the latest; until then nobody knows what became of it.
    closes_at = scope.now + outcomes.UNKNOWN_AFTER + outcomes.PARK_AFTER
    owed = Owed(
        "blessings", f"blessings#{plan.occurrence}", policy, plan.place.property_id, plan.window.opens, closes_at,
        plan.day,
    )  # fmt: skip
    record = record_of(scope, str(guest.id), owed)
    if reason is not None:
        close(record, rules.verdict_of_skip(reason), scope.now)
    else:
        watch(unit, record)
    unit.put(record)


# -- calls -----------------------------------------------------------------------------------------------------


def owe_call(scope: Scope, unit: Unit, guest_id: str, task: tuple[str, str, date]) -> None:
    """A guest has fallen silent, and a call is open: it is owed until its last day ends where the property is."""
    task_id, property_id, due_on = task
    guest = guests.find(scope, guest_id)
    policy = care.policy_of(scope, "silence", property_id)
    if guest is None or not policy.is_on:
        return
    open_once(scope, unit, guest, _call(scope, policy, task_id, property_id, due_on))


def end_call(
    scope: Scope, unit: Unit, guest_id: str, task: tuple[str, str, date], outcome: str | None, *, is_owed: bool
) -> None:
    """A call is closed: what was owed is decided, and a talk counts for whatever else is owed at that moment."""
    guest = guests.find(scope, guest_id)
    if guest is None:
        return
    task_id, property_id, due_on = task
    evidence = Evidence("task", task_id, sortable(scope.now))
    policy = care.policy_of(scope, "silence", property_id)
    known = Obligation.of_occurrences(scope, guest.ids, [f"silence#{task_id}"])
    if known and known[0].status == "open":
        is_late = evidence.at >= str(known[0].closes_at)
        close(known[0], rules.verdict_of_call(outcome, evidence, is_late=is_late), scope.now)
        unit.update(known[0])
    elif is_owed and not known and policy.is_on:  # the end was heard of before the beginning
        owed = _call(scope, policy, task_id, property_id, due_on)
        record = record_of(scope, str(guest.id), owed)
        close(record, rules.verdict_of_call(outcome, evidence, is_late=scope.now >= owed.closes_at), scope.now)
        unit.create(record, refusal=Stale())
    if rules.is_contact(outcome):
        _count_talk(scope, unit, guest, evidence)


def _call(scope: Scope, policy: CarePolicy, task_id: str, property_id: str, due_on: date) -> Owed:
    house = directory.find_property(scope, property_id)
    zone = str(house.time_zone) if house is not None else str(directory.chain_of(scope).time_zone)
    last = due_on + timedelta(days=int(policy.settings["grace_days"]))
    place = property_id if house is not None else None
    return Owed(
        "silence", f"silence#{task_id}", policy, place, scope.now, day_bounds(last, zone)[1], last, task_id=task_id
    )  # fmt: skip


def _count_talk(scope: Scope, unit: Unit, guest: Guest, evidence: Evidence) -> None:
    """Note a person's contact with what is owed to a guest now; enough of them keep it at once."""
    names = [NEW_GUEST, *monthly.occurrences_around(scope.now)]
    for record in Obligation.of_occurrences(scope, guest.ids, names):
        if record.status != "open" or not str(record.begins_at) <= evidence.at < str(record.closes_at):
            continue
        known = [Evidence.of(one) for one in record.evidence]
        if evidence.id in {one.id for one in known}:
            continue
        record.evidence = [one.as_dict() for one in (*known, evidence)]
        if len(record.evidence) >= int(record.needed):
            close(record, Verdict("kept", None, (*known, evidence)), scope.now)
        unit.update(record)
