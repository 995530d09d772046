"""Counts what the matcher did right and wrong on people of whom it is known who is who."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from chalicelib.guests.matching import Match, Person, compare, prepare
from infra.quality.corruption import Model, as_febrl, as_guest
from infra.quality.linking import candidates
from infra.quality.people import CHINESE, WESTERN, Human, populate

Pair = tuple[str, str]
RECORDS_OF_ONE = (1, 2, 3)
RECORD_SHARES = (0.35, 0.5, 0.15)


@dataclass(frozen=True)
class Sample:
    """People and the pairs of them that are one."""

    people: Sequence[Person]
    truths: frozenset[Pair]


@dataclass(frozen=True)
class Outcome:
    """The confusion of one run. Linked pairs are `auto` and `review` together unless a name says otherwise."""

    true_pairs: int
    candidate_pairs: int
    candidate_true: int
    auto_right: int
    auto_wrong: int
    review_right: int
    review_wrong: int

    @property
    def precision(self) -> float:
        """Of the pairs linked or shown, the share that is one person."""
        linked = self.auto_right + self.auto_wrong + self.review_right + self.review_wrong
        return (self.auto_right + self.review_right) / linked if linked else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs that are one person, the share linked or shown."""
        return (self.auto_right + self.review_right) / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall over all pairs at or above the review threshold."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def auto_f1(self) -> float:
        """The same over the pairs that are linked without asking."""
        right = self.auto_right
        return 2 * right / (right + self.auto_wrong + self.true_pairs) if right else 0.0

    @property
    def blocking_recall(self) -> float:
        """Of the pairs that are one person, the share that is compared at all."""
        return self.candidate_true / self.true_pairs if self.true_pairs else 1.0

    def figures(self) -> dict[str, float | int]:
        """For a report."""
        return {
            "f1": round(self.f1, 4),
            "auto_f1": round(self.auto_f1, 4),
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "blocking_recall": round(self.blocking_recall, 4),
            "true_pairs": self.true_pairs,
            "candidate_pairs": self.candidate_pairs,
            "auto_right": self.auto_right,
            "auto_wrong": self.auto_wrong,
            "review_right": self.review_right,
            "review_wrong": self.review_wrong,
            "missed": self.true_pairs - self.auto_right - self.review_right,
        }


def matched(people: Sequence[Person]) -> dict[Pair, Match]:
    """Every candidate pair and how it compares, end to end as the product does it."""
    found: dict[Pair, Match] = {}
    prepared = [prepare(person) for person in people]
    for place, other in candidates(prepared):
        one, two = sorted((prepared[place], prepared[other]), key=lambda person: person.id)
        found[one.id, two.id] = compare(one, two)
    return found


def outcome(sample: Sample, matches: dict[Pair, Match]) -> Outcome:
    """Count."""
    by_decision: dict[str, list[bool]] = {"auto": [], "review": [], "none": []}
    for pair, match in matches.items():
        by_decision[match.decision].append(pair in sample.truths)
    auto, review = by_decision["auto"], by_decision["review"]
    return Outcome(
        true_pairs=len(sample.truths),
        candidate_pairs=len(matches),
        candidate_true=sum(pair in sample.truths for pair in matches),
        auto_right=sum(auto),
        auto_wrong=len(auto) - sum(auto),
        review_right=sum(review),
        review_wrong=len(review) - sum(review),
    )


def invented(kind: str, seed: int, count: int, model: Model) -> Sample:
    """Invented people as rows of FEBRL (`febrl`), of our import from the west (`western`) or from China (`chinese`)."""
    rng = Random(f"{kind}-{seed}-{model.name}")
    cultures = CHINESE if kind == "chinese" else WESTERN
    write: Callable[[Random, Human, str, Model], Person] = as_febrl if kind == "febrl" else as_guest
    people: list[Person] = []
    truths: list[Pair] = []
    for number, human in enumerate(populate(rng, count, cultures)):
        ids = [f"p{number}-{copy}" for copy in range(rng.choices(RECORDS_OF_ONE, RECORD_SHARES)[0])]
        people += [write(rng, human, id, model) for id in ids]
        truths += combinations(ids, 2)
    rng.shuffle(people)
    return Sample(people, frozenset(truths))


def wrong_auto(sample: Sample, matches: dict[Pair, Match]) -> Collection[Pair]:
    """The pairs that were linked without asking and are two people."""
    return [pair for pair, match in matches.items() if match.decision == "auto" and pair not in sample.truths]
