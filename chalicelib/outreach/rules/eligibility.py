"""Whether a guest may be written to, and at which address: age, marks, consent, the nature of an address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Any

from chalicelib.kernel.calendars import LeapRule, age_on, parse_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.outreach.rules.channels import consent_channel

ADULT_YEARS = 18
OWNERS_MAX = 3  # a contact point of more guests than these is shared: nobody is written to at it

# Where everything but service needs consent: the European Union, and China.
EUROPEAN_UNION = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV"}
    | {"MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)
OPT_IN_COUNTRIES = EUROPEAN_UNION | {"CN"}

Consents = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Contact:
    """One way to reach a guest: a channel and an address in it."""

    channel: str
    address: str
    is_relay: bool = False


@dataclass(frozen=True)
class Candidates:
    """Where a message may go, best first; or why it goes nowhere. `obstacles` are by channel, the first of each."""

    contacts: tuple[Contact, ...]
    reason: str | None
    obstacles: Mapping[str, str] = field(default_factory=dict)


def refused_outright(birth_date: date | None, day: date, leap_rule: LeapRule, *, is_do_not_greet: bool) -> str | None:
    """Why a guest gets no message at all on `day`, whatever the address; None if nothing speaks against it."""
    if is_do_not_greet:
        return "do_not_greet"
    if birth_date is not None and age_on(birth_date, day, leap_rule) < ADULT_YEARS:
        return "minor"
    return None


def candidates(
    contacts: Collection[Contact],
    consents: Consents,
    purpose: str,
    country: str,
    *,
    suppressed: Collection[Contact] = (),
) -> Candidates:
    """The contacts a message of `purpose` may go to, in the order given.

    `country` is the property's. Without one that may be used, the reason is the obstacle at the first: what would have
    to change first.
    """
    allowed: list[Contact] = []
    obstacles: dict[str, str] = {}
    for contact in contacts:
        obstacle = _obstacle(contact, consents, purpose, country, suppressed)
        if obstacle is None:
            allowed.append(contact)
        else:
            obstacles.setdefault(contact.channel, obstacle)
    reason = None if allowed else next(iter(obstacles.values()), "no_channel")
    return Candidates(tuple(allowed), reason, obstacles)


def is_shared(owner_count: int) -> bool:
    """Whether a contact point of so many guests is nobody's own."""
    return owner_count > OWNERS_MAX


def is_regranted(consent: Mapping[str, Any] | None, since: datetime) -> bool:
    """Whether the guest has agreed anew after unsubscribing at `since`."""
    return consent is not None and consent["state"] == "granted" and parse_instant(str(consent["at"])) > since


def _obstacle(
    contact: Contact, consents: Consents, purpose: str, country: str, suppressed: Collection[Contact]
) -> str | None:
    asked = consent_channel(contact.channel)
    state = (consents.get(f"{purpose}:{asked}") or {}).get("state")
    if state == "denied":
        return "consent_denied"
    if state != "granted" and asked is not None and purpose != "service" and country in OPT_IN_COUNTRIES:
        return "consent_missing"
    if contact.is_relay and purpose != "service":
        return "relay_address"
    if contact in suppressed:
        return "suppressed"
    return None
