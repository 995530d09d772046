"""What speaks for or against two records being one person, and the sentences that say so.

A code names what was compared, a level how it came out. Nothing of the guest's own data is in evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.guests.findings import (
    ADDRESS,
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
    ORDER,
    PHONE,
    POSTCODE,
    PRIOR,
    SECOND_LINE,
    SENTENCES,
    SHARED_CONTACT,
    STATE,
    STREET,
    SUBURB,
)

__all__ = [
    "ADDRESS",
    "BIRTH_DATE",
    "COMPANION",
    "COUNTRY",
    "DOCUMENT",
    "EMAIL",
    "FAMILY",
    "GENDER",
    "GENERATION",
    "GIVEN",
    "HOUSEHOLD",
    "MEMBERSHIP",
    "NATIONALITY",
    "NUMBER",
    "ORDER",
    "PHONE",
    "POSTCODE",
    "PRIOR",
    "SECOND_LINE",
    "SENTENCES",
    "SHARED_CONTACT",
    "STATE",
    "STREET",
    "SUBURB",
    "Evidence",
    "sentence",
]  # passed on


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding. `bits` above zero speak for one person, below zero for two."""

    code: str
    level: str
    bits: float


def sentence(found: Evidence) -> str:
    """The message to be translated for one finding: `_(sentence(found))`."""
    return SENTENCES[found.code, found.level]
