"""What becomes of two guests who may be one person: who is compared, whose queue it is, who survives.

Pure decisions; what the matcher finds comes in as a verdict, what is stored as plain values.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from typing import NamedTuple

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import id_of

# Of the matching keys. Raise it with every change of what they are made of: chains whose guests were put into buckets
# under an older one are told that a backfill is due.
KEYS_VERSION = 1

STATES = ("open", "merged", "distinct", "obsolete")
HEAD_OFFICE = "hq"  # the queue of pairs that no property knows both guests of

OWNERS_MAX = 3  # of a contact point; more share it, and nobody is linked by it
BUCKET_MAX = 60  # guests under one key; what more share tells nothing (docs/matching.md)
COMPARED_MAX = 60  # of one guest, the likeliest first: one batch read, and some ten milliseconds
OPEN_MAX = 20  # pairs of one guest that wait for an answer; more are a fault of the data and not twenty-one doubles
NOTE_LENGTH_MAX = 300
STRONG_KINDS = frozenset({"document", "member", "mail", "phone"})  # one of these is worth a look; of others, two
CONTACT_KINDS = frozenset({"mail", "phone"})

# What matters for matching. A change of anything else finds nobody new.
TELLING_FIELDS = frozenset({"given_name", "family_name", "emails", "phones", "birth_date", "nationality"})
PLACING_FIELDS = frozenset({"property_ids", "home_property_id", "external_ids"})  # whose queue the open pairs are in


class PairDecided(Conflict):
    """Somebody, or the guests' own change, has answered already."""

    type, title = "pair_decided", N_("This pair has been decided already")


class Verdict(NamedTuple):
    """What the matcher says of two guests: `auto`, `review` or `none`; the score in hundredths of a bit; the findings
    as (code, level, hundredths of a bit)."""

    decision: str
    score: int
    reasons: tuple[tuple[str, str, int], ...]


class Step(NamedTuple):
    """What a pass does with a pair: `open`, `rescore`, `close` or nothing, and whether the two are to be linked."""

    act: str = ""
    is_linked: bool = False


def pair_of(one: str, other: str) -> tuple[str, str]:
    """The two ids in the order in which every pair is kept."""
    return (one, other) if one < other else (other, one)


def pair_id(one: str, other: str) -> str:
    """The id of the pair of two guests: always the same one, whoever finds it."""
    content = "\x1f".join(pair_of(one, other)).encode()
    return id_of("mat", hashlib.blake2b(content, digest_size=16).digest())


def kind_of(key: str) -> str:
    """The kind of a matching key, `mail` of `mail:ana@…`."""
    return key.partition(":")[0]


def is_misplaced(own: Set[str], kept: Set[str], over: Set[str]) -> bool:
    """Whether a guest lacks a bucket of its present keys, or is in one of keys it no longer has; `over` hold nobody."""
    return not own - over <= kept or not kept - over <= own


def likeliest(shared: Mapping[str, Iterable[str]], own_id: str) -> list[str]:
    """Whom to compare a guest with, of those found by kind and bucket: `shared` has guests by key.

    Whoever shares a mailbox, a phone, a document or a membership, or any two keys. One weak key alone (a birthday, the
    sound of a name) is shared by chance: such pairs are half of all and come to nothing.
    """
    counts: Counter[str] = Counter()
    strong: Counter[str] = Counter()
    for key, guest_ids in shared.items():
        for guest_id in guest_ids:
            counts[guest_id] += 1
            strong[guest_id] += kind_of(key) in STRONG_KINDS
    found = [one for one, count in counts.items() if one != own_id and (count > 1 or strong[one])]
    found.sort(key=lambda one: (-strong[one], -counts[one], one))
    return found[:COMPARED_MAX]


def step_of(state: str | None, verdict: Verdict, *, is_barred: bool, may_link: bool) -> Step:
    """What to do with a pair in a state (None: never seen) that the matcher sees so now.

    What was judged distinct or was parted stays so, also between those who were merged with either since (`is_barred`).
    """
    if state in ("distinct", "merged"):
        return Step()
    if verdict.decision == "none" or is_barred:
        return Step("close") if state == "open" else Step()
    return Step("rescore" if state == "open" else "open", may_link and verdict.decision == "auto")


def queue_of(one_property_ids: Iterable[str], other_property_ids: Iterable[str]) -> str:
    """Whose queue a pair is in: the property's, if it alone knows the two; else head office's."""
    houses = {*one_property_ids, *other_property_ids}
    return houses.pop() if len(houses) == 1 else HEAD_OFFICE


class Standing(NamedTuple):
    """What decides which of two records survives."""

    guest_id: str
    absorbed_count: int
    house_count: int
    created_at: datetime


def survivor_of(one: Standing, other: Standing) -> tuple[str, str]:
    """Who survives and who is absorbed: whoever has absorbed others, is known at more properties, is the older record.

    Nothing is lost by it: what both have said is shown together, and a merge can be undone.
    """
    ranked = sorted((one, other), key=lambda it: (-it.absorbed_count, -it.house_count, it.created_at, it.guest_id))
    return ranked[0].guest_id, ranked[1].guest_id


def rank_of(state: str, score: int, at: str) -> str:
    """The place of a pair in its list, read from the end: open pairs by score, others by when they were decided."""
    return f"{max(score, 0):06}" if state == "open" else at
