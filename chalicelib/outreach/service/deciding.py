"""The decision about one occurrence that has fallen due: wait, skip with a reason, or claim and send."""

from __future__ import annotations

from datetime import datetime

from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import models
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.models import Suppression
from chalicelib.outreach.rules import eligibility, frequency, timing
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.vocabulary import AddressSuppressed, AlreadyDecided
from chalicelib.outreach.service import claiming, limiting, reputation, suppressing
from chalicelib.outreach.service.planning import Plan, birth_date_of, leap_rule_of

CONTACTS_MAX = 6  # of one guest that are tried for one message


@dataclass(frozen=True)
class Choice:
    """Where a message goes, or why nowhere. `ended` is a suppression that the guest's own word has ended."""

    contact: Contact | None
    reason: str | None = None
    ended: Suppression | None = None


def decide(
    scope: Scope,
    unit: Unit,
    chain: Chain,
    guest: Guest,
    plan: Plan,
    *,
    refusal: Stale | None,
    tries: int = 0,
) -> datetime | None:
    """Decide an occurrence in the caller's unit. Answers until when to wait, or None once it is decided.

    `refusal` is why the decision of a moment ago could not be committed: only then are suppressions looked at, because
    the claim itself depends on there being none.
    """
    if isinstance(refusal, AlreadyDecided):
        return None
    if plan.obstacle is not None:
        claiming.skip(scope, unit, guest, plan, plan.obstacle)
        return None
    leaves_at = timing.moment_in(plan.window, scope.now, plan.place.zone, plan.place.quiet)
    if leaves_at is None:
        claiming.skip(scope, unit, guest, plan, "too_late")
        return None
    if leaves_at > scope.now:
        return leaves_at
    choice = choose(scope, chain, guest, plan, is_suspicious=isinstance(refusal, AddressSuppressed))
    if choice.contact is None:
        claiming.skip(scope, unit, guest, plan, str(choice.reason))
        return None
    if reputation.holds_back(scope, plan.place.property_id, plan.purpose, choice.contact.channel):
        claiming.skip(scope, unit, guest, plan, reputation.HELD_BACK)
        return None
    if frequency.is_limited(plan.purpose):
        book, delivery_id = (
            limiting.book_of(scope, guest),
            models.delivery_id(scope.chain_id, guest.id, plan.occurrence),
        )
        free_at = book.free_at(plan.purpose, delivery_id, scope.now)
        if free_at > scope.now:
            return _put_off(scope, unit, guest, plan, free_at)
        book.note(unit, plan.purpose, delivery_id)
    if choice.ended is not None:
        suppressing.end_for(unit, choice.ended, plan.purpose)
    claiming.claim(scope, unit, chain, guest, plan, choice.contact, is_freed=choice.ended is not None, tries=tries + 1)
    return None


def _put_off(scope: Scope, unit: Unit, guest: Guest, plan: Plan, free_at: datetime) -> datetime | None:
    """Wait until the guest may be written to again, if that is still on its day; else note why nothing is sent."""
    leaves_at = timing.moment_in(plan.window, free_at, plan.place.zone, plan.place.quiet)
    if leaves_at is None:
        claiming.skip(scope, unit, guest, plan, "frequency_cap")
    return leaves_at


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
    contacts = contacts_of(guest)
    purpose = plan.purpose
    stopped = suppressing.Stopped(frozenset(), {})
    if is_suspicious:
        stopped = suppressing.stopped(scope, contacts, guest.consents, purpose)
    found = eligibility.candidates(contacts, guest.consents, purpose, plan.place.country, suppressed=stopped.held)
    if found.reason is not None:
        return Choice(None, found.reason)
    for contact in found.contacts:
        if not _is_shared(scope, contact):
            return Choice(contact, ended=stopped.ended.get(contact))
    return Choice(None, "shared_contact")


def contacts_of(guest: Guest) -> list[Contact]:
    """Where a guest can be reached, channel by channel in the order of preference."""
    return [contact for channel in CHANNELS.values() for contact in channel.contacts_of(guest)][:CONTACTS_MAX]


def _is_shared(scope: Scope, contact: Contact) -> bool:
    kind = CHANNELS[contact.channel].contact_kind
    return eligibility.is_shared(guests.contact_owner_count(scope, kind, contact.address))
