"""Runs the product's matcher over many persons: candidates by their keys, then every pair weighed once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.guests.matching import BUCKET_MAX, Match, Person, Prepared, compare, keys_of, prepare


@dataclass(frozen=True, slots=True)
class Link:
    """A pair that the matcher found; the lesser id first."""

    id_a: str
    id_b: str
    match: Match


def candidates(people: Sequence[Prepared]) -> Iterator[tuple[int, int]]:
    """The pairs, as places in `people`, that share a key whose bucket is not oversize. Each pair once.

    Memory is bounded by the buckets: at most KEYS_MAX entries a person, and one person's partners at a time.
    """
    buckets: dict[str, list[int]] = defaultdict(list)
    keys = [keys_of(one) for one in people]
    for place, ones in enumerate(keys):
        for key in ones:
            buckets[key].append(place)
    for place, ones in enumerate(keys):
        partners: set[int] = set()
        for key in ones:
            bucket = buckets[key]
            if 1 < len(bucket) <= BUCKET_MAX:
                partners.update(other for other in bucket if other > place)
        for other in sorted(partners):
            yield place, other


def links(persons: Sequence[Person]) -> Iterator[Link]:
    """Every candidate pair that is to be linked or reviewed."""
    people = [prepare(person) for person in persons]
    for place, other in candidates(people):
        match = compare(people[place], people[other])
        if match.decision != "none":
            first, second = sorted((people[place].id, people[other].id))
            yield Link(first, second, match)
