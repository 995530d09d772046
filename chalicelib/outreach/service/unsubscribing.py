"""A guest stops messages by a signed link: consent is withdrawn and the addresses stopped before the next send."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel import agenda
from chalicelib.kernel.clock import chain_now, real_now
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.tenancy import inside
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import events, links
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.links import Unsubscription
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.service import reaching, suppressing


def unsubscription_of(token: str) -> Unsubscription:
    """What a link stands for. Changes nothing. Raises NotFound for a link that is not ours."""
    wish = links.read_token(token)
    if wish is None or wish.channel not in CHANNELS:
        raise NotFound()
    return wish


def unsubscribe(token: str) -> Unsubscription:
    """Stop what a link stands for. Doing it again changes nothing. Raises NotFound for a link that is not ours."""
    wish = unsubscription_of(token)
    unsubscribe_for(wish)
    return wish


def unsubscribe_for(wish: Unsubscription) -> None:
    """Stop what a wish is about, which has come by something that we have signed."""
    with inside(wish.chain_id):
        scope = _scope_of(wish)
        retried(lambda: _stop(scope, wish))


def _scope_of(wish: Unsubscription) -> Scope:
    asking = Scope(wish.chain_id, Actor("guest", wish.guest_id), real_now())
    chain = directory.chain_of(asking)
    now = chain_now(wish.chain_id, is_test=chain.is_test)
    return Scope(wish.chain_id, asking.actor, now, is_test=chain.is_test)


def _stop(scope: Scope, wish: Unsubscription) -> None:
    guest = guests.find(scope, wish.guest_id)
    if guest is None:
        return
    unit = Unit(scope)
    guests.withdraw_consent(scope, unit, guest, (wish.purpose,), wish.channel, "unsubscribe", wish.guest_id)
    contacts = CHANNELS[wish.channel].contacts_of(reaching.reach_of(scope, guest))
    targets = [suppressing.target_of(scope, contact) for contact in contacts]
    cause = outcomes.unsubscribed(wish.purpose)
    suppressing.stop_all(unit, targets, cause, scope.now)
    if unit.size == 0:
        return
    detail = {"purpose": wish.purpose, "channel": wish.channel}
    agenda.announce(unit, Event(events.GUEST_UNSUBSCRIBED, guest.id, int(guest.version), detail))
    unit.audit("guest.unsubscribed", guest.id, purpose=wish.purpose, channel=wish.channel)
    unit.commit()
