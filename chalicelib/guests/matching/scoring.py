"""Weighs two persons against each other: a score, the findings it is the sum of, and what is to be done about it.

Fellegi and Sunter's model: every finding gives bits of evidence, the logarithm of how much likelier it is for one
person than for two. The score is the logarithm (base 2) of the odds that the two records are one person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chalicelib.guests.matching import weights as at
from chalicelib.guests.matching.addresses import compare_addresses
from chalicelib.guests.matching.contacts import compare_contacts, compare_dates
from chalicelib.guests.matching.evidence import (
    BIRTH_DATE,
    COMPANION,
    DOCUMENT,
    EMAIL,
    FAMILY,
    GENDER,
    GENERATION,
    GIVEN,
    HOUSEHOLD,
    MEMBERSHIP,
    NATIONALITY,
    NUMBER,
    PHONE,
    POSTCODE,
    PRIOR,
    SECOND_LINE,
    STREET,
    SUBURB,
    Evidence,
)
from chalicelib.guests.matching.names import compare_names
from chalicelib.guests.matching.person import Prepared

Decision = Literal["auto", "review", "none"]

_PRIOR = Evidence(PRIOR, at.EXACT, at.PRIOR_BITS)
_SAME_NAME = frozenset({at.EXACT, at.VARIANT, at.CLOSE})
_SAME_BIRTH = frozenset({at.EXACT, at.SWAPPED, at.CLOSE})
_PLACES = (STREET, SECOND_LINE, NUMBER, SUBURB, POSTCODE)
PLACES_MIN = 3  # parts of an address that must agree to the letter before it stands beside a name

# What nobody but staff may overrule. Levels by code.
_CONTRADICTIONS = {
    BIRTH_DATE: frozenset({at.DIFFERENT, at.PARTIAL}),
    DOCUMENT: frozenset({at.DIFFERENT}),
    GENDER: frozenset({at.DIFFERENT}),
    GENERATION: frozenset({at.DIFFERENT}),
}


@dataclass(frozen=True, slots=True)
class Match:
    """How two persons compare. The bits of the reasons add up to the score."""

    score: float
    reasons: tuple[Evidence, ...]

    @property
    def decision(self) -> Decision:
        """What is to be done about it."""
        return decide(self.score, self.reasons)


def compare(one: Prepared, other: Prepared) -> Match:
    """Weigh two prepared persons. The order of the two makes no difference."""
    verdict = compare_names(one.name, other.name)
    reasons = [_PRIOR, *verdict.evidence()]
    born = compare_dates(one.birth_date, other.birth_date)
    if born:
        reasons.append(born)
    shared = compare_contacts((one.mailboxes, other.mailboxes), (one.phones, other.phones))
    shared += compare_addresses(one.address, other.address)
    reasons += shared
    if verdict.given.level in at.HOUSEHOLD_BITS_MAX and not (born and born.level in _SAME_BIRTH):
        excess = sum(evidence.bits for evidence in shared) - at.HOUSEHOLD_BITS_MAX[verdict.given.level]
        if excess > 0:
            reasons.append(Evidence(HOUSEHOLD, at.PARTIAL, -excess))
    reasons += _papers(one, other)
    return Match(sum(evidence.bits for evidence in reasons), tuple(reasons))


def decide(score: float, reasons: Iterable[Evidence]) -> Decision:
    """`auto`: link the two; `review`: ask staff; `none`: leave them.

    Nothing is linked on a score alone: both names must agree, nothing may contradict, and besides the name there must be
    something that is the person's own. A document alone never links.
    """
    if score < at.REVIEW_BITS:
        return "none"
    levels = {evidence.code: evidence.level for evidence in reasons}
    if score < at.AUTO_BITS or _is_contradicted(levels) or not _is_supported(levels):
        return "review"
    return "auto"


# -- inside ------------------------------------------------------------------------------------------------


def _is_contradicted(levels: dict[str, str]) -> bool:
    if any(levels.get(code) in against for code, against in _CONTRADICTIONS.items()):
        return True
    return levels.get(FAMILY) not in _SAME_NAME or levels.get(GIVEN) not in _SAME_NAME


def _is_supported(levels: dict[str, str]) -> bool:
    """Whether something besides the name is the person's own: a birth date, a contact point, papers, a whole address."""
    if levels.get(BIRTH_DATE) in {at.EXACT, at.SWAPPED} or levels.get(EMAIL) == at.EXACT:
        return True
    if levels.get(PHONE) == at.EXACT or levels.get(MEMBERSHIP) == at.EXACT:
        return True
    places = sum(levels.get(code) == at.EXACT for code in _PLACES)
    return places >= PLACES_MIN


def _papers(one: Prepared, other: Prepared) -> list[Evidence]:
    found = []
    if one.document_hash and other.document_hash:
        level = at.EXACT if one.document_hash == other.document_hash else at.DIFFERENT
        found.append(Evidence(DOCUMENT, level, at.DOCUMENT_BITS[level]))
    if one.membership_number and one.membership_number == other.membership_number:
        found.append(Evidence(MEMBERSHIP, at.EXACT, at.MEMBERSHIP_BITS[at.EXACT]))
    if not one.companions.isdisjoint(other.companions):
        found.append(Evidence(COMPANION, at.EXACT, at.COMPANION_BITS[at.EXACT]))
    if one.nationality and other.nationality:
        level = at.EXACT if one.nationality == other.nationality else at.DIFFERENT
        found.append(Evidence(NATIONALITY, level, at.NATIONALITY_BITS[level]))
    if one.name.gender and other.name.gender and one.name.gender != other.name.gender:
        found.append(Evidence(GENDER, at.DIFFERENT, at.GENDER_BITS[at.DIFFERENT]))
    if one.name.generation and other.name.generation:
        level = at.EXACT if one.name.generation == other.name.generation else at.DIFFERENT
        found.append(Evidence(GENERATION, level, at.GENERATION_BITS[level]))
    return found
