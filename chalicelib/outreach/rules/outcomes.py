"""What became of a message. Answers and events come twice and in any order; what is known only ever grows.

A delivery keeps `marks`: what has happened, each with the earliest instant it was heard of. Its status is the
strongest mark, so the same marks in any order give the same status. A suppression keeps `causes` in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, TypedDict, get_args

from chalicelib.kernel.i18n import N_
from chalicelib.outreach.rules.vocabulary import Status

# From weak to strong. A message that was refused for good was not delivered; one that was delivered can still bounce
# later, and a complaint outweighs everything.
_STATUSES: dict[str, Status] = {
    "claimed": "claimed",
    "parked": "parked",
    "unknown": "unknown",
    "sent": "sent",
    "delayed": "sent",  # the other side has not taken it yet, and SES goes on trying
    "failed": "failed",
    "soft_bounced": "bounced",
    "delivered": "delivered",
    "read": "delivered",
    "bounced": "bounced",
    "complained": "complained",
}
_STRENGTH = tuple(_STATUSES)

SETTLED = frozenset({"sent", "delayed", "failed", "soft_bounced", "delivered", "read", "bounced", "complained"})

# What is learnt of a mail beside its status. It says that something fetched a picture or followed a link: a person, a
# mail program that loads ahead, or a scanner. So it changes no status, and nobody is decided upon by it.
SEEN = ("opened", "clicked")
SIGHTINGS_KEPT = 20  # of each; a count of twenty means twenty or more

EVERY_PURPOSE = "*"
SOFT_BOUNCES_MAX = 3
SOFT_BOUNCE_WINDOW = timedelta(days=30)
SOFT_BOUNCES_KEPT = 20  # of an address: many times what it takes to suppress it

Cause = Literal["complaint", "hard_bounce", "soft_bounces", "manual", "opt_out", "unsubscribed"]
_CAUSES_BY_WEIGHT = get_args(Cause)  # they are named from heavy to light
CAUSE_LABELS: Mapping[str, str] = {
    "complaint": N_("The receiver complained"),
    "hard_bounce": N_("It bounced for good"),
    "soft_bounces": N_("It bounced again and again"),
    "manual": N_("Stopped by hand"),
    "opt_out": N_("The owner answered with a word that stops"),
    "unsubscribed": N_("The guest unsubscribed"),
}
OPT_OUT = "opt_out"  # the owner of a number has answered with a word that stops texts

PARK_AFTER = timedelta(minutes=5)  # longer than any attempt takes, so whoever made it has died
UNKNOWN_AFTER = timedelta(hours=24)

SEND_TRIES_MAX = 5
RETRY_DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))

Marks = Mapping[str, str]  # mark or cause → sortable instant


def merged(known: Marks, news: Marks) -> dict[str, str]:
    """Both together; of two instants for one mark the earlier."""
    both = dict(known)
    for name, at in news.items():
        both[name] = min(at, both.get(name, at))
    return both


class Sighting(TypedDict):
    """When a mail was first opened or clicked, by the chain's clock; and each time by SES's, which duplicates share."""

    first: str
    told: list[str]


def sightings_merged(known: Mapping[str, Sighting], kind: str, first: str, told: str) -> dict[str, Sighting]:
    """What is known of openings and clicks with one more. The same one again, and any order, end alike."""
    before = known.get(kind) or Sighting(first=first, told=[])
    both = sorted({*before["told"], told})[:SIGHTINGS_KEPT]
    return {**known, kind: Sighting(first=min(first, before["first"]), told=both)}


def strongest(marks: Iterable[str]) -> str:
    """The mark that outweighs the others."""
    return max(marks, key=_STRENGTH.index)


def status_of(marks: Iterable[str]) -> Status:
    """The status that these marks amount to. A soft bounce shows as bounced, like a hard one."""
    return _STATUSES[strongest(marks)]


def is_settled(marks: Iterable[str]) -> bool:
    """Whether it is known what became of the attempt, so that nobody needs to look after it."""
    return not SETTLED.isdisjoint(marks)


def retry_at(now: datetime, tries: int) -> datetime | None:
    """When a message that was surely not taken is tried again after so many tries; None: no more."""
    if tries >= SEND_TRIES_MAX:
        return None
    return now + RETRY_DELAYS[min(tries, len(RETRY_DELAYS)) - 1]


def purposes_stopped(causes: Iterable[str]) -> set[str]:
    """What an address takes no more for these causes: everything, or the purposes unsubscribed from."""
    stopped = set()
    for cause in causes:
        kind, _, purpose = cause.partition(":")
        stopped.add(purpose if kind == "unsubscribed" else EVERY_PURPOSE)
    return stopped


def unsubscribed(purpose: str) -> str:
    """The cause of a suppression for one purpose."""
    return f"unsubscribed:{purpose}"


def weightiest(causes: Iterable[str]) -> str:
    """The cause that is shown of several."""
    return min((cause.partition(":")[0] for cause in causes), key=_CAUSES_BY_WEIGHT.index)


def soft_bounces_merged(known: Marks, delivery_id: str, at: str) -> dict[str, str]:
    """Soft bounces of an address by delivery, the newest kept."""
    both = merged(known, {delivery_id: at})
    newest = sorted(both.items(), key=lambda one: (one[1], one[0]))[-SOFT_BOUNCES_KEPT:]
    return dict(newest)


def soft_bounces_stop_at(bounces: Mapping[str, datetime]) -> datetime | None:
    """The instant of the bounce that makes them too many, the earliest such; None if they never were."""
    instants = sorted(bounces.values())
    for last in range(SOFT_BOUNCES_MAX - 1, len(instants)):
        if instants[last] - instants[last - SOFT_BOUNCES_MAX + 1] <= SOFT_BOUNCE_WINDOW:
            return instants[last]
    return None
