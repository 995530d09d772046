"""What a chain has its guests written for: a policy for each occasion, in dated versions that are never changed.

Version 0 is the house's own rule and is stored nowhere. What a chain had from the first day on is on; what came later
is off until somebody switches it on, because nobody is to find out by their guests what an update has begun to send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from functools import cache
from typing import Any

from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.rules.vocabulary import OCCASION_NAMES

VERSIONS_MAX = 200  # of one occasion: a change a month for sixteen years
CHANGED_MEANWHILE = N_("Somebody has published another version meanwhile: look at it first.")
# A day of their own is told by guests for no other reason than to be thought of on it.
ON_BY_DEFAULT = frozenset({"birthday", "first_stay", "special_day"})


@dataclass(frozen=True)
class Policy:
    """One version. `on_since` is the instant from which it acts: what lies before stays silent. It follows from the
    line of all versions (see `versions`).

    With an `offer`, a sentence in each language, a message is marketing, and asks for that consent.
    """

    occasion: str
    number: int
    is_on: bool
    valid_from: datetime | None = None
    on_since: datetime | None = None
    offer: Mapping[str, str] = field(default_factory=dict)
    made_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    @property
    def id(self) -> str:
        """What a decision notes of it."""
        return f"{self.occasion}#{self.number}"

    def as_dict(self) -> dict[str, Any]:
        """What is stored."""
        return {
            "is_on": self.is_on,
            "valid_from": sortable(self.valid_from) if self.valid_from else None,
            "offer": dict(self.offer),
            "made_by": self.made_by,
            "withdrawn_at": sortable(self.withdrawn_at) if self.withdrawn_at else None,
            "withdrawn_by": self.withdrawn_by,
        }

    def since(self, instant: datetime | None) -> Policy:
        """The same version, acting since an instant."""
        return self if instant == self.on_since else replace(self, on_since=instant)

    @classmethod
    def of(cls, occasion: str, number: int, stored: Mapping[str, Any]) -> Policy:
        """A stored version."""
        return cls(
            occasion,
            number,
            bool(stored["is_on"]),
            from_sortable(stored["valid_from"]) if stored.get("valid_from") else None,
            None,
            dict(stored.get("offer") or {}),
            stored.get("made_by"),
            from_sortable(stored["withdrawn_at"]) if stored.get("withdrawn_at") else None,
            stored.get("withdrawn_by"),
        )


def default_of(occasion: str) -> Policy:
    """What holds as long as a chain has said nothing."""
    return Policy(occasion, 0, occasion in ON_BY_DEFAULT)


@cache
def defaults() -> Mapping[str, Policy]:
    """What holds for each occasion as long as a chain has said nothing."""
    return {name: default_of(name) for name in OCCASION_NAMES}


def is_same(before: Policy, *, is_on: bool, offer: Mapping[str, str]) -> bool:
    """Whether a version would say nothing new."""
    return before.is_on == is_on and dict(before.offer) == dict(offer)


def purpose_of(policy: Policy, usual: str) -> str:
    """What consent a message asks for: an offer makes marketing of it."""
    return "marketing" if policy.offer else usual
