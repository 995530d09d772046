"""What follows from the fate of a mail for its address and its guest, whoever has written it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from chalicelib.guests import service as guests
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.rules.vocabulary import PURPOSES_ENDED_BY_COMPLAINT
from chalicelib.outreach.service import suppressing
from chalicelib.outreach.service.suppressing import Target


class Mail(Protocol):
    """A mail that something became of."""

    @property
    def id(self) -> Any:
        """The delivery, or staff's answer."""

    @property
    def channel(self) -> Any:
        """By which way."""

    @property
    def address_hash(self) -> Any:
        """Where it went."""

    @property
    def address_masked(self) -> Any:
        """The same, for people."""


def stage(scope: Scope, unit: Unit, kind: str, mail: Mail, guest_id: str, at: datetime) -> None:
    """Suppress the address, and end what was agreed to, as the event asks."""
    target = Target(str(mail.channel), str(mail.address_hash), str(mail.address_masked))
    if kind == "delivered":
        guests.note_contact(unit, guest_id, target.hashed, "arrived", at)
    elif kind == "bounced":
        suppressing.stop(unit, target, "hard_bounce", at)
        guests.note_contact(unit, guest_id, target.hashed, "bounced", at)
    elif kind == "soft_bounced":
        suppressing.note_soft_bounce(unit, target, str(mail.id), at)
    elif kind == "complained":
        suppressing.stop(unit, target, "complaint", at)
        guest = guests.find(scope, guest_id)
        if guest is not None:
            ended, channel = PURPOSES_ENDED_BY_COMPLAINT, str(mail.channel)
            guests.withdraw_consent(scope, unit, guest, ended, channel, "complaint", guest_id)
