"""What SES tells of answers that staff have written: it is shown in the thread, and stops the address as of any mail.

Nothing of it counts for the property's rates, which are those of greetings and offers.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel import logs, metrics
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.models.messages import Message
from chalicelib.outreach.rules.mail_events import MailEvent
from chalicelib.outreach.rules.outcomes import SEEN
from chalicelib.outreach.service import consequences

log = logs.Log(__name__)

# What an event makes of an answer. One that has failed was not delivered after all, and not the other way round.
STATES = {
    "sent": "sent", "delivered": "delivered", "bounced": "failed", "soft_bounced": "failed", "failed": "failed",
    "complained": "delivered",
}  # fmt: skip
_ORDER = ("queued", "claimed", "unknown", "sent", "delivered", "failed")


def hear(scope: Scope, record: Message, event: MailEvent) -> str:
    """Note what became of an answer: `noted`, or `known` if that tells nothing new."""
    at = _instant_of(scope, record, event)
    before = (record.state, record.code, record.message_id, set(record.told or ()))
    state = STATES.get(event.kind)
    if state is not None and _ORDER.index(state) > _ORDER.index(str(record.state)):
        record.state = state
        record.code = event.code if state == "failed" else None
    if state is not None:
        record.told = sorted({*(record.told or ()), event.kind})
    record.message_id = record.message_id or event.message_id
    if before == (record.state, record.code, record.message_id, set(record.told or ())):
        return "known"
    unit = Unit(scope)
    unit.update(record)
    if event.kind not in SEEN and record.address_hash:
        consequences.stage(scope, unit, event.kind, record, str(record.guest_id), at)
    unit.commit()
    with logs.bound(chain=scope.chain_id):
        log.info("mail_event", mark=event.kind, subject=str(record.id))
        if event.kind == "bounced":
            metrics.count(metrics.BOUNCES)
        elif event.kind == "complained":
            metrics.count(metrics.COMPLAINTS)
    return "noted"


def _instant_of(scope: Scope, record: Message, event: MailEvent) -> datetime:
    """When it happened, on the chain's clock."""
    return from_sortable(str(record.at)) if scope.is_test or event.at is None else event.at
