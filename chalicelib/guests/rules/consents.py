"""Which of two statements of consent holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypedDict

from chalicelib.kernel import text
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_, InvalidValue

PURPOSES = (
    "service",
    "greeting",
    "marketing",
    "survey",
    "personalisation",
    "membership",
    "cross_property",
    "cross_border",
)
CHANNELS = ("email", "sms", "phone", "letter", "push", "wechat", "whatsapp")
STATES = ("granted", "denied")

CONSENT_SOURCE_LENGTH_MAX = 100
CLOCK_SKEW = timedelta(minutes=5)  # how far a caller's clock may be ahead of ours


class Consent(TypedDict):
    """What holds for one purpose on one channel: since when (sortable instant) and by whose word."""

    state: str
    source: str
    at: str


@dataclass(frozen=True)
class Statement:
    """What somebody says about one consent. `at` None: they did not say when."""

    purpose: str
    channel: str
    state: str
    source: str
    at: datetime | None = None

    @property
    def key(self) -> str:
        """Under which the guest keeps it: `greeting:email`."""
        return consent_key(self.purpose, self.channel)


def consent_key(purpose: str, channel: str) -> str:
    """Under which a guest keeps a consent: `greeting:email`."""
    return f"{purpose}:{channel}"


def declared_now(current: Mapping[str, str] | None, statement: Statement) -> bool:
    """Whether a statement made at this moment changes anything: it holds, unless it says what holds already."""
    return current is None or (current["state"], current["source"]) != (statement.state, statement.source)


def declared_before(current: Mapping[str, str] | None, statement: Statement, at: str | None) -> bool:
    """Whether a statement that reaches us later, by a file or another system, takes the place of `current`.

    The later one holds; at one instant the denial does. One without a time is older than anything known: it
    fills a gap, and a denial is heeded even then. `at` is the statement's time in sortable form.
    """
    if current is None:
        return True
    is_new_denial = statement.state == "denied" and current["state"] != "denied"
    if at is None or at == current["at"]:
        return is_new_denial
    return at > current["at"]


def clean_consent_source(value: str) -> str:
    """Where a consent was declared, in a few words."""
    cleaned = text.clean_text(value, CONSENT_SOURCE_LENGTH_MAX)
    if not cleaned:
        raise InvalidValue(N_("must not be empty"))
    return cleaned


def clean_declared_at(at: datetime, now: datetime) -> datetime:
    """When a consent was declared: not after now, give or take a clock that runs ahead."""
    if at > now + CLOCK_SKEW:
        raise InvalidValue(N_("lies in the future"))
    return min(at, now)
