"""The one set of numbers that decides. Bits of evidence: each bit doubles the odds that two records are one person.

How they came about: docs/matching.md. `python -m infra.quality` measures what they do.
"""

from __future__ import annotations

from typing import Final

from chalicelib.guests.findings import (
    CLOSE,
    DIFFERENT,
    EXACT,
    INITIAL,
    MISSING,
    NEAR,
    OTHER_SCRIPT,
    PARTIAL,
    PLACEHOLDER,
    SOUND,
    SWAPPED,
    VARIANT,
)

__all__ = [
    "CLOSE",
    "DIFFERENT",
    "EXACT",
    "INITIAL",
    "MISSING",
    "NEAR",
    "OTHER_SCRIPT",
    "PARTIAL",
    "PLACEHOLDER",
    "SOUND",
    "SWAPPED",
    "VARIANT",
]  # passed on

# The odds before anything is known: one other record among two million. A rare name alone is not enough for a review.
PRIOR_BITS: Final = -21.0

AUTO_BITS: Final = 7.5  # linked without asking from here on, if nothing speaks against it
REVIEW_BITS: Final = 0.0  # shown to staff from here on: more likely one person than two

# Names. Exact agreement gives the bits of the name itself (data/frequencies.py); these hold for the rest.
RARE_FAMILY_BITS: Final = 11.0
RARE_GIVEN_BITS: Final = 9.5
PINYIN_SYLLABLE_BITS: Final = 5.5  # of a Chinese given name in Latin letters; two syllables give two times this, less
PINYIN_GIVEN_BITS_MAX: Final = 8.5
HAN_CHARACTER_BITS: Final = 7.0
HAN_GIVEN_BITS_MAX: Final = 11.0
NAME_LOSS_BITS: Final = {VARIANT: 2.5, CLOSE: 2.0, PARTIAL: 3.0, SOUND: 4.5}  # off the bits of the name
NAME_BITS_MIN: Final = 2.0
FAMILY_BITS: Final = {DIFFERENT: -5.0, NEAR: -1.0, OTHER_SCRIPT: -2.0, INITIAL: 2.0, MISSING: 0.0}
GIVEN_BITS: Final = {DIFFERENT: -5.5, NEAR: -2.5, OTHER_SCRIPT: -2.5, INITIAL: 2.5, MISSING: 0.0}
WHOLE_NAME_LENGTH_MIN: Final = 5  # letters from which on equal whole names are no chance
NAME_SWAPPED_BITS: Final = -1.5  # names in each other's place

BIRTH_DATE_BITS: Final = {EXACT: 14.0, SWAPPED: 9.5, CLOSE: 7.5, PLACEHOLDER: 3.0, PARTIAL: 0.5, DIFFERENT: -5.0}

EMAIL_BITS: Final = {EXACT: 17.0, CLOSE: 6.0}
PHONE_BITS: Final = {EXACT: 14.0, CLOSE: 4.0}
CONTACT_BITS_MAX: Final = 22.0  # e-mail and phone together: who shares the one often shares the other
DOCUMENT_BITS: Final = {EXACT: 16.0, DIFFERENT: -4.0}
MEMBERSHIP_BITS: Final = {EXACT: 16.0}
COMPANION_BITS: Final = {EXACT: 4.0}
NATIONALITY_BITS: Final = {EXACT: 0.5, DIFFERENT: -2.5}
GENDER_BITS: Final = {DIFFERENT: -5.0}
GENERATION_BITS: Final = {EXACT: 1.0, PARTIAL: -1.0, DIFFERENT: -20.0}

STREET_BITS: Final = {EXACT: 9.0, CLOSE: 7.0, PARTIAL: 3.0, SWAPPED: 6.0, DIFFERENT: -1.5}
SECOND_LINE_BITS: Final = {EXACT: 8.0, CLOSE: 6.5, PARTIAL: 3.0, DIFFERENT: -1.0}
NUMBER_BITS: Final = {EXACT: 5.5, CLOSE: 1.5, DIFFERENT: -1.5}
SUBURB_BITS: Final = {EXACT: 8.5, CLOSE: 6.5, DIFFERENT: -1.5}
POSTCODE_BITS: Final = {EXACT: 9.0, CLOSE: 4.5, DIFFERENT: -2.0}
STATE_BITS: Final = {EXACT: 1.5, DIFFERENT: -2.0}
COUNTRY_BITS: Final = {EXACT: 0.5, DIFFERENT: -1.5}

# An address is one thing, however many lines it has: neither all of it nor none of it decides alone.
ADDRESS_BITS_MAX: Final = 24.0
ADDRESS_BITS_MIN: Final = -5.0
# What people of one household or one agency share tells little of two who bear different given names, or may do so.
HOUSEHOLD_BITS_MAX: Final = {DIFFERENT: 11.0, INITIAL: 11.0, NEAR: 16.0}
