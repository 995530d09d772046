"""Where staff can answer a guest: by mail and by text, at the first address or number, unless it is stopped."""

from __future__ import annotations

from chalicelib.guests.service import Guest
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.service import reaching, suppressing
from chalicelib.outreach.service.threads import SERVICE

ANSWERED_BY = ("email", "sms")  # what an answer can be written on without a connector and without a person's hands


@dataclass(frozen=True)
class AnswerWay:
    """A channel on which a guest can be answered, and whether the address has stopped even that."""

    channel: str
    masked: str
    is_stopped: bool


def answer_ways(scope: Scope, guest: Guest) -> list[AnswerWay]:
    """The channels that a guest has an address for, with the one that an answer goes to. One read for the stops."""
    reach = reaching.reach_of(scope, guest)
    firsts: list[Contact] = [found[0] for name in ANSWERED_BY if (found := CHANNELS[name].contacts_of(reach))]
    held = suppressing.stopped(scope, firsts, guest.consents, SERVICE).held
    return [AnswerWay(one.channel, CHANNELS[one.channel].masked(one.address), one in held) for one in firsts]
