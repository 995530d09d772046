"""What somebody at a desk may mean by a few characters, and how far each way of finding a guest reaches."""

from __future__ import annotations

import re
from typing import NamedTuple

from chalicelib.guests.rules import sounds
from chalicelib.guests.rules.names import key_prefix, name_prefix
from chalicelib.guests.rules.particulars import EXTERNAL_ID_LENGTH_MAX
from chalicelib.kernel import text
from chalicelib.kernel.errors import TooMany
from chalicelib.kernel.i18n import N_, InvalidValue

QUERY_LENGTH_MAX = 300  # a name's
FOUND_MAX = 20  # guests shown: who has more to choose from types another letter
ROWS_PER_INDEX = 20  # read in each place, however many guests there are
FETCHED_MAX = 60  # records read for one answer: index rows may be one guest's twice, or another's by now
HOUSES_MAX = 8  # searched one by one; who sees more is searched through the chain's own indexes
COUNTRIES_MAX = 5  # in which a number without country code may be dialled
PHONE_DIGITS_MIN = 6  # of a whole number; shorter ones are rooms and numbers of systems
INITIALS_MIN, INITIALS_MAX = 2, 4  # of a query: nearly all Chinese names have two to four characters
BEYOND_PER_HOUR_MAX = 30  # finds beyond the wall for one person or key: a desk has some ten walk-ins an hour
BEYOND_SHOWN_MAX = 3  # owners of one contact point: more share it, and it tells nobody who they are

# How a guest may have been found, the surest first: it is the order in which they are shown.
KINDS = ("membership", "external_id", "email", "phone", "room", "name", "initials", "pinyin")

_INITIALS = re.compile(rf"[A-Za-z]{{{INITIALS_MIN},{INITIALS_MAX}}}")
_NUMBER_LIKE = re.compile(r"[0-9 ()./\-\u2010\u2011\u2013\u00a0]+")


class TooManyFinds(TooMany):
    """Guests of other properties have been looked up too often within the hour."""

    type, title = "too_many_finds", N_("Too many guests of other properties were looked up within the hour")


class NamePrefix(NamedTuple):
    """How keys in one index begin, of the names that are meant."""

    is_family_first: bool
    prefix: str


class Meaning(NamedTuple):
    """What a query may mean. A part that is empty is not searched."""

    folded: str = ""  # as a name, in the form in which names begin
    prefixes: tuple[NamePrefix, ...] = ()
    initials: str = ""
    email: str = ""
    phone: str = ""  # as typed; which number it is depends on the country
    number: str = ""  # of any system, or a room


def meaning_of(query: str) -> Meaning:
    """Everything that a query may mean. Raises InvalidValue for one that means nothing."""
    cleaned = text.clean_text(query, QUERY_LENGTH_MAX)
    if "@" in cleaned or "\uff20" in cleaned:
        return Meaning(email=text.email_key(text.normalise_email(cleaned)))
    plain = " ".join(text.fold(cleaned).split())
    if not plain:
        raise InvalidValue(N_("has nothing to search by"))
    digits = sum(character.isdigit() for character in plain)
    number = cleaned if digits and len(cleaned) <= EXTERNAL_ID_LENGTH_MAX else ""
    bare = plain.removeprefix("tel:").lstrip("+")
    if digits and _NUMBER_LIKE.fullmatch(bare):
        return Meaning(phone=cleaned if digits >= PHONE_DIGITS_MIN else "", number=number)
    return _name(cleaned, number)


def _name(cleaned: str, number: str) -> Meaning:
    umlauted = cleaned.replace("ü", "v").replace("Ü", "v") if _is_pinyin(cleaned) else cleaned
    try:
        folded = name_prefix(umlauted)
    except InvalidValue:
        if number:
            return Meaning(number=number)
        raise
    initials = cleaned.lower() if _INITIALS.fullmatch(cleaned) else ""
    return Meaning(folded, tuple(_prefixes(folded)), initials, number=number)


def _is_pinyin(typed: str) -> bool:
    """Whether a ü stands where pinyin has one, after l or n: Müller is no pinyin."""
    letters = re.sub("[^a-zü]", "", typed.lower())
    return "ü" in letters and bool(_syllables(letters.replace("ü", "v")))


def _syllables(letters: str) -> list[str]:
    """Latin letters cut into syllables of pinyin, the longest first; nothing if they are none."""
    found = []
    while letters:
        syllable = sounds.first_syllable(letters)
        if not syllable:
            return []
        found.append(syllable)
        letters = letters[len(syllable) :]
    return found


def _prefixes(folded: str) -> list[NamePrefix]:
    """How keys begin in the two orders of a name, in either script.

    A Chinese name is kept as its pinyin in one piece, `wangxiaoming`; one in Latin letters as words, `wang xiaoming`.
    """
    found = [NamePrefix(is_first, key_prefix(folded, is_family_first=is_first)) for is_first in (True, False)]
    spoken = found[0].prefix
    if sounds.has_readings(folded):
        other = [_apart(folded)]
    elif " " in folded:
        other = [folded.replace(" ", "")]
    else:
        syllables = _syllables(spoken)
        other = [f"{syllables[0]} {''.join(syllables[1:])}"] if len(syllables) > 1 else []
    return found + [NamePrefix(is_first, one) for one in other if one for is_first in (True, False)]


def _apart(folded: str) -> str:
    """A Chinese name as its bearer writes it in Latin letters, surname apart: 王小明 → `wang xiaoming`."""
    surname = sounds.surname(folded)
    if not sounds.has_readings(surname):
        return ""
    rest = sounds.spell(folded[len(surname) :], is_surname_first=False)
    return f"{sounds.spell(surname, is_surname_first=True)} {rest}".strip() if rest else ""


def retry_after_s(seconds_into_hour: int) -> int:
    """How long somebody waits whose finds of the hour are used up."""
    return max(1, 3600 - seconds_into_hour)
