"""The thread of a guest: what they wrote and what the house answered; and the inbox of what is nobody's yet.

An answer is claimed before it is sent. Of an attempt that broke off nothing is known, and it is not made again.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda, cursor, ids, logs
from chalicelib.kernel.agenda import Done, Work
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import kinds, replies
from chalicelib.outreach.channels import CHANNELS, Accepted, Unknown, carrier
from chalicelib.outreach.channels import Message as Outgoing
from chalicelib.outreach.models.messages import INBOX, Message
from chalicelib.outreach.rules import inbound
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.vocabulary import AddressSuppressed
from chalicelib.outreach.service import reaching, suppressing
from chalicelib.outreach.service.placing import place_of
from chalicelib.outreach.service.writing import house_name
from chalicelib.outreach.words import language_for

log = logs.Log(__name__)

LIST = "messages"
SERVICE = "service"  # an answer to a guest belongs to the service that they asked for
LOOKED_BACK = 25  # messages of a thread: what was said before them is not what an answer is about
SWEPT_AFTER = timedelta(minutes=1)  # an answer leaves at once; the sweep finds it if the nudge was lost


@dataclass(frozen=True)
class MessagePage:
    """Some messages and the cursor of those that follow."""

    items: list[Message]
    next: str | None


def thread_page(scope: Scope, guest_id: str, *, limit: int, after: str | None) -> MessagePage:
    """A guest's messages, the latest first; of those who went into them, a thread after the other. Raises NotFound."""
    guest = guests.get(scope, guest_id)
    name = f"{LIST}|{guest.id}"
    key = cursor.decode(scope, name, after)
    owners = list(guest.ids)
    place = owners.index(key["owner"]["S"]) if key and key["owner"]["S"] in owners else 0
    inner = {field: value for field, value in key.items() if field != "owner"} if key else None
    page = Message.newest(scope, owners[place], limit=limit, after=inner or None)
    following = page.next_key
    if following is not None:
        following = {**following, "owner": {"S": owners[place]}}
    elif place + 1 < len(owners):
        following = {"owner": {"S": owners[place + 1]}}
    return MessagePage(page.items, cursor.encode(scope, name, following))


def inbox_page(scope: Scope, *, limit: int, after: str | None) -> MessagePage:
    """What came in and is nobody's yet, the latest first. Raises Forbidden for callers of single properties."""
    _require_chain(scope)
    name = f"{LIST}|{INBOX}"
    page = Message.newest(scope, INBOX, limit=limit, after=cursor.decode(scope, name, after))
    return MessagePage(page.items, cursor.encode(scope, name, page.next_key))


def assign(scope: Scope, message_id: str, guest_id: str) -> Message:
    """Put a message of the inbox into a guest's thread. Doing it again changes nothing. Raises NotFound, Forbidden."""
    _require_chain(scope)
    guest = guests.find(scope, guest_id)
    if guest is None:
        raise Invalid.field("/guest_id", N_("is no guest of the chain"))

    if not ids.is_id(message_id, "msg"):
        raise NotFound()

    def attempt() -> Message:
        waiting = Message.one(scope, INBOX, message_id)
        moved = Message.one(scope, guest.id, message_id)
        if waiting is None:
            if moved is None:
                raise NotFound()
            return moved
        unit = Unit(scope)
        unit.delete(waiting)
        values = {name: value for name, value in waiting.attribute_values.items() if name not in ("version", "schema")}
        record = Message(**{**values, "guest_key": scope.key(guest.id)})
        unit.create(record)
        unit.audit("message.assigned", guest.id)
        unit.commit()
        return record

    return retried(attempt)


def answer(scope: Scope, guest_id: str, *, channel: str, text: str) -> Message:
    """Write to a guest by mail or text, once. Raises NotFound, Conflict without an address, and AddressSuppressed."""
    guest = guests.get(scope, guest_id)
    said = inbound.cleaned(text)
    if not said:
        raise Invalid.field("/text", N_("is empty"))
    contacts = CHANNELS[channel].contacts_of(reaching.reach_of(scope, guest))
    if not contacts:
        raise Conflict(N_("The guest has no address or number for this channel."))
    contact = contacts[0]
    record = Message(
        guest_key=scope.key(guest.id),
        id=ids.new_id("msg"),
        direction="out",
        channel=channel,
        at=sortable(scope.now),
        text=said,
        state="queued",
        address_masked=CHANNELS[channel].masked(contact.address),
        address_hash=suppressing.target_of(scope, contact).hashed,
        staff_id=scope.actor.id,
    )
    unit = Unit(scope)
    unit.create(record)
    agenda.arm(
        unit,
        subject_id=guest.id,
        kind=kinds.ANSWER,
        occurrence=str(record.id),
        due_at=scope.now + SWEPT_AFTER,
        is_nudged=True,
    )
    suppressing.check_free(unit, suppressing.target_of(scope, contact), SERVICE)
    unit.audit("message.sent", guest.id, channel=channel)
    try:
        unit.commit()
    except AddressSuppressed:
        raise Conflict(N_("Messages to this address are stopped.")) from None
    return record


def send_answer(scope: Scope, work: Work, unit: Unit) -> Done:
    """Claim an answer, and send it once that is committed. What was claimed before is not sent again."""
    record = Message.one(scope, work.subject_id, str(work.occurrence))
    guest = guests.find(scope, work.subject_id)
    if record is None or record.state != "queued":
        return Done()
    contacts = []
    if guest is not None:
        contacts = CHANNELS[str(record.channel)].contacts_of(reaching.reach_of(scope, guest))
    if guest is None or not contacts or isinstance(work.refusal, AddressSuppressed):
        record.state, record.code = "failed", "suppressed" if contacts else "no_address"
        unit.update(record)
        return Done()
    outgoing = _outgoing(scope, guest, contacts[0], record)
    record.state = "claimed"
    target = suppressing.target_of(scope, contacts[0])
    record.address_hash, record.address_masked = target.hashed, target.masked
    unit.update(record)
    suppressing.check_free(unit, target, SERVICE)
    unit.after(lambda: _send(scope, record, outgoing))
    return Done()


def _send(scope: Scope, record: Message, outgoing: Outgoing) -> None:
    channel = str(record.channel)
    with logs.bound(chain=scope.chain_id):
        log.info("message_leaving", subject=str(record.id), channel=channel)
        outcome = carrier(channel, is_test=scope.is_test).send(outgoing)
        if not isinstance(outcome, Accepted):
            log.warning("message_refused", subject=str(record.id), channel=channel, code=outcome.code)

    def note() -> None:
        # What SES tells of it may be here already: then more is known than that it was taken.
        known = Message.one(scope, str(record.guest_id), str(record.id)) or record
        if isinstance(outcome, Accepted):
            known.message_id = known.message_id or outcome.message_id
            known.state = "sent" if known.state == "claimed" else known.state
        elif known.state == "claimed":
            known.state = "unknown" if isinstance(outcome, Unknown) else "failed"
            known.code = outcome.code[:60]
        unit = Unit(scope)
        unit.update(known)
        unit.commit()

    retried(note)


def _outgoing(scope: Scope, guest: Guest, contact: Contact, record: Message) -> Outgoing:
    chain = directory.chain_of(scope)
    house = place_of(scope, chain, guest).house
    language = language_for(guest.language or chain.default_language)
    speaker = house_name(house, language) if house is not None else str(chain.sender_name)
    text = str(record.text)
    before = _answered(scope, record) if contact.channel == "email" else None
    signed = f"【{speaker}】" if language == "zh" or contact.address.startswith("+86") else f"{speaker}: "
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in text.split("\n") if one.strip())
    return Outgoing(
        chain_id=scope.chain_id,
        guest_id=str(record.guest_id),  # under whose id it lies, by which SES's events find it
        delivery_id=str(record.id),
        occasion="answer",
        address=contact.address,
        language=language,
        sender_name=speaker,
        sender_address=chain.sender_address or settings().mail_sender,
        sms_sender=chain.sms_sender,
        reply_to=replies.address_of("g", scope.chain_id, guest.id) or (house.email if house is not None else None),
        unsubscribe_url=None,
        chain_time=scope.now,
        references=inbound.thread_after(str(before.mail_id), before.references or ()) if before else (),
        parts={
            "subject.txt": inbound.reply_subject(str(before.subject)) if before and before.subject else speaker,
            "body.txt": text,
            "body.html": f'<!doctype html><html lang="{language}"><body>{paragraphs}</body></html>',
            "text.txt": signed + text,
        },
    )


def _answered(scope: Scope, record: Message) -> Message | None:
    """The mail of the guest that an answer belongs to: the latest that came before it, if it is among the last."""
    page = Message.newest(scope, str(record.guest_id), limit=LOOKED_BACK)
    earlier = (one for one in page.items if str(one.id) < str(record.id))
    return next((one for one in earlier if one.mail_id and not one.is_automatic), None)


def _require_chain(scope: Scope) -> None:
    if scope.property_ids is not None:
        raise Forbidden(N_("What is nobody's belongs to no property: this needs access to all of them."))
