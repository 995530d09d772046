"""Tells restored tables what they have forgotten, before anything sweeps: who was written to, who wants no more.

    HOSPES_TABLE_PREFIX=hospes-prod-r1- python -m infra.drill.reconcile --since 2026-03-08T20:00:00Z --log-group …

A message that left after the point restored is claimed again, under the id that follows from its occurrence, so that
the agenda meets a decision where it would have sent a second one. Doing it twice changes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

import app  # noqa: F401  (registers what the agenda can do)
from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import chain_now, from_sortable, real_now, sortable
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope, system_scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import kinds, models
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import choosing, planning, suppressing
from chalicelib.outreach.service.planning import Plan
from chalicelib.outreach.service.suppressing import Target
from chalicelib.stays import service as stays
from infra.drill import evidence
from infra.drill.evidence import SENT, Attempt, Evidence, Stop, Withdrawal

MASKED = "***"  # of an address that only its hash is known of
SOURCE = "restore"
HELD_KINDS = {kinds.BIRTHDAY, kinds.FIRST_STAY, kinds.RETRY}


@dataclass
class Report:
    """What was done, and what people have to look at."""

    counts: Counter[str] = field(default_factory=Counter)
    unknown_guests: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "unknown_guests": sorted(set(self.unknown_guests)),
            "withdrawn": sorted(set(self.withdrawn)),
        }


def reconcile(found: Evidence) -> Report:
    """Write everything back that the evidence tells."""
    report = Report()
    report.counts["unreadable"] = found.unreadable
    for withdrawal in found.withdrawals:
        report.counts[_withdraw(withdrawal, report)] += 1
    for stop in found.stops:
        report.counts[_stop(stop)] += 1
    for attempt in found.attempts:
        report.counts[_recall(attempt, report)] += 1
    return report


def hold(chain_id: str, since: datetime, until: datetime) -> int:
    """Without evidence: claim every occasion that fell due in between, as if it had been sent. How many there were.

    Better no greeting than two.
    """
    report, held = Report(), 0
    scope = scope_of(chain_id)
    lanes = [f"due#{shard:02}" for shard in range(agenda.LANES_PER_CLASS)] if not scope.is_test else []
    for lane in lanes or [f"test#{chain_id}"]:
        after = None
        while True:
            page = agenda.due_page(lane, until, limit=100, after=after)
            for key in page.items:
                record = AgendaRecord.find(str(key.subject_key), str(key.item_key))
                if record is not None and record.chain_id == chain_id and _was_due(record, since):
                    held += _recall(_attempt_of(scope, record), report) == "claimed"
            after = page.next_key
            if after is None:
                break
    return held


def scope_of(chain_id: str) -> Scope:
    """The scope of work for a chain, now."""
    chain = directory.chain_of(system_scope(chain_id, real_now(), is_test=False))
    is_test = bool(chain.is_test)
    return system_scope(chain_id, chain_now(chain_id, is_test=is_test), is_test=is_test, request_id="")


# -- messages --------------------------------------------------------------------------------------------------


def _recall(attempt: Attempt, report: Report) -> str:
    """Claim what has left. Answers what became of it: `claimed`, `known`, `misfit`, `unknown_guest`."""
    scope = scope_of(attempt.chain)
    expected = models.delivery_id(attempt.chain, attempt.guest, attempt.occurrence)
    name = attempt.occurrence.partition("#")[0]
    if expected != attempt.delivery or name not in OCCASIONS:
        return "misfit"
    guest = guests.find(scope, attempt.guest)
    if guest is None:
        report.unknown_guests.append(attempt.guest)
        return "unknown_guest"
    present = Delivery.one(scope, attempt.guest, attempt.delivery)
    if present is not None and present.status != "skipped":
        return "known"
    if attempt.answer == evidence.REFUSED:
        return "refused"  # it was surely not taken: the agenda may try
    _write_claim(scope, guest, attempt, _plan_of(scope, guest, attempt.occurrence))
    return "claimed"


def _write_claim(scope: Scope, guest: Guest, attempt: Attempt, plan: Plan | None) -> None:
    name = attempt.occurrence.partition("#")[0]
    at = sortable(scope.now) if scope.is_test else sortable(datetime.fromisoformat(attempt.at.replace("Z", "+00:00")))
    record = Delivery(
        id=attempt.delivery,
        occasion=name,
        occurrence=attempt.occurrence,
        purpose=OCCASIONS[name].purpose,
        day=plan.day.isoformat() if plan is not None else at[:10],
        stay_id=plan.stay_id if plan is not None else None,
        channel=attempt.channel,
        is_test=int(scope.is_test),
        marks={"claimed": at, **({"sent": at} if attempt.answer == SENT else {})},
        version=1,
    )
    record.status = outcomes.status_of(record.marks)
    target = _target_of(scope, guest, attempt.channel, plan)
    if target is not None:
        record.address_hash, record.address_masked = target.hashed, target.masked
    record.file(scope, attempt.guest, plan.place.property_id if plan is not None else None, at)
    unit = Unit(scope)
    unit.replace(
        record,
        "attribute_not_exists(id) OR delivery_status = :skipped",
        {":skipped": {"S": "skipped"}},
        refusal=Stale(),
    )
    unit.audit("delivery.recalled", attempt.guest, delivery=attempt.delivery)
    if not outcomes.is_settled(record.marks):
        due_at = from_sortable(at) + outcomes.PARK_AFTER
        agenda.arm(unit, subject_id=attempt.guest, kind=kinds.SETTLE, occurrence=attempt.delivery, due_at=due_at)
    unit.commit()


def _plan_of(scope: Scope, guest: Guest, occurrence: str) -> Plan | None:
    """What the occurrence amounted to, as far as the restored tables tell."""
    name, _, year = occurrence.partition("#")
    chain = directory.chain_of(scope)
    if name == "birthday":
        return planning.birthday_plan(scope, chain, guest, year)
    known = stays.of_guest(scope, guest.id)
    first = next((stay for stay in known if planning.is_first(known, stay)), None)
    return planning.first_stay_plan(scope, chain, guest, str(first.id)) if first is not None else None


def _target_of(scope: Scope, guest: Guest, channel: str, plan: Plan | None) -> Target | None:
    """The address that was most likely written to, so that a later bounce finds it."""
    choice = choosing.choose(scope, directory.chain_of(scope), guest, plan, is_suspicious=False) if plan else None
    contact = choice.contact if choice is not None else None
    if contact is None or contact.channel != channel:
        contact = next((one for one in choosing.contacts_of(scope, guest) if one.channel == channel), None)
    return suppressing.target_of(scope, contact) if contact is not None else None


def _was_due(record: AgendaRecord, since: datetime) -> bool:
    return str(record.kind) in HELD_KINDS and str(record.armed_for) >= sortable(since)


def _attempt_of(scope: Scope, record: AgendaRecord) -> Attempt:
    """An item of the agenda as if it had been sent."""
    kind, guest_id = str(record.kind), record.subject_id
    if kind == kinds.BIRTHDAY:
        occurrence = str(record.occurrence)
    elif kind == kinds.RETRY:
        detail = dict(record.detail or {})
        occurrence = f"birthday#{detail['about']}" if detail["occasion"] == "birthday" else str(detail["occasion"])
    else:
        occurrence = "first_stay"
    delivery = models.delivery_id(scope.chain_id, guest_id, occurrence)
    return Attempt(sortable(scope.now), scope.chain_id, guest_id, delivery, occurrence, "email")


# -- what guests do not want any more --------------------------------------------------------------------------


def _withdraw(said: Withdrawal, report: Report) -> str:
    scope = scope_of(said.chain)

    def attempt() -> str:
        guest = guests.find(scope, said.guest)
        if guest is None:
            report.unknown_guests.append(said.guest)
            return "unknown_guest"
        unit = Unit(scope)
        if not guests.withdraw_consent(scope, unit, guest, [said.purpose], said.channel, SOURCE):
            return "withdrawn_already"
        unit.commit()
        report.withdrawn.append(f"{said.guest} {said.purpose}:{said.channel}")
        return "withdrawn"

    return retried(attempt)


def _stop(stop: Stop) -> str:
    scope = scope_of(stop.chain)
    hashed = models.hash_of_suppression(stop.suppression)
    if hashed is None:
        return "misfit"

    def attempt() -> str:
        unit = Unit(scope)
        at = scope.now if scope.is_test else datetime.fromisoformat(stop.at.replace("Z", "+00:00"))
        suppressing.stop(unit, Target(stop.channel, hashed, MASKED), stop.cause, at)
        if unit.size == 0:
            return "stopped_already"
        unit.commit()
        return "stopped"

    return retried(attempt)


def main() -> int:
    """Reconcile what the log tells; the exit status."""
    parser = argparse.ArgumentParser(description="Writes back what left after the point restored.")
    parser.add_argument("--since", required=True, type=datetime.fromisoformat, help="the instant restored, with zone")
    parser.add_argument("--log-group", action="append", default=[], help="a CloudWatch log group; may be repeated")
    parser.add_argument("--log-folder", type=Path, help="a folder of local logs instead")
    parser.add_argument("--hold", metavar="CHAIN", help="no evidence: claim all that fell due, of this chain")
    asked = parser.parse_args()
    if asked.hold:
        print(json.dumps({"held": hold(asked.hold, asked.since, scope_of(asked.hold).now)}))
        return 0
    if asked.log_folder:
        lines = evidence.local_lines(asked.log_folder)
    else:
        lines = evidence.cloud_lines(boto3.client("logs"), asked.log_group, asked.since)
    found = evidence.read(lines, asked.since)
    report = reconcile(found).content()
    read = {"attempts": len(found.attempts), "withdrawals": len(found.withdrawals), "stops": len(found.stops)}
    print(json.dumps({"evidence": read, **report}))
    return 1 if report["counts"].get("misfit") or found.unreadable else 0


if __name__ == "__main__":
    sys.exit(main())
