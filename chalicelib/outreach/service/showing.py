"""How a guest can be reached, for people: each address, and for each class of content why it may not be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.models.channels import GuestChannels
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.rules import eligibility
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.service import channels, reaching, suppressing
from chalicelib.outreach.service.placing import place_of

SHOWN = ("service", "greeting", "marketing")  # classes of content


@dataclass(frozen=True)
class Way:
    """An address and what stands against it, by class of content."""

    channel: str
    masked: str
    obstacles: Mapping[str, str | None]


@dataclass(frozen=True)
class Ways:
    """How a guest can be reached, in the order in which a greeting tries."""

    record: GuestChannels
    ways: list[Way]


def ways_of(scope: Scope, guest_id: str) -> Ways:
    """How a guest can be reached. Raises NotFound beyond the wall."""
    guest = guests.get(scope, guest_id)
    whole = replace(scope, property_ids=None)  # what may be sent does not depend on who asks
    country = place_of(whole, directory.chain_of(scope), guest).country
    reach = reaching.reach_of(whole, guest)
    settings = channels.known_of(whole).settings
    used = {name for purpose in SHOWN for name in settings.channels_for(purpose)}
    known = [
        one for one in reaching.contacts_in(whole, reach) if one.channel in used or one.channel not in rules.CARRIED
    ]
    obstacles = {
        purpose: _against(whole, guest.consents, known, purpose, country, settings.channels_for(purpose))
        for purpose in SHOWN
    }
    order = rules.order_of((one.channel for one in known), reach.preferred, settings.channels_for("greeting"))
    ranks: dict[str, int] = {}
    for name in (*order.tried, *order.not_allowed, *rules.CARRIED):
        ranks.setdefault(name, len(ranks))
    ways = [
        Way(
            one.channel,
            CHANNELS[one.channel].masked(one.address),
            {purpose: obstacles[purpose].get(one) for purpose in SHOWN},
        )
        for one in sorted(known, key=lambda one: ranks[one.channel])
    ]
    return Ways(GuestChannels.of_ids(scope, guest.ids), ways)


def _against(
    scope: Scope,
    consents: eligibility.Consents,
    known: list[Contact],
    purpose: str,
    country: str,
    allowed: tuple[str, ...],
) -> dict[Contact, str]:
    held = suppressing.stopped(scope, known, consents, purpose).held
    found = {}
    for one in known:
        if one.channel not in allowed:
            found[one] = rules.NOT_ALLOWED
        else:
            reason = eligibility.candidates([one], consents, purpose, country, suppressed=held).reason
            if reason is not None:
                found[one] = reason
    return found
