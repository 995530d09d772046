"""Reads the names of data/names.toml and spells them in plain Latin letters for e-mail addresses."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "names.toml"

# Letters that Unicode does not take apart into a base letter and an accent.
PLAIN_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "ı": "i"}
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written, and as it is spelt in an e-mail address."""

    written: str
    latin: str


@dataclass(frozen=True, slots=True)
class NamePool:
    """The names of one culture. given[g] and family[g] belong together; g is 0 feminine, 1 masculine."""

    given: tuple[tuple[Name, ...], tuple[Name, ...]]
    family: tuple[tuple[Name, ...], tuple[Name, ...]]
    has_two_family_names: bool


@cache
def name_pools() -> dict[str, NamePool]:
    """All pools by key."""
    with DATA.open("rb") as file:
        return {key: _pool(table) for key, table in tomllib.load(file).items()}


def latin(text: str) -> str:
    """Spell a name in lower-case ASCII letters: "Gonçalves" becomes "goncalves"."""
    plain = unicodedata.normalize("NFKD", text.translate(PLAIN_LETTERS))
    return re.sub(r"[^a-z]", "", plain.lower())


def _pool(table: dict[str, str | bool]) -> NamePool:
    masculine = _names(str(table["family"]))
    feminine = _names(str(table["family_f"])) if "family_f" in table else masculine
    if len(masculine) != len(feminine):
        # Couples share a family name by its place in both lists.
        raise ValueError("family and family_f differ in length")
    return NamePool(
        given=(_names(str(table["given_f"])), _names(str(table["given_m"]))),
        family=(feminine, masculine),
        has_two_family_names=bool(table.get("two_family_names", False)),
    )


def _names(cell: str) -> tuple[Name, ...]:
    names = []
    for part in cell.split(","):
        written, _, spelling = part.strip().partition("=")
        names.append(Name(written, latin(spelling or written)))
    return tuple(names)
