"""What people send us: it comes into the guest's thread, once, and what asks to stop is in force at once.

Whose it is says the address that was written to, which carries our signature; else the sender's own address, if it has
exactly one owner. What is nobody's waits in the chain's inbox.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda, logs, metrics
from chalicelib.kernel.clock import chain_now, real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import AlreadyExists, NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tenancy import inside
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import events, replies
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.links import Unsubscription
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.messages import INBOX, Message, incoming_id
from chalicelib.outreach.rules import inbound
from chalicelib.outreach.rules.arrivals import MailArrival, TextArrival
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.inbound import File, Letter
from chalicelib.outreach.rules.outcomes import OPT_OUT
from chalicelib.outreach.service import intake, suppressing, unsubscribing

log = logs.Log(__name__)

NO_ADDRESS, NO_CHAIN, INFECTED, GONE = "no_address", "no_chain", "infected", "gone"
NOT_KEPT = "not_kept"  # of a mail: its words
logs.allow((NO_ADDRESS, NO_CHAIN, INFECTED, GONE, "in", "stop", "start"))


@dataclass(frozen=True)
class _Said:
    """What goes into a thread."""

    channel: str
    carrier_id: str
    came_at: datetime
    sender: str
    subject: str | None
    text: str
    is_automatic: bool = False
    attachments: int = 0
    files: tuple[File, ...] = ()
    delivery_id: str | None = None
    mail_id: str | None = None
    references: tuple[str, ...] = ()
    code: str | None = None


def hear(arrival: MailArrival | TextArrival) -> str:
    """Take in one message: `noted`, `known` if it was told before, or `ignored`."""
    return _hear_mail(arrival) if isinstance(arrival, MailArrival) else _hear_text(arrival)


# -- mail --------------------------------------------------------------------------------------------------------


def _hear_mail(arrival: MailArrival) -> str:
    addresses = [found for one in arrival.recipients if (found := replies.read(one)) is not None]
    if not addresses:
        return _ignored(NO_ADDRESS)
    if arrival.is_infected:
        return _ignored(INFECTED)
    address = addresses[0]
    if address.kind == "u":
        return _unsubscribe(address.chain_id, address.subject_id)
    letter = intake.letter_of(arrival)
    with inside(address.chain_id):  # we have signed the address
        scope = scope_of(address.chain_id)
        if scope is None:
            return _ignored(NO_CHAIN)
        guest_id, delivery_id = address.subject_id, None
        if address.kind == "r":
            delivery_id = address.subject_id
            delivery = Delivery.by_its_id(scope, delivery_id)
            guest_id = delivery.guest_id if delivery is not None else ""
        guest = guests.find(scope, guest_id)
        if letter is None:
            return _note(scope, guest, _without_words(arrival, delivery_id)) if guest else _ignored(GONE)
        guest = guest or _only_owner(scope, "email", letter.sender)
        return _note(scope, guest, _of_letter(letter, arrival, delivery_id))


def _of_letter(letter: Letter, arrival: MailArrival, delivery_id: str | None) -> _Said:
    return _Said(
        channel="email",
        carrier_id=arrival.carrier_id,
        came_at=arrival.at,
        sender=letter.sender,
        subject=letter.subject or None,
        text=letter.text,
        is_automatic=letter.is_automatic,
        attachments=letter.attachments,
        files=letter.files,
        delivery_id=delivery_id,
        mail_id=letter.mail_id,
        references=letter.references,
        code=None if letter.text or letter.is_whole else NOT_KEPT,  # words may stand where nobody has looked
    )


def _without_words(arrival: MailArrival, delivery_id: str | None) -> _Said:
    """A mail that came without what is in it: colleagues are to know that there was one."""
    return _Said(
        channel="email",
        carrier_id=arrival.carrier_id,
        came_at=arrival.at,
        sender="",
        subject=None,
        text="",
        delivery_id=delivery_id,
        code=NOT_KEPT,
    )


def _unsubscribe(chain_id: str, delivery_id: str) -> str:
    """A mail to the address in List-Unsubscribe: whatever is in it, its sender wants no more of this kind."""
    with inside(chain_id):
        scope = scope_of(chain_id)
        delivery = Delivery.by_its_id(scope, delivery_id) if scope is not None else None
        if delivery is None or delivery.channel is None:
            return _ignored(GONE)
        wish = Unsubscription(chain_id, delivery.guest_id, str(delivery.purpose), str(delivery.channel))
    unsubscribing.unsubscribe_for(wish)
    with logs.bound(chain=chain_id):
        log.info("message_received", channel="email", kind="stop", delivery=delivery_id)
    return "noted"


# -- texts -------------------------------------------------------------------------------------------------------


def _hear_text(arrival: TextArrival) -> str:
    chain_id = settings().reply_numbers.get(arrival.number)
    if chain_id is None:
        return _ignored(NO_ADDRESS)
    with inside(chain_id):  # the operator has given the number to the chain
        scope = scope_of(chain_id)
        if scope is None:
            return _ignored(NO_CHAIN)
        said = _Said(
            channel="sms",
            carrier_id=arrival.carrier_id,
            came_at=arrival.at or real_now(),
            sender=arrival.sender,
            subject=None,
            text=inbound.cleaned(arrival.text),
        )
        wish = inbound.wish_of(arrival.text)
        guest = _only_owner(scope, "phone", arrival.sender)
        return retried(lambda: _note(scope, guest, said, wish=wish))


def _follow(unit: Unit, wish: str, number: str) -> None:
    """Stop every text to a number, or lift what its owner's own word has stopped. What else stops it stays."""
    target = suppressing.target_of(unit.scope, Contact("sms", number))
    before = unit.size
    if wish == "stop":
        suppressing.stop(unit, target, OPT_OUT, unit.scope.now)
    else:
        suppressing.start(unit, target, OPT_OUT)
    if unit.size > before:
        unit.audit(f"number.{wish}", suppressing.id_of(target))


# -- both --------------------------------------------------------------------------------------------------------


def _note(scope: Scope, guest: Guest | None, said: _Said, *, wish: str | None = None) -> str:
    """Put what was said into the thread, and do what it wishes. The second time nothing happens."""
    record = Message(
        guest_key=scope.key(guest.id if guest is not None else INBOX),
        id=incoming_id(said.came_at, said.carrier_id),
        direction="in",
        channel=said.channel,
        at=sortable(scope.now),
        subject=said.subject,
        text=said.text,
        state="received",
        is_automatic=int(said.is_automatic),
        attachments=said.attachments,
        files=[{"name": one.name, "type": one.media_type, "size": one.size} for one in said.files] or None,
        address_masked=_masked(said.channel, said.sender),
        delivery_id=said.delivery_id,
        mail_id=said.mail_id,
        references=list(said.references) or None,
        code=said.code,
    )
    unit = Unit(scope)
    unit.create(record)
    if wish is not None:
        _follow(unit, wish, said.sender)
    if guest is not None and not said.is_automatic:
        detail = {"channel": said.channel, "message": str(record.id)}
        agenda.announce(unit, Event(events.MESSAGE_RECEIVED, guest.id, int(guest.version), detail))
    try:
        unit.commit()
    except AlreadyExists:
        return "known"
    with logs.bound(chain=scope.chain_id):
        log.info("message_received", channel=said.channel, kind="in")
        metrics.count(metrics.MESSAGES_RECEIVED, label=said.channel)
    return "noted"


def _only_owner(scope: Scope, kind: str, value: str) -> Guest | None:
    """The one guest whose address or number it is; None if it is nobody's, or several people's."""
    owners = guests.contact_owners(scope, kind, value) if value else []
    found = {one.id: one for one in (guests.find(scope, owner) for owner in owners) if one is not None}
    return next(iter(found.values())) if len(found) == 1 else None


def _masked(channel: str, address: str) -> str | None:
    try:
        return CHANNELS[channel].masked(CHANNELS[channel].read(address))
    except InvalidValue:
        return None


def scope_of(chain_id: str) -> Scope | None:
    """The chain's system at its present instant; None for a chain that is not there."""
    asking = Scope(chain_id, Actor("system", "inbound"), real_now())
    try:
        chain = directory.chain_of(asking)
    except NotFound:
        return None
    return Scope(chain_id, asking.actor, chain_now(chain_id, is_test=chain.is_test), is_test=chain.is_test)


def _ignored(why: str) -> str:
    log.warning("mail_event_ignored", reason=why)
    metrics.count(metrics.MAIL_EVENTS_REFUSED, label=why)
    return "ignored"
