"""Candidates: what two records of one person share, and how few keys and how small buckets that takes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from chalicelib.guests.matching import BUCKET_MAX, KEYS_MAX, Address, Person, blocking_keys, prepare
from chalicelib.guests.rules.pairs import KEYS_VERSION
from infra.quality.corruption import KEYBOARD
from infra.quality.linking import candidates, links
from infra.quality.measuring import invented
from tests.guests.matching.people import BORN, MAIL, PHONE, person

HOME = Address("44", "Rua das Flores", "Bloco B", "Lisboa", "1200", "11")


def shared(one: Person, other: Person) -> set[str]:
    return {key.split(":")[0] for key in blocking_keys(one) & blocking_keys(other)}


def pairs(people: Sequence[Person]) -> list[tuple[int, int]]:
    return list(candidates([prepare(one) for one in people]))


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (person("Ana|Silva", emails=MAIL), person("X|Y", emails=("LOTUS.80@EXAMPLE.COM",)), "mail"),
        (person("Ana|Silva", phones=PHONE), person("X|Y", phones=("912 345 678",)), "phone"),
        (person("Ana|Silva", birth_date="1980-05-07"), person("X|Y", birth_date="1980-07-05"), "born"),
        (person("Ana|Silva"), person("Silva|Ana"), "name"),
        (person("小明|王"), person("Wang|Xiao Ming"), "name"),
        (person("John|Smith"), person("|Smith John"), "name"),
        (person("Bob|Smith"), person("Robert|Smyth"), "sound"),
        (person("A|B", document_hash="x"), person("C|D", document_hash="x"), "document"),
        (person("A|B", membership_number="M-1"), person("C|D", membership_number="m 1"), "member"),
        (person("A|B", address=HOME), person("C|D", address=Address(number="44", postcode="2100")), "door"),
        (person("A|B", address=HOME), person("C|D", address=Address("44", "Bloco B", "Rua das Flores")), "line"),
    ],
)
def test_what_brings_two_records_together(one: Person, other: Person, kind: str) -> None:
    assert kind in shared(one, other)


def test_relay_addresses_bring_nobody_together() -> None:
    assert not shared(person("A|B", emails=("x@guest.booking.com",)), person("C|D", emails=("x@guest.booking.com",)))


def test_a_person_has_few_keys_whatever_is_known() -> None:
    everything = person(
        "Ana Maria|de Oliveira", birth_date=BORN, address=HOME, document_hash="x", membership_number="7",
        emails=tuple(f"a{n}@example.com" for n in range(10)), phones=tuple(f"+35191234{n:04}" for n in range(10)),
    )  # fmt: skip
    assert len(blocking_keys(everything)) == KEYS_MAX


def test_who_has_nothing_has_no_keys() -> None:
    assert blocking_keys(Person("a")) == frozenset()


def test_an_oversize_bucket_is_passed_over() -> None:
    crowd = [person("Ana|Silva", str(number)) for number in range(BUCKET_MAX + 1)]
    assert pairs(crowd) == []
    assert len(pairs(crowd[:-1])) == BUCKET_MAX * (BUCKET_MAX - 1) // 2


def test_who_is_in_an_oversize_bucket_is_found_by_another_key() -> None:
    crowd = [person("伟|王", str(number)) for number in range(BUCKET_MAX + 1)]
    pair = [person("伟|王", "x", birth_date=BORN), person("Wei|Wang", "y", birth_date=BORN)]
    assert pairs([*crowd, *pair]) == [(BUCKET_MAX + 1, BUCKET_MAX + 2)]


def test_candidates_grow_with_the_people_not_with_their_square() -> None:
    few, many = invented("western", 5, 400, KEYBOARD), invented("western", 5, 1600, KEYBOARD)
    per_person = [len(pairs(one.people)) / len(one.people) for one in (few, many)]
    assert per_person[1] < 2 * per_person[0]


def test_links_come_with_the_lesser_id_first() -> None:
    found = list(links([person("Ana|Zellweger", "b", birth_date=BORN), person("Ana|Zellweger", "a", birth_date=BORN)]))
    assert [(link.id_a, link.id_b, link.match.decision) for link in found] == [("a", "b", "auto")]


def test_other_keys_are_another_version() -> None:
    """What guests are found by is kept: whoever changes how keys are made raises KEYS_VERSION, so that chains are told
    that their guests have to be matched anew, and only then writes down the new digest."""
    people = [
        person("Ana Maria|da Silva", birth_date=BORN, emails=MAIL, phones=PHONE, document_hash="x"),
        person("Bob|O'Neill-Smyth", birth_date="1980-12-01", emails=("b.o+x@gmail.com",), phones=("+8613800138000",)),
        person("小明|王", birth_date=BORN, membership_number="M 7"),
        person("Chih-Ming|Chang", address=HOME),
        person("|Шевченко", phones=("+380441234567",)),
    ]
    told = "\n".join(key for one in people for key in sorted(blocking_keys(one)))
    assert (KEYS_VERSION, hashlib.sha256(told.encode()).hexdigest()[:16]) == (1, "0d9fcea40ac2f3c6")
