"""A person as the matcher sees one, whatever record or row it came from, and what is worked out once to compare it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from chalicelib.guests.matching.addresses import Address, Lines, lines_of
from chalicelib.guests.matching.contacts import date_digits, mailboxes, phone_tails
from chalicelib.guests.matching.names import Name, name_of
from chalicelib.kernel.text import fold

PREPARED_CACHED = 2_000  # persons, of some 2 KB: those of one request or one batch; whoever has more keeps them


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person. Empty is unknown. `full_name` is the name in Chinese characters, if kept apart.

    `document_hash` is keyed and made by the caller: no number of a document comes here. `companions` are ids.
    `language` and `property_id` decide nothing: they are carried for whoever shows the two side by side.
    """

    id: str
    given_name: str = ""
    family_name: str = ""
    full_name: str = ""
    birth_date: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    document_hash: str = ""
    membership_number: str = ""
    address: Address = field(default=Address())
    companions: frozenset[str] = frozenset()
    title: str = ""
    gender: str = ""
    nationality: str = ""
    language: str = ""
    property_id: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A person in the form that is compared."""

    id: str
    name: Name
    birth_date: str
    mailboxes: tuple[str, ...]
    phones: tuple[str, ...]
    document_hash: str
    membership_number: str
    address: Lines
    companions: frozenset[str]
    nationality: str


@lru_cache(maxsize=PREPARED_CACHED)
def prepare(person: Person) -> Prepared:
    """Work out once what every comparison of a person needs."""
    return Prepared(
        id=person.id,
        name=name_of(person.given_name, person.family_name, person.full_name, person.title, person.gender),
        birth_date=date_digits(person.birth_date),
        mailboxes=mailboxes(person.emails),
        phones=phone_tails(person.phones),
        document_hash=person.document_hash,
        membership_number=fold(person.membership_number).replace(" ", "").replace("-", ""),
        address=lines_of(person.address),
        companions=person.companions,
        nationality=fold(person.nationality),
    )
