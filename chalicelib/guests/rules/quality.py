"""What an e-mail address or phone number is worth: when it was last known to be right, and what is wrong with it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.kernel import text
from chalicelib.kernel.i18n import InvalidValue

STALE_MONTHS_DEFAULT = 24
STALE_MONTHS_MIN, STALE_MONTHS_MAX = 3, 120
DAYS_OF_MONTH = 30.44  # the mean: nobody counts months of silence by the day
EVERY = timedelta(days=7)  # between two runs: a week's work for a desk

GUESTS_PER_STEP = 50
FINDINGS_PER_STEP = 60  # rows of one step's transaction, and a guest has at most twenty contact points more
HOUSELESS = "-"  # in place of a property: guests whom no house knows

REASONS = ("bounced", "malformed", "stale")

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Facts(NamedTuple):
    """What is known of one contact point. Instants may be absent."""

    heard_at: datetime | None  # when it came in: with the guest's record
    arrived_at: datetime | None = None
    checked_at: datetime | None = None  # by a member of staff
    bounced_at: datetime | None = None

    @property
    def verified_at(self) -> datetime | None:
        """When it was last known to be right, by whatever way."""
        return max((one for one in (self.heard_at, self.arrived_at, self.checked_at) if one), default=None)

    @property
    def verified_by(self) -> str:
        """How it was: `staff`, `delivery` or `record`."""
        ways = {"staff": self.checked_at, "delivery": self.arrived_at, "record": self.heard_at}
        known = {way: at for way, at in ways.items() if at is not None}
        return max(known, key=lambda way: known[way]) if known else "record"


def finding(kind: str, value: str, facts: Facts, now: datetime, stale_months: int) -> str | None:
    """What is wrong with a contact point, the worst first; None for nothing.

    A bounce counts until the address has been seen to work, or somebody has checked it, since.
    """
    proven = max((one for one in (facts.arrived_at, facts.checked_at) if one), default=None)
    if facts.bounced_at is not None and (proven is None or proven < facts.bounced_at):
        return "bounced"
    if not is_well_formed(kind, value):
        return "malformed"
    verified = facts.verified_at
    if verified is None or now - verified > timedelta(days=stale_months * DAYS_OF_MONTH):
        return "stale"
    return None


def is_well_formed(kind: str, value: str) -> bool:
    """Whether something can be sent to it at all."""
    if kind == "phone":
        return _E164.fullmatch(value) is not None
    try:
        return bool(text.normalise_email(value))
    except InvalidValue:
        return False


def counted(counts: dict[str, dict[str, int]], property_id: str, reason: str | None) -> None:
    """Count one contact point of a house."""
    of_house = counts.setdefault(property_id, dict.fromkeys(("points", *REASONS), 0))
    of_house["points"] += 1
    if reason is not None:
        of_house[reason] += 1
