"""Short ways to write down two persons and to ask what the matcher thinks of them."""

from __future__ import annotations

from typing import Any

from chalicelib.guests.matching import Match, Person, compare, prepare

BORN, OTHER_DAY = "1980-05-17", "1953-11-02"
MAIL, PHONE = ("lotus.80@example.com",), ("+351912345678",)


def person(name: str, id: str = "a", **known: Any) -> Person:
    """`Ana|Silva`: given name, family name."""
    given, _, family = name.partition("|")
    return Person(id, given, family, **known)


def match(one: Person, other: Person) -> Match:
    return compare(prepare(one), prepare(other))


def levels(found: Match) -> dict[str, str]:
    """The level of every finding by its code."""
    return {evidence.code: evidence.level for evidence in found.reasons}
