"""Weighs two persons against each other: a score, the findings it is the sum of, and what is to be done about it.

Fellegi and Sunter's model: every finding gives bits of evidence, the logarithm of how much likelier it is for one
person than for two. The score is the logarithm (base 2) of the odds that the two records are one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chalicelib.guests.matching import weights as at
from chalicelib.guests.matching.addresses import compare_addresses
from chalicelib.guests.matching.contacts import compare_contacts, compare_dates
from chalicelib.guests.matching.evidence import (
    BIRTH_DATE,
    COMPANION,
    COUNTRY,
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
    STATE,
    STREET,
    SUBURB,
    Evidence,
)
from chalicelib.guests.matching.names import compare_names
from chalicelib.guests.matching.person import Prepared

Decision = Literal["auto", "review", "none"]

_PRIOR = Evidence(PRIOR, at.EXACT, at.PRIOR_BITS)
_SAME_NAME = frozenset({at.EXACT, at.VARIANT, at.CLOSE})
_MAYBE_ONE_BIRTH = frozenset({at.EXACT, at.SWAPPED, at.CLOSE, at.PARTIAL})  # two relatives have it by chance only
_PLACES = (STREET, SECOND_LINE, NUMBER, SUBURB, POSTCODE)
PLACES_MIN = 3  # parts of an address that must agree before it stands beside a name, or differ before it speaks against

_OF_MANY = frozenset({FAMILY, GIVEN, GENERATION, NATIONALITY, STATE, COUNTRY})  # what a person shares with thousands

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
    papers = _papers(one, other)
    differ = any(evidence.code == GENERATION and evidence.level == at.DIFFERENT for evidence in papers)
    reasons += _household(at.DIFFERENT if differ else verdict.given.level, born, shared)
    reasons += papers
    return Match(sum(evidence.bits for evidence in reasons), tuple(reasons))


def decide(score: float, reasons: Sequence[Evidence]) -> Decision:
    """`auto`: link the two; `review`: ask staff; `none`: leave them.

    Nothing is decided by a score alone. A name alone is never worth a review. To be linked, both names must agree,
    nothing may contradict, and what else agrees must be the person's own: a father and his son may share all but the
    birth date. A document alone never links.
    """
    levels = {evidence.code: evidence.level for evidence in reasons if evidence.code != HOUSEHOLD}
    agreeing = {evidence.code for evidence in reasons if evidence.bits > 0} - _OF_MANY
    if score < at.REVIEW_BITS or not agreeing:
        return "none"
    if score < at.AUTO_BITS or _is_contradicted(levels) or not _is_supported(levels):
        return "review"
    return "auto"


# -- inside ------------------------------------------------------------------------------------------------


def _is_contradicted(levels: dict[str, str]) -> bool:
    if any(levels.get(code) in against for code, against in _CONTRADICTIONS.items()):
        return True
    if levels.get(GENERATION) == at.PARTIAL and levels.get(BIRTH_DATE) != at.EXACT:
        return True
    return levels.get(FAMILY) not in _SAME_NAME or levels.get(GIVEN) not in _SAME_NAME


def _is_supported(levels: dict[str, str]) -> bool:
    """Whether enough besides the name is the person's own.

    That is the birth date; or, where it is mistyped, one more thing; or, where it is not known, two more things.
    """
    own = sum(levels.get(code) == at.EXACT for code in (EMAIL, PHONE, MEMBERSHIP, DOCUMENT))
    own += sum(levels.get(code) in (at.EXACT, at.CLOSE) for code in _PLACES) >= PLACES_MIN
    born = levels.get(BIRTH_DATE)
    needed = {at.EXACT: 0, at.SWAPPED: 0, at.CLOSE: 1}.get(born or "", 2)
    if levels.get(GIVEN) != at.EXACT:
        needed += 1  # twins have one birth date and, often, names that resemble each other
    if sum(levels.get(code) == at.DIFFERENT for code in _PLACES) >= PLACES_MIN:
        needed += 1  # people move, and namesakes are born on one day
    return own >= needed


def _household(given: str, born: Evidence | None, shared: list[Evidence]) -> list[Evidence]:
    """What is taken off the evidence of contact points and address, if the two may merely live together."""
    limit = at.HOUSEHOLD_BITS_MAX.get(given)
    if limit is None or (born and born.level in _MAYBE_ONE_BIRTH) or (given == at.INITIAL and not born):
        return []
    excess = sum(evidence.bits for evidence in shared) - limit
    return [Evidence(HOUSEHOLD, at.PARTIAL, -excess)] if excess > 0 else []


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
    if one.name.generation or other.name.generation:
        level = at.EXACT if one.name.generation == other.name.generation else at.DIFFERENT
        level = level if one.name.generation and other.name.generation else at.PARTIAL
        found.append(Evidence(GENERATION, level, at.GENERATION_BITS[level]))
    return found
