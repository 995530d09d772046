"""What it takes to find and weigh the guests who may be one person with a new one.

`lookup`: read units to find a new guest's candidates among ten thousand guests and among a million. Only the buckets of
the new guest's keys are read, so only those are laid, as full as they are in a chain of that size: a key that one guest
in so many shares has a bucket of size ÷ so many. `rate`: how many pairs a second one process weighs, with reading,
joining the buckets and writing what it finds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Container
from dataclasses import dataclass

from chalicelib.guests import service
from chalicelib.guests.models import Guest
from chalicelib.guests.models.matches import MatchBucket, MatchedGuest, key_hash
from chalicelib.guests.rules import pairs
from chalicelib.guests.rules.pairs import BUCKET_MAX, Verdict
from chalicelib.guests.schemas import GuestIn
from chalicelib.guests.service import candidates, pairing, weighing
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.tenancy import inside
from chalicelib.kernel.unit import Unit
from infra.bench.watch import watching
from infra.bench.world import World

SIZES = (10_000, 1_000_000)
PAIRS_GOAL = 2_000
SEED = 20260711
# One guest in how many shares a key of the kind: counted on the demo's 113,959 guests, rounded.
SHARED_BY = {"mail": 10**9, "phone": 10**9, "born": 17_000, "name": 25_000, "sound": 8_000, "month": 100_000}
CLUSTERS, CLUSTER = 6, 60  # guests who are all compared with each other: one birthday and one family name


@dataclass(frozen=True)
class Lookup:
    """One size: what finding took, what reading the candidates took on top, and how many there were."""

    guests: int
    keys: int
    bucket_sizes: list[int]
    units: float
    compared: int
    compared_units: float


@dataclass(frozen=True)
class Rate:
    """How many pairs were weighed in how much CPU time."""

    pairs: int
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Pairs a second."""
        return self.pairs / self.cpu_s


def lookup(world: World, size: int) -> Lookup:
    """Find the candidates of a guest who comes into a chain of that size."""
    scope, chance = world.ground.hq, random.Random(SEED)
    with inside(scope.chain_id):
        guest = _guest(scope, "Benedikta", f"Lindqvist{size}", "1979-04-23")
        keys = {guest.id: weighing.Matcher().keys_of(guest)}
        sizes = [_lay(scope, key, size // SHARED_BY[pairs.kind_of(key)], chance) for key in sorted(keys[guest.id])]
        with watching() as finding:
            kept = MatchedGuest.many(scope, [guest.id])
            found = candidates.join(scope, keys, kept)
        likely = pairs.likeliest(found.shared[guest.id], guest.id)
        with watching() as comparing:
            Guest.many(scope, likely)
    return Lookup(size, len(keys[guest.id]), sizes, finding.read, len(likely), comparing.read)


def rate(world: World) -> Rate:
    """Weigh every pair of some clusters of guests by the product's own pass."""
    scope, counter = world.ground.hq, _Counting()
    before = candidates.weigher()
    with inside(scope.chain_id):
        clusters = [
            [_guest(scope, _letters(number), f"Lindqvist{_letters(place)}", f"19{60 + place}-04-23").id
             for number in range(CLUSTER)]
            for place in range(CLUSTERS)
        ]  # fmt: skip
        candidates.weigh_by(counter)
        began = time.process_time()
        for ids in clusters:
            unit = Unit(scope)
            pairing.find_pairs(scope, unit, ids)
            unit.commit()
        spent = time.process_time() - began
        candidates.weigh_by(before)
    return Rate(counter.count, spent)


class _Counting(weighing.Matcher):
    """The matcher, counting what it weighs."""

    count = 0

    def weigh(self, one: Guest, other: Guest, left_out: Container[str]) -> Verdict:
        self.count += 1
        return super().weigh(one, other, left_out)


def _guest(scope: Scope, given: str, family: str, born: str) -> Guest:
    local = f"{given}.{family}".lower()
    body = {"given_name": given, "family_name": family, "birth_date": born, "emails": [f"{local}@guests.example"],
            "phones": [f"+3519{random.Random(local).randrange(10**7, 10**8)}"]}  # fmt: skip
    return service.create(scope, GuestIn.model_validate(body))


def _lay(scope: Scope, key: str, count: int, chance: random.Random) -> int:
    """Fill the bucket of a key as where so many share the key; how many it holds, −1 for one that is over-full."""
    bucket = MatchBucket(key_id=scope.key(key_hash(scope, key)))
    if count > BUCKET_MAX:
        bucket.is_over = True
    elif count:
        bucket.guest_ids = {f"gst_{chance.getrandbits(128):026x}"[:30] for _ in range(count)}
    else:
        return 0
    unit = Unit(scope)
    unit.put(bucket)
    unit.commit()
    return -1 if count > BUCKET_MAX else count


def _letters(number: int) -> str:
    """A name for a number: four syllables that nobody takes for another's."""
    chance = random.Random(f"name {number}")
    return "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(4)).capitalize()
