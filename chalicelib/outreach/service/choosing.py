"""Where a message goes: preference, content, consent, quiet hours, cost, in this order; and why not elsewhere.

The window of the occasion and the quiet hours are decided before, for every channel alike. A channel is taken when an
address on it may be written to and the message can be said there; the next one is tried only when none can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import models
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.models import Suppression
from chalicelib.outreach.models.channels import GuestChannels
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.rules import eligibility
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.service import channels, reaching, suppressing, writing
from chalicelib.outreach.service.planning import Plan, birth_date_of, leap_rule_of
from chalicelib.outreach.service.texting import Text

CONTACTS_MAX = 6  # of one guest that are tried for one message


@dataclass(frozen=True)
class Choice:
    """Where a message goes, or why nowhere. `ended` is a suppression that the guest's own word has ended.

    `why` is why this channel, `others` why none of the others. `text` is the message where choosing has written it, and
    `kept` the guest's own word on channels, if it was looked at.
    """

    contact: Contact | None
    reason: str | None = None
    ended: Suppression | None = None
    why: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    text: Text | None = None
    kept: GuestChannels | None = None

    @property
    def written(self) -> str | None:
        """As it is kept with the delivery."""
        return rules.written(self.why, self.others)


def choose(scope: Scope, chain: Chain, guest: Guest, plan: Plan, *, is_suspicious: bool) -> Choice:
    """Where the message goes by the rules of now. `is_suspicious`: look at the suppressions, too."""
    today = local_day(max(scope.now, plan.window.opens), plan.place.zone)
    outright = eligibility.refused_outright(
        birth_date_of(guest), today, leap_rule_of(chain), is_do_not_greet=bool(guest.is_do_not_greet)
    )
    if outright is not None:
        return Choice(None, outright)
    if guests.is_child_companion(scope, guest):
        return Choice(None, "minor")
    reach = reaching.reach_of(scope, guest)
    known = channels.known_of(scope)
    contacts, not_allowed = _in_order(scope, reach, known.settings.channels_for(plan.purpose))
    others = dict.fromkeys(not_allowed, rules.NOT_ALLOWED)
    stopped = suppressing.Stopped(frozenset(), {})
    if is_suspicious:
        stopped = suppressing.stopped(scope, contacts, guest.consents, plan.purpose)
    found = eligibility.candidates(contacts, guest.consents, plan.purpose, plan.place.country, suppressed=stopped.held)
    others |= {name: why for name, why in found.obstacles.items() if name not in _names(found.contacts)}
    if found.reason is not None:
        reason = rules.NOT_ALLOWED if not contacts and not_allowed else found.reason
        return Choice(None, reason, others=_besides(others), kept=reach.record)
    return _first(scope, chain, guest, plan, reach, found.contacts, others, stopped)


def _first(
    scope: Scope,
    chain: Chain,
    guest: Guest,
    plan: Plan,
    reach: reaching.Reach,
    contacts: tuple[Contact, ...],
    others: dict[str, str],
    stopped: suppressing.Stopped,
) -> Choice:
    """The first contact that can be written to, and the message if writing it was needed to know."""
    reasons: list[str] = []
    for contact in contacts:
        text, obstacle = None, "shared_contact" if _is_shared(scope, contact) else None
        if obstacle is None and contact.channel == "sms":
            delivery_id = models.delivery_id(scope.chain_id, guest.id, plan.occurrence)
            written = writing.text(scope, chain, guest, plan, contact, delivery_id)
            text, obstacle = (None, written) if isinstance(written, str) else (written, None)
        if obstacle is None:
            possible = _names(contacts) - others.keys()
            behind = {name: rules.BEHIND for name in _names(contacts) if name != contact.channel and name in possible}
            why = rules.why_chosen(contact.channel, reach.preferred, possible)
            kept = {name: reason for name, reason in (others | behind).items() if name != contact.channel}
            return Choice(contact, None, stopped.ended.get(contact), why, kept, text, reach.record)
        reasons.append(obstacle)
        others.setdefault(contact.channel, obstacle)
    return Choice(None, reasons[0], others=_besides(others), kept=reach.record)


def contacts_of(scope: Scope, guest: Guest) -> list[Contact]:
    """Where a guest can be reached, channel by channel, whatever is said there."""
    return reaching.contacts_in(scope, reaching.reach_of(scope, guest))[:CONTACTS_MAX]


def _in_order(scope: Scope, reach: reaching.Reach, allowed: tuple[str, ...]) -> tuple[list[Contact], tuple[str, ...]]:
    """The contacts that the content may go to, best first, and the channels it does not go on."""
    known = reaching.contacts_in(scope, reach)
    order = rules.order_of((one.channel for one in known), reach.preferred, allowed)
    found = [one for name in order.tried for one in known if one.channel == name]
    return found[:CONTACTS_MAX], order.not_allowed


def _names(contacts: Iterable[Contact]) -> set[str]:
    return {one.channel for one in contacts}


def _besides(others: dict[str, str]) -> dict[str, str]:
    """What a skip keeps of why no channel was possible: nothing where its one reason says it all."""
    return others if len(others) > 1 else {}


def _is_shared(scope: Scope, contact: Contact) -> bool:
    kind = CHANNELS[contact.channel].contact_kind
    return kind is not None and eligibility.is_shared(guests.contact_owner_count(scope, kind, contact.address))
