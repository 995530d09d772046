"""When a property's mail is trusted no more: too many addresses that are not there, or too many complaints.

    rate = bounced (or complained) ÷ max(told, least)

of the mails that left in the last fourteen days. `told` are those of which the mail service has told what became of
them. `least` keeps a few mails from being judged like many: a house is taken to have sent at least a hundred, so it
takes four hard bounces, and at least 2,500 for complaints, so it takes two. The shares are below those at which SES
reviews the whole account, 5 % and 0.1 %, because one property's carelessness must not silence all the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

WINDOW = timedelta(days=14)
BOUNCES_MAX_PER_10_000 = 400
COMPLAINTS_MAX_PER_10_000 = 8
BOUNCES_LEAST = 100
COMPLAINTS_LEAST = 2_500

# A soft bounce is told of a mail, and is no sign of a bad list.
_TOLD = frozenset({"delivered", "bounced", "soft_bounced", "complained"})


class Counts(NamedTuple):
    """Mails of one day or of many: of how many it was told what became of them, and of how many what is bad."""

    told: int = 0
    bounced: int = 0
    complained: int = 0


def news(before: Collection[str], after: Collection[str]) -> Counts:
    """What one mail adds to the counts of its day when its marks become more. Each mail counts once for each."""
    return Counts(
        told=int(_TOLD.isdisjoint(before) and not _TOLD.isdisjoint(after)),
        bounced=int("bounced" in after and "bounced" not in before),
        complained=int("complained" in after and "complained" not in before),
    )


def summed(days: Iterable[tuple[str, Counts]], lifted: tuple[str, Counts] | None) -> Counts:
    """The sum of days (`2026-03-10`), without what was known when the last pause was lifted: that was looked at."""
    total, is_known = Counts(), False
    for day, counts in days:
        if lifted is None or day >= lifted[0]:
            total = Counts(*(one + other for one, other in zip(total, counts, strict=True)))
            is_known = is_known or (lifted is not None and day == lifted[0])
    if lifted is not None and is_known:
        total = Counts(*(max(0, one - other) for one, other in zip(total, lifted[1], strict=True)))
    return total


def rates(counts: Counts) -> Mapping[str, int]:
    """Bounces and complaints per ten thousand mails, rounded down, as they are judged."""
    return {
        "bounces": counts.bounced * 10_000 // max(counts.told, BOUNCES_LEAST),
        "complaints": counts.complained * 10_000 // max(counts.told, COMPLAINTS_LEAST),
    }


def cause_to_pause(counts: Counts) -> str | None:
    """Why a property's mail pauses: `bounces` at 4 %, `complaints` at 0.08 %; None while it may go on."""
    found = rates(counts)
    if found["complaints"] >= COMPLAINTS_MAX_PER_10_000:
        return "complaints"
    return "bounces" if found["bounces"] >= BOUNCES_MAX_PER_10_000 else None
