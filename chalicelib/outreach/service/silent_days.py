"""A property's day of guests who have fallen silent: the best five are called, the others are written to.

One item of the agenda for a property and a day. How many calls were opened is counted in the transaction that opens
them, so that nothing that comes twice opens a sixth; each mail is claimed, and its candidate taken away, in a
transaction of its own. Before the day ends the item looks once more for whoever came late.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain, Property
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import day_bounds, local_day
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds, models
from chalicelib.outreach.models.calls import SilentDay, SilentGuest
from chalicelib.outreach.rules import eligibility
from chalicelib.outreach.rules import silence as rules
from chalicelib.outreach.rules.calls import SILENCE
from chalicelib.outreach.rules.vocabulary import AlreadyDecided
from chalicelib.outreach.service import policies, silence, tasks
from chalicelib.outreach.service.deciding import decide
from chalicelib.outreach.service.planning import birth_date_of, leap_rule_of

LOOKED_AT_ONCE = 20  # candidates for a call: with five calls of five items each they fit one transaction
WRITTEN_AT_ONCE = 50  # some seconds of a worker, half of what its lease lasts
DECIDED_TRIES_MAX = 4
LAST_LOOK = timedelta(minutes=30)  # before the day ends: whoever is found silent after it belongs to the next one
CALL_CONSENTS = ("service:phone", "greeting:phone")  # a person who asks how things are needs no leave, but obeys a no


class _Gone(Stale):
    """Somebody else has taken the candidate away: it is decided."""


@dataclass(frozen=True)
class Today:
    """A property's day."""

    chain: Chain
    house: Property
    day: date

    @property
    def last_look_at(self) -> datetime:
        """When it is looked for late-comers."""
        return day_bounds(self.day, self.house.time_zone)[1] - LAST_LOOK


def work_day(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """One step of a property's day: choose whom to call, then write to the next of the others."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    house = directory.find_property(scope, work.subject_id)
    if house is None or not policies.policy_of(scope, SILENCE).is_on:
        return Done()
    today = Today(directory.chain_of(scope), house, date.fromisoformat(str(work.occurrence)))
    phase, after = work.detail.get("phase", "call"), work.detail.get("after")
    is_last = bool(work.detail.get("is_last"))
    detail = {"is_last": True} if is_last else {}
    if phase == "call":
        following = _open_calls(scope, unit, today, after)
        if following is not None:
            return Again(scope.now, detail={**detail, "phase": "call", "after": following}, is_nudged=True)
        return Again(scope.now, detail={**detail, "phase": "mail"}, is_nudged=True)
    following = _write_to_some(scope, today, after)
    if following is not None:
        return Again(scope.now, detail={**detail, "phase": "mail", "after": following}, is_nudged=True)
    if is_last:
        return Done()
    return Again(max(today.last_look_at, scope.now), detail={"phase": "call", "is_last": True})


# -- calls -----------------------------------------------------------------------------------------------------


def _open_calls(scope: Scope, unit: Unit, today: Today, after: str | None) -> str | None:
    """Open calls for the best of the next candidates, as many as the day still has; after whom to go on, if at all."""
    counted = SilentDay.of(scope, str(today.house.id), today.day.isoformat())
    left = rules.CALLS_MAX - int(counted.opened)
    if left <= 0:
        return None
    page = SilentGuest.waiting(scope, str(today.house.id), today.day.isoformat(), limit=LOOKED_AT_ONCE, after=after)
    known = guests.find_many(scope, [str(one.guest_id) for one in page.items]) if page.items else {}
    opened: set[str] = set()
    for row in page.items:
        if len(opened) == left:
            break
        guest = known.get(str(row.guest_id))
        case = _still_silent(scope, today, guest, row)
        if guest is None or case is None or guest.id in opened:
            unit.delete(row, refusal=Stale())
        elif _may_be_called(scope, today, guest):
            _open_call(scope, unit, today, guest, case, row)
            unit.delete(row, refusal=Stale())
            opened.add(guest.id)
    if opened:
        counted.opened = int(counted.opened) + len(opened)
        counted.expires_at = real_now() + silence.KEPT_FOR
        if int(counted.version):
            unit.update(counted)
        else:
            unit.create(counted, refusal=Stale())
    is_more = page.next_key is not None and len(opened) < left
    return str(page.items[-1].value_order) if is_more else None


def _still_silent(scope: Scope, today: Today, guest: Guest | None, row: SilentGuest) -> silence.Case | None:
    """What the rule says of a candidate now; None for one who is back, or whose silence has been decided.

    Whoever has gone into another guest by a merge is the other one now, with both their stays.
    """
    if guest is None:
        return None
    case = silence.look(scope, today.chain, guest)
    due_at = case.due_at
    if due_at is None or due_at > scope.now or case.silence is None or case.silence.last.stay_id != row.stay_id:
        return None
    return None if silence.is_decided(scope, guest, case) else case


def _may_be_called(scope: Scope, today: Today, guest: Guest) -> bool:
    """Whether a person may and can call: there is a number, and nothing that the guest has said speaks against it."""
    outright = eligibility.refused_outright(
        birth_date_of(guest), today.day, leap_rule_of(today.chain), is_do_not_greet=bool(guest.is_do_not_greet)
    )
    if outright is not None or not guest.phones or guests.is_child_companion(scope, guest):
        return False
    return all((guest.consents.get(one) or {}).get("state") != "denied" for one in CALL_CONSENTS)


def _open_call(scope: Scope, unit: Unit, today: Today, guest: Guest, case: silence.Case, row: SilentGuest) -> None:
    last = next(one for one in case.known if one.id == row.stay_id)
    tasks.open_task(
        scope,
        unit,
        guest_id=guest.id,
        property_id=str(today.house.id),
        kind="call",
        due_on=rules.business_days_after(local_day(scope.now, today.house.time_zone), rules.CALL_DUE_DAYS),
        cause=case.cause,
        asks_reason=True,
        value=int(row.value),
        currency=row.currency,
        stay_id=str(last.id),
        shared={"room_type": last.room_type, "channel": last.channel},
    )
    guests.check_unchanged(unit, guest, Stale())


# -- mails -----------------------------------------------------------------------------------------------------


def _write_to_some(scope: Scope, today: Today, after: str | None) -> str | None:
    """Decide the mails of the next candidates; after whom to go on, if there are more."""
    page = SilentGuest.waiting(scope, str(today.house.id), today.day.isoformat(), limit=WRITTEN_AT_ONCE, after=after)
    known = guests.find_many(scope, [str(one.guest_id) for one in page.items]) if page.items else {}
    for row in page.items:
        _write_to(scope, today, known.get(str(row.guest_id)), row)
    return str(page.items[-1].value_order) if page.next_key is not None else None


def _write_to(scope: Scope, today: Today, guest: Guest | None, row: SilentGuest) -> None:
    """Decide one candidate's mail, and take the candidate away, in a transaction of its own."""
    refusal: Stale | None = None
    for _ in range(DECIDED_TRIES_MAX):
        unit = Unit(scope)
        unit.delete(row, refusal=_Gone())
        if guest is not None and not isinstance(refusal, AlreadyDecided):
            _decide(scope, unit, today, guest, row, refusal)
        try:
            unit.commit()
        except _Gone:
            return
        except Stale as stale:
            refusal, guest = stale, guests.find(scope, str(row.guest_id))
            continue
        return


def _decide(scope: Scope, unit: Unit, today: Today, guest: Guest, row: SilentGuest, refusal: Stale | None) -> None:
    case = _still_silent(scope, today, guest, row)
    plan = silence.mail_plan(scope, today.chain, guest, str(row.stay_id)) if case is not None else None
    if plan is None:
        return
    waits_until = decide(scope, unit, today.chain, guest, plan, refusal=refusal)
    if waits_until is not None:
        agenda.arm(
            unit, subject_id=guest.id, kind=kinds.RETRY, due_at=waits_until,
            occurrence=models.delivery_id(scope.chain_id, guest.id, plan.occurrence),
            detail={"occasion": SILENCE, "about": plan.about, "tries": 0},
        )  # fmt: skip
