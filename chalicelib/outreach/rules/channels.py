"""Which channel carries a message: the guest's preference, then what the content allows, consent, quiet hours, cost.

What a chain says about its channels comes in versions, dated and never changed. Version 0 is the house's own rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass

CONNECTED = ("wechat", "whatsapp")  # carried by a connector of the chain's
CARRIED = ("call", "letter", "gift", "visit")  # carried by a person, whose task it is
# Cheapest first. What a text costs is known to the part where there is a price list; the rest is this order alone.
COST_ORDER = ("email", "push", "wechat", "whatsapp", "sms", "visit", "call", "letter", "gift")
CHANNEL_NAMES = COST_ORDER

# What may be said on which channel while a chain has said nothing. What costs somebody's time only if a chain says so.
_ALL_SENT = ("email", "push", "wechat", "whatsapp", "sms")
ALLOWED: Mapping[str, tuple[str, ...]] = {"service": _ALL_SENT, "greeting": _ALL_SENT, "marketing": _ALL_SENT}
NEVER: Mapping[str, frozenset[str]] = {"marketing": frozenset({"gift", "visit"})}  # an offer is no present

TEXT_PARTS_MAX = 5  # of a message with an offer of two hundred Chinese characters
VERSIONS_MAX = 500

# Under which name guests say yes or no to a channel. A visit is asked for by nobody's law.
_CONSENTS: Mapping[str, str | None] = {"call": "phone", "gift": "letter", "visit": None}

PREFERRED, CHEAPEST, ONLY = "preferred", "cheapest", "only"
BEHIND, NOT_ALLOWED = "behind", "not_allowed"


@dataclass(frozen=True)
class Wording:
    """A text as it was registered: the network's id for it, and the words with places for variables."""

    template_id: str
    text: str


@dataclass(frozen=True)
class Settings:
    """One version of what a chain says about its channels."""

    number: int = 0
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: ALLOWED)
    text_parts_max: int = TEXT_PARTS_MAX
    text_currency: str | None = None
    text_prices: Mapping[str, int] = field(default_factory=dict)  # calling code → millionths a part
    signature: str | None = None
    signatures: Mapping[str, str] = field(default_factory=dict)  # property → its own
    wordings: Mapping[str, Wording] = field(default_factory=dict)  # `birthday:zh` →
    applications: Mapping[str, str] = field(default_factory=dict)  # platform → ARN of the push service
    valid_from: datetime | None = None
    made_by: str | None = None

    def channels_for(self, purpose: str) -> tuple[str, ...]:
        """The channels for a class of content, cheapest or first wanted first."""
        return self.allowed.get(purpose) or ALLOWED.get(purpose) or ALLOWED["service"]

    def wording_of(self, occasion: str, language: str) -> Wording | None:
        """What was registered for an occasion in a language."""
        return self.wordings.get(f"{occasion}:{language}")

    def signature_of(self, property_id: str | None) -> str | None:
        """What stands in the brackets of a text: the property's own, else the chain's."""
        return self.signatures.get(property_id or "") or self.signature

    def as_dict(self) -> dict[str, Any]:
        """What is stored."""
        return {
            "number": self.number,
            "allowed": {purpose: list(names) for purpose, names in self.allowed.items()},
            "text_parts_max": self.text_parts_max,
            "text_currency": self.text_currency,
            "text_prices": dict(self.text_prices),
            "signature": self.signature,
            "signatures": dict(self.signatures),
            "wordings": {key: [one.template_id, one.text] for key, one in self.wordings.items()},
            "applications": dict(self.applications),
            "valid_from": sortable(self.valid_from) if self.valid_from else None,
            "made_by": self.made_by,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Settings:
        """A stored version."""
        values = dict(stored)
        values["allowed"] = {purpose: tuple(names) for purpose, names in stored["allowed"].items()}
        values["wordings"] = {key: Wording(*one) for key, one in stored["wordings"].items()}
        values["valid_from"] = from_sortable(stored["valid_from"]) if stored.get("valid_from") else None
        return cls(**values)

    def says_the_same(self, other: Settings) -> bool:
        """Whether another version says nothing new."""
        dated = ("number", "valid_from", "made_by")
        mine, theirs = self.as_dict(), other.as_dict()
        return all(mine[name] == theirs[name] for name in mine if name not in dated)


@cache
def house_rule() -> Settings:
    """What holds while a chain has said nothing."""
    return Settings()


class Order(NamedTuple):
    """Channels in the order in which they are tried, and those that the content does not go on."""

    tried: tuple[str, ...]
    not_allowed: tuple[str, ...]


def order_of(reachable: Iterable[str], preferred: Sequence[str], allowed: Sequence[str]) -> Order:
    """The channels that a guest can be reached on: those preferred first, as the guest says; then by cost, which is the
    order of what is allowed."""
    known = list(dict.fromkeys(reachable))
    ranks = {name: rank for rank, name in enumerate(preferred)}
    tried = sorted(
        (name for name in known if name in allowed),
        key=lambda name: (ranks.get(name, len(ranks)), allowed.index(name)),
    )
    # What costs somebody's time is not spoken of where the chain does not use it.
    return Order(tuple(tried), tuple(name for name in known if name not in allowed and name not in CARRIED))


def why_chosen(chosen: str, preferred: Collection[str], possible: Collection[str]) -> str:
    """Why a channel was taken: the guest's word, no other was left, or it costs least."""
    if chosen in preferred:
        return PREFERRED
    return CHEAPEST if len(possible) > 1 else ONLY


def consent_channel(channel: str) -> str | None:
    """The channel by which guests call it when they say yes or no; None: nobody is asked."""
    return _CONSENTS.get(channel, channel)


# -- as it is kept with a delivery ---------------------------------------------------------------------------------


def written(why: str | None, others: Mapping[str, str]) -> str | None:
    """A choice in short: `preferred email=consent_missing sms=behind`; None where there was nothing to choose."""
    if not others:
        return why if why == PREFERRED else None
    return " ".join([why or "-", *(f"{name}={reason}" for name, reason in others.items())])


def read(kept: str | None) -> tuple[str | None, dict[str, str]]:
    """What `written` wrote: why the channel was taken, and why not each of the others."""
    if not kept:
        return None, {}
    why, *others = kept.split(" ")
    return (None if why == "-" else why), dict(one.split("=", 1) for one in others)
