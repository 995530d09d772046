"""Channels that a person carries: a call, a letter, a gift, a word in person. What leaves here is a task for somebody.

Whoever keeps tasks (`service.carrying`) hands over how one is opened. As long as nobody has, no guest can be reached on
these channels, so that nothing is claimed that no one would do. The task is opened in the very transaction of the
claim: there is none without the other, and there is nothing to send afterwards.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.channels.port import Message, Outcome, Reachable, Refused
from chalicelib.outreach.rules.eligibility import Contact


class Opener(Protocol):
    """Opens a task in the caller's unit; answers its id."""

    def __call__(
        self,
        scope: Scope,
        unit: Unit,
        *,
        guest_id: str,
        property_id: str | None,
        kind: str,
        due_on: date,
        cause: str,
    ) -> str:
        """`kind` is the channel, `cause` the delivery that the task carries out."""


_openers: list[Opener] = []


def opens_tasks(opener: Opener | None) -> None:
    """Hand over how a task is opened; None: nobody opens any."""
    _openers[:] = [opener] if opener is not None else []


def open_task(
    scope: Scope, unit: Unit, *, guest_id: str, property_id: str | None, kind: str, due_on: date, cause: str
) -> str:
    """Open a task in the caller's unit; its id. Raises LookupError where nobody opens any."""
    if not _openers:
        raise LookupError("nobody opens tasks: a channel was chosen that there is not")
    return _openers[-1](scope, unit, guest_id=guest_id, property_id=property_id, kind=kind, due_on=due_on, cause=cause)


class PersonChannel:
    """A channel that a person carries."""

    contact_kind: str | None = None
    is_connected = False
    parts: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def contacts_of(self, guest: Reachable) -> list[Contact]:
        """A number for a call; for the rest the guest, whose address whoever carries it looks up."""
        if not _openers:
            return []
        if self.name == "call":
            return [Contact(self.name, number) for number in list(guest.phones)[:1]]
        return [Contact(self.name, guest.guest_id)]

    def masked(self, address: str) -> str:
        """A number's end; a guest has no address here."""
        return f"***{address[-4:]}" if self.name == "call" else "–"

    def read(self, text: str) -> str:
        """As it stands: it is a number or a guest's id."""
        return text.strip()

    def send(self, message: Message) -> Outcome:
        """Never: the task was opened with the claim."""
        return Refused("CarriedByAPerson", may_retry=False)
