"""What holds for any two persons, whoever they are."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.guests.matching import (
    KEYS_MAX,
    Address,
    Person,
    blocking_keys,
    compare,
    prepare,
    sentence,
)
from chalicelib.guests.matching.weights import PRIOR_BITS
from chalicelib.kernel.i18n import translator

GIVEN = (
    "",
    "Ana",
    "João",
    "Xiaoming",
    "小明",
    "曉明",
    "Bob",
    "Robert",
    "J.",
    "Zoë",
    "Mary Ann",
    "Дмитрий",
    "Wei",
    "Søren",
)
FAMILY = (
    "",
    "Silva",
    "Müller",
    "Wang",
    "王",
    "歐陽",
    "O'Brien",
    "de la Cruz",
    "García López",
    "Smith Jr",
    "Łukasz",
    "Li",
)
RANK = {"none": 0, "review": 1, "auto": 2}

addresses = st.builds(
    Address,
    number=st.sampled_from(("", "1", "12", "21")),
    street=st.sampled_from(("", "Main Street", "Mian Street", "Hauptplatz")),
    second_line=st.sampled_from(("", "Villa 3", "Main Street")),
    suburb=st.sampled_from(("", "Lisboa", "Wien")),
    postcode=st.sampled_from(("", "1200", "1020", "4411")),
    state=st.sampled_from(("", "nsw", "vic")),
)
people = st.builds(
    Person,
    id=st.sampled_from(("a", "b")),
    given_name=st.sampled_from(GIVEN) | st.text(max_size=12),
    family_name=st.sampled_from(FAMILY) | st.text(max_size=12),
    birth_date=st.sampled_from(("", "1980-05-17", "1980-17-05", "1980-05-18", "19531102")),
    emails=st.sets(st.sampled_from(("ana@example.com", "bob@example.com", "x@guest.booking.com")), max_size=2).map(
        tuple
    ),
    phones=st.sets(st.sampled_from(("+351912345678", "912345678", "+8613800246813")), max_size=2).map(tuple),
    document_hash=st.sampled_from(("", "x", "y")),
    membership_number=st.sampled_from(("", "M-1", "m1")),
    address=addresses,
    gender=st.sampled_from(("", "f", "男")),
    nationality=st.sampled_from(("", "PT", "CN")),
)


@settings(deadline=None)  # the first comparison reads the tables
@given(people, people)
def test_the_order_makes_no_difference(one: Person, other: Person) -> None:
    forth, back = compare(prepare(one), prepare(other)), compare(prepare(other), prepare(one))
    assert forth.score == back.score
    assert forth.decision == back.decision
    assert sorted(map(repr, forth.reasons)) == sorted(map(repr, back.reasons))


@settings(deadline=None)  # the first comparison reads the tables
@given(people, people)
def test_the_reasons_add_up_to_the_score(one: Person, other: Person) -> None:
    match = compare(prepare(one), prepare(other))
    assert sum(reason.bits for reason in match.reasons) == match.score
    assert match.reasons[0].bits == PRIOR_BITS


@settings(deadline=None)  # the first comparison reads the tables
@given(people, people)
def test_every_reason_is_a_sentence_in_both_languages(one: Person, other: Person) -> None:
    for reason in compare(prepare(one), prepare(other)).reasons:
        english = sentence(reason)
        assert english != translator("zh").gettext(english)


@settings(deadline=None)  # the first comparison reads the tables
@given(people, people)
def test_a_contradicting_document_never_raises(one: Person, other: Person) -> None:
    without = compare(prepare(replace(one, document_hash="")), prepare(replace(other, document_hash="")))
    against = compare(prepare(replace(one, document_hash="x")), prepare(replace(other, document_hash="y")))
    assert against.score <= without.score
    assert RANK[against.decision] <= min(RANK[without.decision], RANK["review"])


@settings(deadline=None)  # the first comparison reads the tables
@given(people, people)
def test_another_birth_date_is_never_linked(one: Person, other: Person) -> None:
    one, other = replace(one, birth_date="1980-05-17"), replace(other, birth_date="1953-11-02")
    assert compare(prepare(one), prepare(other)).decision != "auto"


@settings(deadline=None)  # the first comparison reads the tables
@given(people, people)
def test_case_width_accents_and_order_make_no_difference(one: Person, other: Person) -> None:
    score = compare(prepare(one), prepare(other)).score
    for changed in (
        _upper(one),
        _wide(one),
        _plain(one),
        replace(one, emails=one.emails[::-1], phones=one.phones[::-1]),
    ):
        assert compare(prepare(changed), prepare(other)).score == score


@settings(deadline=None)  # the first comparison reads the tables
@given(people)
def test_keys_are_few_and_the_same_for_the_same(one: Person) -> None:
    keys = blocking_keys(one)
    assert len(keys) <= KEYS_MAX
    assert keys == blocking_keys(_upper(one)) == blocking_keys(_wide(one))


def _upper(one: Person) -> Person:
    return _spelt(one, str.upper, GIVEN + FAMILY)


def _wide(one: Person) -> Person:
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    return _spelt(one, lambda text: text.translate(wide), GIVEN + FAMILY)


def _plain(one: Person) -> Person:
    def plain(text: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))

    return _spelt(one, plain, GIVEN + FAMILY)


def _spelt(one: Person, way: object, known: tuple[str, ...]) -> Person:
    """The person with names spelt another way. Text that is no name stays: its capitals may mean another thing."""
    assert callable(way)
    given = way(one.given_name) if one.given_name in known else one.given_name
    family = way(one.family_name) if one.family_name in known else one.family_name
    address = Address(*(way(getattr(one.address, name)) for name in Address.__dataclass_fields__))
    return replace(one, given_name=given, family_name=family, address=address)
