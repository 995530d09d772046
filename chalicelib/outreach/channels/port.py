"""What a channel is: it knows its addresses at a guest, which parts of a message it carries, and how to hand one over.

A channel tries once. What it answers decides what may happen next: only a message that was surely not taken is ever
tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Protocol

from chalicelib.kernel import aws
from chalicelib.kernel.deferred import dataclass
from chalicelib.outreach.rules.connectors import Connector
from chalicelib.outreach.rules.eligibility import Contact

# What the services say when they are asked too fast or too much for the day.
_BUSY = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "Throttling", "ThrottledException", "LimitExceededException"}
    | {"RequestLimitExceeded", "SlowDown"}
)


class Reachable(Protocol):
    """What channels look at: where a guest can be reached. `addresses` are by channel."""

    @property
    def guest_id(self) -> str:
        """Who it is."""

    @property
    def emails(self) -> Sequence[str]:
        """Mail addresses, the guest's first before others."""

    @property
    def phones(self) -> Sequence[str]:
        """Numbers, in E.164."""

    @property
    def addresses(self) -> Mapping[str, Sequence[str]]:
        """Addresses on other channels, and devices."""


@dataclass(frozen=True)
class Message:
    """One message to one guest, written and ready. `chain_time` is what the chain's own clock shows."""

    chain_id: str
    guest_id: str
    delivery_id: str
    occasion: str
    address: str
    language: str
    sender_name: str
    sender_address: str
    sms_sender: str | None
    reply_to: str | None
    unsubscribe_url: str | None  # None: an answer to somebody who wrote, which is no list's
    chain_time: datetime
    parts: dict[str, str] = field(repr=False)
    template_id: str | None = None  # of a text whose wording is registered
    references: tuple[str, ...] = ()  # of a mail: the ids of those before it in its thread, the answered one last
    connector: Connector | None = None  # who carries it, on a channel that is the chain's own


@dataclass(frozen=True)
class Accepted:
    """It was taken, under this id."""

    message_id: str


@dataclass(frozen=True)
class Refused:
    """It was surely not taken. `may_retry`: the same message may be taken later."""

    code: str
    may_retry: bool


@dataclass(frozen=True)
class Unknown:
    """It may have been taken or not."""

    code: str


Outcome = Accepted | Refused | Unknown


class Channel(Protocol):
    """A way to reach guests."""

    name: str  # as in consents: `email`, `sms`
    contact_kind: str | None  # as in the register of contact points: `email`, `phone`; None: not in it
    is_connected: bool  # whether a chain needs a connector for it
    parts: tuple[str, ...]  # names of the templates it carries

    def contacts_of(self, guest: Reachable) -> list[Contact]:
        """Where the guest can be reached, best first."""

    def masked(self, address: str) -> str:
        """An address for showing that there is one."""

    def read(self, text: str) -> str:
        """The address in `text`, as it is written to. Raises InvalidValue."""

    def send(self, message: Message) -> Outcome:
        """Hand the message over, once. Never raises for what a network or a service can do."""


def refusal_of(error: aws.ClientError) -> Outcome:
    """What an error answer of AWS means: 4xx was not taken; 5xx may come after the message was."""
    code = aws.error_code(error) or "ClientError"
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _BUSY or status == 429:
        return Refused(code, may_retry=True)
    if 400 <= status < 500:
        return Refused(code, may_retry=False)
    return Unknown(code)


def failure_of(error: aws.BotoCoreError) -> Outcome:
    """What a failure on the way means: without a connection nothing was taken; else nobody knows."""
    name = type(error).__name__
    if isinstance(error, aws.EndpointConnectionError | aws.ConnectTimeoutError):
        return Refused(name, may_retry=True)
    return Unknown(name)
