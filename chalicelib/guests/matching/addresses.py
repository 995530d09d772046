"""A postal address, prepared once: lines in one spelling, the number apart, lines in each other's place allowed for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from chalicelib.guests.matching import weights as at
from chalicelib.guests.matching.data.streets import ABBREVIATIONS
from chalicelib.guests.matching.evidence import (
    ADDRESS,
    COUNTRY,
    NUMBER,
    POSTCODE,
    SECOND_LINE,
    STATE,
    STREET,
    SUBURB,
    Evidence,
)
from chalicelib.guests.matching.strings import distance, is_slip, likeness
from chalicelib.kernel.text import fold

LINES_CACHED = 65_536
ALIKE = 0.65  # of a line's letters stayed: more than two streets have in common by chance

_NUMBER = re.compile(r"(?<!\w)(\d{1,5}[a-z]?)(?!\w)")
_BREAKS = re.compile(r"[^\w]+|_+")


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it was written. What is not known is empty."""

    number: str = ""
    street: str = ""
    second_line: str = ""
    suburb: str = ""
    postcode: str = ""
    state: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """An address in the form that is compared: letters and digits without spaces."""

    number: str = ""
    street: str = ""
    second_line: str = ""
    suburb: str = ""
    postcode: str = ""
    state: str = ""
    country: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it that places a person."""
        return not (self.street or self.second_line or self.suburb or self.postcode)


def lines_of(address: Address) -> Lines:
    """Prepare an address. A number that stands in the line of the street is taken out of it."""
    street, number = _joined(address.street), _plain(address.number)
    if not number:
        found = _NUMBER.search(fold(address.street))
        if found:
            number, street = found.group(1), _joined(fold(address.street).replace(found.group(), " ", 1))
    return Lines(
        number=number,
        street=street,
        second_line=_joined(address.second_line),
        suburb=_joined(address.suburb),
        postcode=_plain(address.postcode),
        state=_plain(address.state),
        country=_plain(address.country),
    )


def compare_addresses(one: Lines, other: Lines) -> list[Evidence]:
    """What two addresses tell, each part for itself, the whole within its limits."""
    if one.is_empty or other.is_empty:
        return []
    found = _compare_lines(one, other)
    for code, level, bits in (
        (NUMBER, _number_level(one.number, other.number), at.NUMBER_BITS),
        (SUBURB, _place_level(one, other), at.SUBURB_BITS),
        (POSTCODE, _number_level(one.postcode, other.postcode), at.POSTCODE_BITS),
        (STATE, _equal_level(one.state, other.state), at.STATE_BITS),
        (COUNTRY, _equal_level(one.country, other.country), at.COUNTRY_BITS),
    ):
        if level:
            found.append(Evidence(code, level, bits[level]))
    total = sum(evidence.bits for evidence in found)
    bounded = min(max(total, at.ADDRESS_BITS_MIN), at.ADDRESS_BITS_MAX)
    if bounded != total:
        found.append(Evidence(ADDRESS, at.PARTIAL, bounded - total))
    return found


# -- inside ------------------------------------------------------------------------------------------------


def _compare_lines(one: Lines, other: Lines) -> list[Evidence]:
    aligned = _lines_as_written(one, other)
    if any(evidence.level == at.EXACT for evidence in aligned):
        return aligned
    crossed = [_line_level(one.street, other.second_line), _line_level(one.second_line, other.street)]
    agreeing = sum(level in (at.EXACT, at.CLOSE) for level in crossed)
    if not agreeing:
        return aligned
    swapped = [Evidence(STREET, at.SWAPPED, at.STREET_BITS[at.SWAPPED])]
    if agreeing == 2:
        swapped.append(Evidence(SECOND_LINE, at.CLOSE, at.SECOND_LINE_BITS[at.CLOSE]))
    return max(aligned, swapped, key=lambda found: sum(evidence.bits for evidence in found))


def _lines_as_written(one: Lines, other: Lines) -> list[Evidence]:
    found = []
    for code, level, bits in (
        (STREET, _line_level(one.street, other.street), at.STREET_BITS),
        (SECOND_LINE, _line_level(one.second_line, other.second_line), at.SECOND_LINE_BITS),
    ):
        if level:
            found.append(Evidence(code, level, bits[level]))
    return found


@lru_cache(maxsize=LINES_CACHED)
def _line_level(one: str, other: str) -> str:
    if not one or not other:
        return ""
    if one == other:
        return at.EXACT
    if is_slip(one, other):
        return at.CLOSE
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) > 3 and (likeness(one, other) >= ALIKE or longer.startswith(shorter)):
        return at.PARTIAL
    return at.DIFFERENT


def _number_level(one: str, other: str) -> str:
    if not one or not other:
        return ""
    if one == other:
        return at.EXACT
    return at.CLOSE if distance(one, other) == 1 else at.DIFFERENT


def _place_level(one: Lines, other: Lines) -> str:
    level = _line_level(one.suburb, other.suburb)
    return at.CLOSE if level == at.PARTIAL else level


def _equal_level(one: str, other: str) -> str:
    if not one or not other:
        return ""
    return at.EXACT if one == other else at.DIFFERENT


@lru_cache(maxsize=LINES_CACHED)
def _joined(line: str) -> str:
    words = [word for word in _BREAKS.split(fold(line)) if word]
    return "".join(ABBREVIATIONS.get(word, word) for word in words)


def _plain(text: str) -> str:
    return "".join(word for word in _BREAKS.split(fold(text)) if word)
