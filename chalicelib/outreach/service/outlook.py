"""What would become of messages that are not due yet, if the rules and the state of now still held when they are.

Messages ahead count for one another: an offer that will leave takes the place of one a day later.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.directory.service import Chain
from chalicelib.guests.service import Guest
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.service import planning
from chalicelib.outreach.service.limiting import Limits
from chalicelib.outreach.service.planning import Plan
from chalicelib.outreach.service.prospects import TOO_LATE, prospect_of


@dataclass(frozen=True)
class Outlook:
    """When and where a message would leave, or why it would not; `moved` is what it had to wait for."""

    at: datetime | None = None
    channel: str | None = None
    reason: str | None = None
    moved: tuple[str, ...] = ()


class Ahead:
    """A guest's messages that are still to come, asked for in the order of their days."""

    def __init__(self, scope: Scope, guest: Guest) -> None:
        self._scope, self._guest = scope, guest
        self._limits = Limits(scope, guest)

    def of(self, chain: Chain, plan: Plan) -> Outlook:
        """What would become of the next message."""
        found = prospect_of(
            self._scope, chain, self._guest, plan, self._limits, is_suspicious=True, looks_ahead=True
        )  # fmt: skip
        if found.reason is not None:
            return Outlook(reason=_in_full(chain, plan, found.reason), moved=found.moved)
        if found.at is not None:
            self._limits.expect(plan.purpose, found.at)
        contact = found.choice.contact if found.choice is not None else None
        return Outlook(found.at, contact.channel if contact is not None else None, None, found.moved)


def _in_full(chain: Chain, plan: Plan, reason: str) -> str:
    """A reason, told apart where an occasion is over because nobody was written to yet when it was on."""
    begins = planning.acts_since(chain, plan.policy) if plan.policy is not None else chain.activated_at
    return "before_activation" if reason == TOO_LATE and plan.window.closes <= begins else reason
