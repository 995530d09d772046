"""Obligations close: at the end of their period, by the evidence of that moment; and regular guests live their months.

What was sent, skipped or said is looked for under every id of the guest, so a merge takes nothing away. Where nothing
was decided at all, the rules of a message say whether the guest could have been written to.
"""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.calls import Task
from chalicelib.outreach.models.obligations import Obligation
from chalicelib.outreach.rules import care as care_rules
from chalicelib.outreach.rules import obligations as rules
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.rules.obligations import Evidence, Message, Verdict
from chalicelib.outreach.service import care, monthly, owing, planning, policies
from chalicelib.outreach.service.choosing import choose
from chalicelib.outreach.service.deciding import decide
from chalicelib.outreach.service.owing import Owed
from chalicelib.outreach.service.placing import place_of
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays

SETTLES_AFTER = outcomes.UNKNOWN_AFTER + outcomes.PARK_AFTER  # then every claim has an outcome


def judge(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Close what is owed, if its period is over and nothing of it is unsettled."""
    record = Obligation.one(scope, work.subject_id, str(work.occurrence))
    if record is None or record.status != "open":
        return Done()
    closes_at = from_sortable(str(record.closes_at))
    if scope.now < closes_at:
        return Again(closes_at)
    verdict = _verdict(scope, record)
    if verdict.waits and scope.now < closes_at + SETTLES_AFTER:
        return Again(closes_at + SETTLES_AFTER)
    if verdict.waits:
        verdict = Verdict("breached", "unknown", verdict.evidence)
    owing.close(record, verdict, scope.now)
    unit.update(record)
    return Done()


def _verdict(scope: Scope, record: Obligation) -> Verdict:
    if record.rule == "silence":
        return _of_call(scope, record)
    guest = guests.find(scope, record.guest_id)
    if guest is None:
        return Verdict("excused", "guest_gone")
    if guest.id != record.guest_id and Obligation.of_occurrences(scope, [str(guest.id)], [str(record.occurrence)]):
        return Verdict("excused", "merged")
    obstacle = _obstacle(scope, guest, record)
    if obstacle is not None:
        return Verdict("excused", obstacle)
    persons = [Evidence.of(one) for one in record.evidence]
    found = rules.judge(
        messages_of(scope, guest, record), persons, needed=int(record.needed), until=str(record.closes_at)
    )
    if found.reason != "no_contact":
        return found
    reason = _would_be(scope, guest, record)
    return Verdict("excused" if reason in rules.EXCUSING else "breached", reason)


def _of_call(scope: Scope, record: Obligation) -> Verdict:
    """What the end of the period makes of an open call: a house that has tried in time did not forget it."""
    task = Task.one(scope, record.guest_id, str(record.task_id))
    was_tried = task is not None and any(each["at"] < str(record.closes_at) for each in task.attempts)
    return Verdict("excused", "not_reached") if was_tried else Verdict("breached", "not_called")


def _obstacle(scope: Scope, guest: Guest, record: Obligation) -> str | None:
    """Why a first stay's word is not owed any more."""
    if record.rule != owing.NEW_GUEST:
        return None
    known = stays.of_guest(scope, *guest.ids)
    stay = next((one for one in known if one.id == record.stay_id), None)
    if stay is None or planning.left_at_of(stay) is None:
        return "stay_reversed"
    return None if planning.is_first(known, stay) else "not_first_stay"


def messages_of(scope: Scope, guest: Guest, record: Obligation) -> list[Message]:
    """The messages that count for an obligation: of its occurrence, or for a month all that were decided in it."""
    rule = str(record.rule)
    found: list[Delivery] = []
    for guest_id in guest.ids:
        if rule == monthly.RULE:
            found += [one for one in Delivery.of_guest(scope, guest_id) if one.decided_at >= str(record.begins_at)]
        else:
            name = "first_stay" if rule == owing.NEW_GUEST else str(record.occurrence).partition("#")[2]
            found += Delivery.of_occurrences(scope, guest_id, [name])
    until = str(record.closes_at)
    known = [one for one in found if one.decided_at < until]
    if rule == monthly.RULE:  # why something else was not sent says nothing about the month
        known = [one for one in known if one.status != "skipped" or one.occasion == monthly.MESSAGE]
    known.sort(key=lambda one: str(one.listed_at))
    return [Message(str(one.id), one.decided_at, str(one.status), one.reason) for one in known]


def _would_be(scope: Scope, guest: Guest, record: Obligation) -> str:
    """Why nothing was even tried: what forbids it, else that the occasion is off, else nothing."""
    chain, plan = directory.chain_of(scope), None
    if record.rule == monthly.RULE:
        plan = monthly.plan_of(scope, chain, guest, str(record.occurrence).partition("#")[2])
    elif record.rule == owing.NEW_GUEST and record.stay_id is not None:
        plan = planning.first_stay_plan(scope, chain, guest, str(record.stay_id))
    if plan is None:
        return "no_contact"
    choice = choose(scope, chain, guest, plan, is_suspicious=True)
    if choice.contact is None:
        return str(choice.reason)
    return plan.obstacle or "no_contact"


# -- a regular guest's month -------------------------------------------------------------------------------------


def live_month(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """The first of a month opens what is owed in it; the day of its message writes, if nobody else has."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    guest = guests.find(scope, work.subject_id)
    if guest is None or guest.id != work.subject_id:
        return Done()  # who is merged is owed it as the survivor
    chain, month = directory.chain_of(scope), str(work.detail["month"])
    place = place_of(scope, chain, guest)
    policy, zone = care.policy_of(scope, monthly.RULE, place.property_id), monthly.zone_of(chain, place)
    if not policy.is_on:
        return Done()  # once it is on again, its guests are gone through anew
    begins_at, closes_at = monthly.bounds_of(month, zone)
    if scope.now < begins_at and work.detail["stage"] == monthly.OPENS:
        return Again(begins_at)  # the guest's house lies in another zone by now
    if scope.now >= closes_at:
        return _open_again(care_rules.month_of(local_day(scope.now, zone)), zone)
    plan = monthly.plan_of(scope, chain, guest, month, place)
    if work.detail["stage"] == monthly.OPENS:
        first = care_rules.first_of(month)
        if not monthly.is_regular(stays.of_guest(scope, *guest.ids), first, policy):
            return Done()
        if owing.is_owed_since(scope, policy, begins_at):
            owing.open_once(
                scope, unit, guest,
                Owed(
                    monthly.RULE, monthly.occurrence_of(month), policy, place.property_id, begins_at, closes_at,
                    care_rules.last_of(month), needed=int(policy.settings["per_month"]),
                ),
            )  # fmt: skip
        return Again(max(plan.window.opens, scope.now), month, {"month": month, "stage": monthly.WRITES})
    waits_until = _write(scope, unit, chain, guest, plan, work)
    if waits_until is not None:
        return waits_until
    return _open_again(care_rules.month_after(month), zone)


def month_lost(scope: Scope, work: Work) -> Again | Done:
    """How it goes on after a month that could not be lived through: with the next one."""
    guest = guests.find(scope, work.subject_id)
    if guest is None or guest.id != work.subject_id:
        return Done()
    chain = directory.chain_of(scope)
    zone = monthly.zone_of(chain, place_of(scope, chain, guest))
    return _open_again(care_rules.month_after(str(work.detail["month"])), zone)


def _write(scope: Scope, unit: Unit, chain: Chain, guest: Guest, plan: Plan, work: Work) -> Again | None:
    """Decide the month's own message, unless the chain writes none or somebody has been in contact; until when to
    wait."""
    month = plan.occurrence.partition("#")[2]
    if not policies.policy_of(scope, monthly.MESSAGE).is_on or _is_in_contact(scope, guest, month):
        return None
    waits_until = decide(scope, unit, chain, guest, plan, refusal=work.refusal)
    if waits_until is None:
        return None
    return Again(waits_until, month, {"month": month, "stage": monthly.WRITES})


def _is_in_contact(scope: Scope, guest: Guest, month: str) -> bool:
    """Whether something was sent in the month, may have been, or somebody has spoken with the guest."""
    known = Obligation.of_occurrences(scope, guest.ids, [monthly.occurrence_of(month)])
    for record in known:
        messages = messages_of(scope, guest, record)
        if record.evidence or any(one.status in rules.ARRIVED | rules.PENDING for one in messages):
            return True
    return not known  # nothing is owed: nothing is written


def _open_again(month: str, zone: str) -> Again:
    return Again(monthly.bounds_of(month, zone)[0], month, {"month": month, "stage": monthly.OPENS})
