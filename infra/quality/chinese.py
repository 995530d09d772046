"""The hand-written Chinese pairs: one person in two spellings, and two persons who look like one.

A row says what is wanted: `same` to be linked or shown, `two` to be left alone, `ask` to be shown and never linked. The
facts beside the names: `b` one birth date (`b~` one digit off, `bs` day and month swapped, `b!` another), `m` one
mailbox, `p` one phone, `d!` another document, `r` two relay addresses. What is not said is not known.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

from chalicelib.guests.matching import Decision, Person, compare, prepare

PATH = Path(__file__).parent / "data" / "chinese_pairs.csv"
RIGHT: dict[str, tuple[Decision, ...]] = {"same": ("auto", "review"), "two": ("none",), "ask": ("review",)}
_BORN = {"b": "1988-03-07", "b~": "1988-03-09", "bs": "1988-07-03", "b!": "1963-11-25"}


@dataclass(frozen=True)
class Labelled:
    """Two persons and what is wanted of the matcher."""

    want: str
    one: Person
    other: Person
    facts: str

    @property
    def decision(self) -> Decision:
        """What the matcher says."""
        return compare(prepare(self.one), prepare(self.other)).decision

    @property
    def is_right(self) -> bool:
        """Whether that is what is wanted."""
        return self.decision in RIGHT[self.want]

    @property
    def is_wrong_auto(self) -> bool:
        """Whether two people, or two who may be two, were linked without asking."""
        return self.want != "same" and self.decision == "auto"


def labelled_pairs(path: Path = PATH) -> list[Labelled]:
    """All pairs of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [Labelled(row["want"], *_persons(row), row["facts"]) for row in rows]


def _persons(row: dict[str, str]) -> tuple[Person, Person]:
    one = Person("a", row["given_a"], row["family_a"])
    other = Person("b", row["given_b"], row["family_b"])
    for fact in row["facts"].split():
        if fact in _BORN:
            one = replace(one, birth_date=_BORN["b"])
            other = replace(other, birth_date=_BORN[fact])
        elif fact == "m":
            one, other = (replace(person, emails=("lotus.1988@example.com",)) for person in (one, other))
        elif fact == "p":
            one, other = (replace(person, phones=("+8613800246813",)) for person in (one, other))
        elif fact == "d!":
            one, other = replace(one, document_hash="one"), replace(other, document_hash="another")
        elif fact == "r":
            one = replace(one, emails=("x1y2@guest.booking.com",))
            other = replace(other, emails=("q7z9@m.expediapartnercentral.com",))
        else:
            raise ValueError(f"{fact!r} is no fact")
    return one, other
