"""What SES tells about mails, put to the deliveries they belong to. Events come twice, late and in any order."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel import logs, metrics
from chalicelib.kernel.clock import chain_now, from_sortable, sortable
from chalicelib.kernel.scope import Scope, system_scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tenancy import inside
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.messages import Message
from chalicelib.outreach.rules import arrivals, mail_events, outcomes
from chalicelib.outreach.rules.mail_events import MailEvent
from chalicelib.outreach.service import answers, consequences, listening, reputation, sending

log = logs.Log(__name__)

NOT_AN_EVENT, FOREIGN_TOPIC, NO_CONSEQUENCE = "not_an_event", "foreign_topic", "no_consequence"
NO_TAGS, UNKNOWN_DELIVERY, OTHER_MESSAGE = "no_tags", "unknown_delivery", "other_message"
_COUNT_AGAINST = ("bounced", "complained")
logs.allow((*outcomes.SEEN, "delayed"))
logs.allow((NOT_AN_EVENT, FOREIGN_TOPIC, NO_CONSEQUENCE, NO_TAGS, UNKNOWN_DELIVERY, OTHER_MESSAGE))


def handle_mail_event(body: str) -> str:
    """Take in one message of the queue of SES events. Answers what became of it: `ignored`, `known` or `noted`.

    What is not about a delivery of ours is ignored and counted in the log. Raises Unreadable, a ValueError, for what is
    no event at all.
    """
    letter = mail_events.open_envelope(body)
    if letter is None:
        return _ignored(NOT_AN_EVENT)
    expected = settings().ses_topic_arn
    if letter.topic_arn is not None and expected and letter.topic_arn != expected:
        return _ignored(FOREIGN_TOPIC)
    arrival = arrivals.read(letter.text, letter.told_at)
    if arrival is not None:
        return listening.hear(arrival)
    event = mail_events.read(letter.text)
    if event.kind == "other":
        return _ignored(NO_CONSEQUENCE)
    if event.ids is None:
        return _ignored(NO_TAGS)
    with inside(event.ids[0]):  # the tags are ours: the topic is
        return retried(lambda: _heard(event))


def _heard(event: MailEvent) -> str:
    chain_id, guest_id, delivery_id = event.ids or ("", "", "")
    if delivery_id.startswith("msg_"):
        return _heard_answer(event)
    record = Delivery.find(f"{chain_id}#{guest_id}", delivery_id)
    if record is None or record.status == "skipped":
        return _ignored(UNKNOWN_DELIVERY)
    at = _instant_of(event, record)
    if event.message_id is not None and record.message_id and event.message_id != record.message_id:
        return _ignored(OTHER_MESSAGE)
    if event.kind in outcomes.SEEN:
        return _seen(event, record, at)
    was_settled, before = outcomes.is_settled(record.marks), dict(record.marks)
    is_new = sending.learn(record, {event.kind: sortable(at)}, code=event.code)
    if event.message_id is not None and not record.message_id:
        record.message_id, is_new = event.message_id, True
    scope = _scope_of(record)
    if not is_new:
        _judge(scope, event, record)  # whoever noted it may have died before looking at the sum
        return "known"
    unit = Unit(scope)
    sending.stage_learnt(unit, record, was_settled=was_settled)
    reputation.count(unit, record, before)
    consequences.stage(scope, unit, event.kind, record, record.guest_id, at)
    unit.commit()
    with logs.bound(chain=chain_id):
        log.info("mail_event", mark=event.kind, delivery=delivery_id, guest=guest_id)
        if event.kind == "bounced":
            metrics.count(metrics.BOUNCES)
        elif event.kind == "complained":
            metrics.count(metrics.COMPLAINTS)
    _judge(scope, event, record)
    return "noted"


def _heard_answer(event: MailEvent) -> str:
    chain_id, guest_id, message_id = event.ids or ("", "", "")
    record, scope = Message.find(f"{chain_id}#{guest_id}", message_id), listening.scope_of(chain_id)
    if record is None or scope is None or record.direction != "out":
        return _ignored(UNKNOWN_DELIVERY)
    if event.message_id is not None and record.message_id and event.message_id != record.message_id:
        return _ignored(OTHER_MESSAGE)
    return answers.hear(scope, record, event)


def _judge(scope: Scope, event: MailEvent, record: Delivery) -> None:
    """Pause the property if this is one bounce or complaint too many."""
    if event.kind in _COUNT_AGAINST and record.property_id is not None and record.channel == "email":
        reputation.judge(scope, record.property_id)


def _seen(event: MailEvent, record: Delivery, at: datetime) -> str:
    """Note that a mail was opened or a link in it followed. Its status stays what it is."""
    told = sortable(event.at) if event.at is not None else ""
    known = record.seen or {}
    both = outcomes.sightings_merged(known, event.kind, sortable(at), told)
    if both == known:
        return "known"
    record.seen = both
    unit = Unit(_scope_of(record))
    unit.update(record)
    unit.commit()
    with logs.bound(chain=record.chain_id):
        log.info("mail_event", mark=event.kind, delivery=str(record.id), guest=record.guest_id)
    return "noted"


def _scope_of(record: Delivery) -> Scope:
    is_test = bool(record.is_test)
    return system_scope(record.chain_id, chain_now(record.chain_id, is_test=is_test), is_test=is_test)


def _instant_of(event: MailEvent, record: Delivery) -> datetime:
    """When it happened, on the chain's clock. A test chain's mails are answered at once, whatever its clock shows."""
    claimed_at = from_sortable(record.marks["claimed"])
    return claimed_at if record.is_test or event.at is None else event.at


def _ignored(why: str) -> str:
    log.warning("mail_event_ignored", reason=why)
    metrics.count(metrics.MAIL_EVENTS_REFUSED, label=why)
    return "ignored"
