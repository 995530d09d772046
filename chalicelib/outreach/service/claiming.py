"""Claim before send: what is about to be sent is written down first, in one transaction with all that allows it.

The claim depends on the occurrence not being claimed yet, on the guest being as they were when it was decided, and on
the address not being suppressed. After the commit there is one attempt. If the process dies in between, the claim
stands and nobody tries again: better no greeting than two.
"""

from __future__ import annotations

from typing import Any

from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda, logs, metrics
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds, models
from chalicelib.outreach.channels import Message, person
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.rules.channels import CARRIED
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.vocabulary import (
    GREETED_WHILE_MERGED,
    OCCASIONS,
    REASONS,
    AlreadyDecided,
    GuestChanged,
)
from chalicelib.outreach.service import owing, sending, suppressing, writing
from chalicelib.outreach.service.planning import Plan
from chalicelib.outreach.service.texting import Text

logs.allow((*REASONS, *OCCASIONS))

# A skip may be decided anew, as when a guest's address is entered on the day itself; a claim never, nor the skip of
# somebody who was greeted while merged with another.
_UNCLAIMED = "attribute_not_exists(id) OR (delivery_status = :skipped AND NOT reason = :final)"
_SKIPPED: dict[str, Any] = {":skipped": {"S": "skipped"}, ":final": {"S": GREETED_WHILE_MERGED}}


def skip(scope: Scope, unit: Unit, guest: Guest, plan: Plan, reason: str, *, chosen: str | None = None) -> None:
    """Note in the caller's unit why nothing is sent; `chosen`: why on none of several channels.

    Raises AlreadyDecided, when it is committed, after a claim.
    """
    record = _delivery(scope, guest, plan)
    record.status, record.reason, record.marks = "skipped", reason, {}
    record.chosen = chosen
    unit.replace(record, _UNCLAIMED, _SKIPPED, refusal=AlreadyDecided())
    _check_others(unit, guest, plan)
    owing.owe_blessing(unit, guest, plan, reason)
    unit.after(lambda: metrics.count(metrics.DELIVERIES_SKIPPED, label=reason, chain=scope.chain_id))


def claim(
    scope: Scope,
    unit: Unit,
    chain: Chain,
    guest: Guest,
    plan: Plan,
    contact: Contact,
    *,
    is_freed: bool,
    tries: int,
    chosen: str | None = None,
    text: Text | None = None,
) -> None:
    """Claim the occurrence in the caller's unit, and send once it is committed.

    Raises, when it is committed, AlreadyDecided, GuestChanged or AddressSuppressed. `is_freed`: the unit writes the
    address's suppression itself. `chosen`: why on this channel. `text`: the message, where choosing has written it.
    """
    if contact.channel in CARRIED:
        _hand_over(scope, unit, guest, plan, contact, is_freed=is_freed, tries=tries, chosen=chosen)
        return
    target = suppressing.target_of(scope, contact)
    record = _delivery(scope, guest, plan)
    message = text.message if text else writing.message(scope, chain, guest, plan, contact, str(record.id))
    record.status, record.marks = "claimed", {"claimed": sortable(scope.now)}
    record.channel, record.language, record.tries = contact.channel, message.language, tries
    record.address_masked, record.address_hash = target.masked, target.hashed
    record.chosen = chosen
    if text is not None:
        record.parts = text.parts
        record.cost_micros, record.cost_currency = text.cost or (None, None)
    unit.replace(record, _UNCLAIMED, _SKIPPED, refusal=AlreadyDecided())
    _check_others(unit, guest, plan)
    guests.check_unchanged(unit, guest, GuestChanged())
    if not is_freed:
        suppressing.check_free(unit, target, plan.purpose)
    agenda.arm(
        unit,
        subject_id=guest.id,
        kind=kinds.SETTLE,
        occurrence=str(record.id),
        due_at=scope.now + outcomes.PARK_AFTER,
    )
    owing.owe_blessing(unit, guest, plan, None)
    unit.after(lambda: _send(scope, record, message, plan))


def _hand_over(
    scope: Scope, unit: Unit, guest: Guest, plan: Plan, contact: Contact, *, is_freed: bool, tries: int,
    chosen: str | None,
) -> None:  # fmt: skip
    """Claim an occurrence that a person carries out: the task is opened with the claim, and nothing is left to send."""
    target = suppressing.target_of(scope, contact)
    record = _delivery(scope, guest, plan)
    now = sortable(scope.now)
    record.status, record.marks = "sent", {"claimed": now, "sent": now}
    record.channel, record.tries, record.chosen = contact.channel, tries, chosen
    record.address_masked, record.address_hash = target.masked, target.hashed
    record.message_id = person.open_task(
        scope, unit, guest_id=guest.id, property_id=plan.place.property_id, kind=contact.channel, due_on=plan.day,
        cause=str(record.id),
    )  # fmt: skip
    unit.replace(record, _UNCLAIMED, _SKIPPED, refusal=AlreadyDecided())
    _check_others(unit, guest, plan)
    guests.check_unchanged(unit, guest, GuestChanged())
    if not is_freed:
        suppressing.check_free(unit, target, plan.purpose)
    unit.after(lambda: metrics.count(metrics.DELIVERIES_SENT, label=contact.channel))


def _check_others(unit: Unit, guest: Guest, plan: Plan) -> None:
    """Make the unit depend on nobody having had the occurrence who has gone into this guest."""
    scope = unit.scope
    for guest_id in guest.absorbed_ids or ():
        key = scope.key(guest_id), models.delivery_id(scope.chain_id, guest_id, plan.occurrence)
        unit.check(Delivery, key, _UNCLAIMED, values=_SKIPPED, refusal=AlreadyDecided())


def _send(scope: Scope, record: Delivery, message: Message, plan: Plan) -> None:
    sending.send(scope, record, message, about=plan.about)


def _delivery(scope: Scope, guest: Guest, plan: Plan) -> Delivery:
    record = Delivery(
        id=models.delivery_id(scope.chain_id, guest.id, plan.occurrence),
        occasion=plan.occasion.name,
        occurrence=plan.occurrence,
        purpose=plan.purpose,
        policy=plan.policy.id if plan.policy is not None else None,
        day=plan.day.isoformat(),
        stay_id=plan.stay_id,
        is_test=int(scope.is_test),
        version=1,
    )
    record.file(scope, guest.id, plan.place.property_id, sortable(scope.now))
    return record
