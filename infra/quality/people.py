"""Invented people with the relations that make matching hard: couples, twins, fathers and sons, agencies, namesakes.

Everything comes from a seeded generator, so one seed is one population. Names are those of the demo chain's cultures.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from infra.demo.names import Name, name_pools

WESTERN = ("gb", "ie", "us", "fr", "es", "de", "it", "nl", "se", "pl", "pt", "tr", "in")
CHINESE = ("cn", "tw")
COUNTRY_OF = {"gb": "GB", "us": "US", "cn": "CN", "tw": "TW"}
DIALLED = {"cn": "+8613", "tw": "+88691", "gb": "+447700", "us": "+1415"}
STATES = ("nsw", "vic", "qld", "wa", "sa", "tas", "act", "nt")
STREET_KINDS = ("street", "road", "avenue", "crescent", "place", "court", "drive", "circuit", "close", "way")
FIRST_BIRTH, BIRTH_DAYS = date(1935, 1, 1), 25_000
_SYLLABLES = (
    "wa", "bar", "ton", "ley", "mor", "kin", "gal", "ro", "ben", "dal", "stan", "hur", "pel", "vi", "can", "ber", "lo",
)  # fmt: skip
MAIL_HOUSES = ("example.com", "example.org", "mail.example", "post.example.net")

# What a household is, and how often.
HOUSEHOLDS = (
    ("single", 0.55), ("couple", 0.18), ("father_and_son", 0.05), ("twins", 0.05), ("siblings", 0.05), ("agency", 0.05),
    ("namesakes", 0.07),
)  # fmt: skip


@dataclass(frozen=True)
class Human:
    """A person as they are, before anybody mistypes them."""

    culture: str
    given: Name
    family: Name
    gender: int
    birth: date
    email: str
    phone: str
    number: str
    street: str
    second_line: str
    suburb: str
    postcode: str
    state: str
    generation: str = ""
    relays: tuple[str, ...] = field(default=())

    @property
    def is_chinese(self) -> bool:
        """Whether the name is written in characters too."""
        return self.culture in CHINESE


def populate(rng: Random, count: int, cultures: tuple[str, ...]) -> list[Human]:
    """About `count` people, in households."""
    people: list[Human] = []
    kinds, shares = [kind for kind, _ in HOUSEHOLDS], [share for _, share in HOUSEHOLDS]
    while len(people) < count:
        people += _household(rng, rng.choices(kinds, shares)[0], cultures)
    return people


# -- inside ------------------------------------------------------------------------------------------------


def _household(rng: Random, kind: str, cultures: tuple[str, ...]) -> list[Human]:
    one = _somebody(rng, rng.choice(cultures))
    if kind == "couple":
        other = _relative(rng, one, gender=1 - one.gender, apart_years=6)
        if one.is_chinese:  # Chinese couples keep their names
            other = replace(other, family=rng.choice(name_pools()[one.culture].family[other.gender]))
        return [one, _sharing(rng, one, other)]
    if kind == "father_and_son":
        born = one.birth + timedelta(days=rng.randint(22 * 365, 40 * 365))
        suffixes = ("", "Jr") if rng.random() < 0.4 else ("", "")
        son = replace(one, birth=born, phone=_phone(rng, one.culture), generation=suffixes[1])
        return [one, son if rng.random() < 0.5 else replace(son, email=_mail(rng, one.given, one.family))]
    if kind in ("twins", "siblings"):
        other = _relative(rng, one, gender=rng.randint(0, 1), apart_years=0 if kind == "twins" else 8)
        return [one, _sharing(rng, one, other)]
    if kind == "agency":
        desk, box = _phone(rng, one.culture), f"groups{rng.randint(1, 999)}@agency.example"
        group = [_somebody(rng, one.culture) for _ in range(3)]
        return [replace(human, phone=desk, email=box) for human in group]
    if kind == "namesakes":
        return [one, replace(_somebody(rng, one.culture), given=one.given, family=one.family, gender=one.gender)]
    return [one]


def _somebody(rng: Random, culture: str) -> Human:
    pool = name_pools()[culture]
    gender = rng.randint(0, 1)
    given, family = rng.choice(pool.given[gender]), rng.choice(pool.family[gender])
    if culture in CHINESE and len(given.written) == 1 and rng.random() < 0.7:
        # Most given names have two characters, freely joined.
        singles = [name for name in pool.given[gender] if len(name.written) == 1]
        if len(singles) > 2:
            first, second = rng.sample(singles, 2)
            given = Name(first.written + second.written, first.latin + second.latin)
    return Human(
        culture=culture, given=given, family=family, gender=gender,
        birth=FIRST_BIRTH + timedelta(days=rng.randrange(BIRTH_DAYS)),
        email=_mail(rng, given, family), phone=_phone(rng, culture), number=str(rng.randint(1, 300)),
        street=f"{_word(rng)} {rng.choice(STREET_KINDS)}",
        second_line=_word(rng) if rng.random() < 0.5 else "", suburb=_word(rng),
        postcode=str(rng.randint(2000, 7999)), state=rng.choice(STATES),
    )  # fmt: skip


def _relative(rng: Random, one: Human, *, gender: int, apart_years: int) -> Human:
    """Somebody of the same family name and address with a given name of their own."""
    names = [name for name in name_pools()[one.culture].given[gender] if name != one.given]
    apart = timedelta(days=rng.randint(-apart_years * 365, apart_years * 365)) if apart_years else timedelta(0)
    families = name_pools()[one.culture].family
    family = one.family
    if one.family in families[one.gender]:
        family = families[gender][families[one.gender].index(one.family)]
    given = rng.choice(names)
    return replace(
        one, given=given, family=family, gender=gender, birth=one.birth + apart, email=_mail(rng, given, family),
        phone=_phone(rng, one.culture),
    )  # fmt: skip


def _sharing(rng: Random, one: Human, other: Human) -> Human:
    """Half of those who live together share a mailbox, a third a phone."""
    email = one.email if rng.random() < 0.5 else other.email
    return replace(other, email=email, phone=one.phone if rng.random() < 0.35 else other.phone)


def _mail(rng: Random, given: Name, family: Name) -> str:
    mark = rng.choice(("", ".", "_"))
    return f"{given.latin}{mark}{family.latin}{rng.randint(1, 999)}@{rng.choice(MAIL_HOUSES)}"


def _phone(rng: Random, culture: str) -> str:
    prefix = DIALLED.get(culture, "+3361")
    length = {"cn": 14, "tw": 13, "gb": 13, "us": 12}.get(culture, 12)
    return prefix + "".join(rng.choice(string.digits) for _ in range(length - len(prefix)))


def _word(rng: Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4)))
