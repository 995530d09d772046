"""Which persons are worth comparing: keys that two records of one person share, though much of them was mistyped.

A key becomes an entry of an index, so candidates cost the same among ten thousand guests and a million: a person has at
most KEYS_MAX keys, and a bucket with more than BUCKET_MAX persons is passed over, because what so many share tells
nothing. Each of a person's keys leaves something else out, so one oversize bucket or one mistyped cell loses nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from chalicelib.guests.matching import hanzi, latin, romanising
from chalicelib.guests.matching.contacts import mailboxes, phone_tails
from chalicelib.guests.matching.names import Name
from chalicelib.guests.matching.person import Person, Prepared, prepare
from chalicelib.guests.matching.strings import anagram, sound

KEYS_MAX = 12
BUCKET_MAX = 60  # persons under one key; some 200 households share a postcode, three people of a name a birthday
CONTACT_KEYS_MAX = 2  # of each kind
STREET_PREFIX = 4  # letters: typing errors are rarer at the beginning of a word


def blocking_keys(person: Person) -> frozenset[str]:
    """What a person is found by, as `kind:value`. The caller hashes them: they are made of the guest's own data."""
    return keys_of(prepare(person))


def keys_of(prepared: Prepared) -> frozenset[str]:
    """The same of a person who is prepared already."""
    return frozenset(islice(_keys(prepared), KEYS_MAX))


def contact_keys(kind: str, value: str) -> list[str]:
    """The keys that one contact point (`email` or `phone`) makes: one, or none for what is nobody's own."""
    if kind == "email":
        return [f"mail:{mailbox}" for mailbox in mailboxes((value,))]
    return [f"phone:{tail}" for tail in phone_tails((value,))]


# -- inside ------------------------------------------------------------------------------------------------


def _keys(one: Prepared) -> Iterator[str]:
    """The keys, the most telling first."""
    seen: set[str] = set()
    for key in _all_keys(one):
        if key not in seen:
            seen.add(key)
            yield key


def _all_keys(one: Prepared) -> Iterator[str]:
    family, given = _latin_words(one.name)
    if one.document_hash:
        yield f"document:{one.document_hash}"
    if one.membership_number:
        yield f"member:{one.membership_number}"
    yield from (f"mail:{mailbox}" for mailbox in one.mailboxes[:CONTACT_KEYS_MAX])
    yield from (f"phone:{tail}" for tail in one.phones[:CONTACT_KEYS_MAX])
    if one.birth_date:
        year, first, second = one.birth_date[:4], *sorted((one.birth_date[4:6], one.birth_date[6:]))
        yield f"born:{year}{first}{second}"
    if (family and given) or len(one.name.family + one.name.given) > 1:
        yield f"name:{anagram(family + given)}"
    if family and given:
        yield "sound:" + "+".join(sorted(_heard(family, given, one.name)))
    place = one.address
    postcode = "".join(sorted(place.postcode))  # two digits that changed places are the commonest slip
    if postcode and place.number:
        yield f"door:{postcode}+{place.number}"
    # Both lines in one kind of key: they are often written in each other's place.
    lines = [line[:STREET_PREFIX] for line in (place.street, place.second_line) if line]
    for part in sorted({sound(family), sound(given)} - {""}):
        if postcode:
            yield f"post:{postcode}+{part}"
        elif one.birth_date:
            yield f"month:{one.birth_date[:6]}+{part}"
    if place.number:
        yield from (f"line:{line}+{place.number}" for line in lines)
    if place.suburb:
        yield from (f"suburb:{place.suburb[:STREET_PREFIX]}+{line}" for line in lines)


def _heard(family: str, given: str, name: Name) -> tuple[str, str]:
    """How a name sounds. Of Chinese names the vowels count too: their consonants are those of thousands."""
    if name.is_chinese or not name.has_latin:
        return romanising.blurred(family), romanising.blurred(given)
    return sound(family), sound(latin.root_of(given))


def _latin_words(name: Name) -> tuple[str, str]:
    """Family and given name in Latin letters; a Chinese name in pinyin, so that both scripts meet."""
    if name.has_latin:
        family = "".join(latin.without_particles(name.family))
        is_whole = name.is_chinese or not family  # nothing tells which of the words is the surname
        return family, "".join(name.given if is_whole else name.given[:1])
    return hanzi.surname_pinyin(name.han.family), hanzi.pinyin(name.han.given)
