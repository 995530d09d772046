"""R1: guests who have fallen silent. One item of the agenda for each guest, which every stay moves.

When it falls due the guest becomes a candidate in the day of the property last stayed at; whom the property calls, and
whom it writes to, is decided among all candidates of the day at once (see `silent_days`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain, Property
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import local_day, local_instant
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.calls import SilentGuest, Task
from chalicelib.outreach.rules import silence as rules
from chalicelib.outreach.rules.calls import SILENCE
from chalicelib.outreach.rules.silence import Silence, Visit
from chalicelib.outreach.rules.timing import Window
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import planning, policies, tasks
from chalicelib.outreach.service.placing import place_at
from chalicelib.outreach.service.planning import Plan, acts_since, left_at_of
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

GATHERED_FOR = timedelta(minutes=1)  # who is found silent after the day's choice waits this long for others
KEPT_FOR = timedelta(days=30)  # a row of the day outlives every repair of it
MAIL_WINDOW = timedelta(days=3)  # quiet hours, a busy channel: beyond that a mail of that day is none any more


@dataclass(frozen=True)
class Case:
    """What the rule says of a guest now. `is_back`: they are in house or have booked."""

    known: list[Stay]
    silence: Silence | None
    house: Property | None
    is_back: bool
    is_watched: bool  # whether the silence may lead to anything: not history, nor from before the policy

    @property
    def due_at(self) -> datetime | None:
        """When the guest is found to be silent; None if never, as things are."""
        if self.is_back or not self.is_watched or self.silence is None or self.house is None:
            return None
        return rules.found_at(self.silence, self.house.time_zone)

    @property
    def cause(self) -> str:
        """The silence that begins with the last stay, as tasks and messages name it."""
        return f"{SILENCE}#{self.silence.last.stay_id}" if self.silence is not None else SILENCE


def look(scope: Scope, chain: Chain, guest: Guest) -> Case:
    """What the rule says of a guest, from all their stays at the chain."""
    known = stays.of_guest(scope, *guest.ids)
    visits = [visit for one in known if (visit := _visit(one)) is not None]
    last = max(visits, key=lambda one: (one.left_at, one.stay_id), default=None)
    house = directory.find_property(scope, last.property_id) if last is not None else None
    if last is None or house is None:
        return Case(known, None, house, _is_back(scope, chain, known), is_watched=False)
    found = rules.silence_of(visits, local_day(last.left_at, house.time_zone))
    since = acts_since(chain, policies.policy_of(scope, SILENCE))
    is_watched = not last.is_history and last.left_at >= since
    return Case(known, found, house, _is_back(scope, chain, known), is_watched=is_watched)


def follow(scope: Scope, unit: Unit, guest_ids: Iterable[str]) -> None:
    """Stays of guests have changed: put their silence where it belongs now. At most one item for each guest."""
    if not policies.policy_of(scope, SILENCE).is_on:
        return
    chain = directory.chain_of(scope)
    found = guests.find_many(scope, guest_ids)
    for guest in {str(one.id): one for one in found.values()}.values():
        _follow(scope, unit, guest, look(scope, chain, guest))


def follow_merge(scope: Scope, unit: Unit, absorbed_id: str) -> None:
    """Two guests are one: their stays make one rhythm, and one call is enough."""
    guest = guests.find(scope, absorbed_id)
    if guest is None or guest.id == absorbed_id:
        return  # parted again meanwhile
    if agenda.is_armed(scope, absorbed_id, kinds.SILENCE):
        agenda.disarm(unit, subject_id=absorbed_id, kind=kinds.SILENCE)
    tasks.cancel_open_calls(scope, unit, guest, but_first=True)
    follow(scope, unit, [guest.id])


def fall_silent(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """A guest's day has come: make them a candidate of the property's day, if by the rules of now they are silent."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    guest = guests.find(scope, work.subject_id)
    if guest is None or guest.id != work.subject_id or not policies.policy_of(scope, SILENCE).is_on:
        return Done()  # who is merged is silent, or not, as the survivor
    case = look(scope, directory.chain_of(scope), guest)
    if case.is_back:
        tasks.cancel_open_calls(scope, unit, guest)
        return Done()
    due_at = case.due_at
    if due_at is None:
        return Done()
    if due_at > scope.now:
        return Again(due_at, occurrence=_occurrence(case))
    if not is_decided(scope, guest, case):
        _become_candidate(scope, unit, guest, case)
    return Done()


def is_decided(scope: Scope, guest: Guest, case: Case) -> bool:
    """Whether this silence has led to a call or a mail, or to a reason for neither; or a call waits to be made."""
    known = Task.of_guest(scope, guest.ids)
    if any(one.cause == case.cause or (one.is_open and one.kind == "call") for one in known):
        return True
    return any(Delivery.of_occurrences(scope, each, [case.cause]) for each in guest.ids)


def mail_plan(scope: Scope, chain: Chain, guest: Guest, about: str) -> Plan | None:
    """The mail to a guest who is not called; None once they are back, or were there again.

    `about` is the last stay, or the whole occurrence.
    """
    case = look(scope, chain, guest)
    found, house = case.silence, case.house
    if found is None or house is None or case.is_back or found.last.stay_id != about.rpartition("#")[2]:
        return None
    policy, place = policies.policy_of(scope, SILENCE), place_at(chain, guest, house)
    obstacle = None if policy.is_on else "policy_off"
    if obstacle is None and not case.is_watched:
        obstacle = "before_activation"
    opens = local_instant(found.silent_on, time(int(chain.greeting_hour)), place.zone)
    window = Window(opens, max(opens, scope.now) + MAIL_WINDOW)
    return Plan(
        OCCASIONS[SILENCE], case.cause, local_day(max(opens, scope.now), place.zone), place, window,
        stay_id=found.last.stay_id, obstacle=obstacle, policy=policy,
    )  # fmt: skip


planning.PLANNERS[SILENCE] = mail_plan


# -- inside ----------------------------------------------------------------------------------------------------


def _visit(stay: Stay) -> Visit | None:
    left_at = left_at_of(stay)
    if left_at is None:
        return None
    return Visit(
        str(stay.id),
        stay.property_id,
        date.fromisoformat(str(stay.arrival)),
        date.fromisoformat(str(stay.departure)),
        left_at,
        bool(stay.is_history),
    )


def _is_back(scope: Scope, chain: Chain, known: Iterable[Stay]) -> bool:
    today = local_day(scope.now, chain.time_zone).isoformat()
    return any(one.status == "in_house" or (one.status == "booked" and str(one.departure) >= today) for one in known)


def _follow(scope: Scope, unit: Unit, guest: Guest, case: Case) -> None:
    due_at = case.due_at
    if case.is_back and case.silence is not None and tasks.open_silence_calls(scope, guest):
        due_at = scope.now  # the handler cancels what is not to be done any more, in a transaction of its own
    if due_at is not None:
        agenda.arm(
            unit,
            subject_id=guest.id,
            kind=kinds.SILENCE,
            is_recurring=True,
            occurrence=_occurrence(case),
            due_at=max(due_at, scope.now),
            is_nudged=due_at <= scope.now,
        )
    elif agenda.is_armed(scope, guest.id, kinds.SILENCE):
        agenda.disarm(unit, subject_id=guest.id, kind=kinds.SILENCE)


def _occurrence(case: Case) -> str | None:
    return case.silence.last.stay_id if case.silence is not None else None


def _become_candidate(scope: Scope, unit: Unit, guest: Guest, case: Case) -> None:
    house, found = case.house, case.silence
    if house is None or found is None:
        return
    today = local_day(scope.now, house.time_zone)
    spent = [
        (date.fromisoformat(str(one.departure)), str(one.currency), int(one.revenue_total))
        for one in case.known
        if one.status == "checked_out"
    ]
    value = rules.value_of(spent, str(house.currency), today)
    unit.put(
        SilentGuest(
            day_key=scope.key(str(house.id), today.isoformat()),
            value_order=rules.value_order(value, guest.id),
            guest_id=guest.id,
            stay_id=found.last.stay_id,
            value=value,
            currency=str(house.currency),
            expires_at=real_now() + KEPT_FOR,
            version=1,
        )
    )
    _arm_day(scope, unit, house, today)


def _arm_day(scope: Scope, unit: Unit, house: Property, day: date) -> None:
    """Put the property's day on the agenda, unless it stands there early enough: a thousand candidates of one morning
    must not write the same item."""
    due_at = max(rules.decided_at(day, house.time_zone), scope.now + GATHERED_FOR)
    known = agenda.AgendaRecord.find(scope.key(str(house.id)), agenda.item_key(kinds.SILENT_DAY, day.isoformat()))
    if known is not None and known.lane and str(known.armed_for) <= sortable(due_at):
        return
    agenda.arm(
        unit, subject_id=str(house.id), kind=kinds.SILENT_DAY, occurrence=day.isoformat(), due_at=due_at,
        detail={"phase": "call"},
    )  # fmt: skip
