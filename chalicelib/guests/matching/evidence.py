"""What speaks for or against two records being one person, and the sentences that say so.

A code names what was compared, a level how it came out. Nothing of the guest's own data is in evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.guests.matching import weights as at
from chalicelib.kernel.i18n import N_

FAMILY, GIVEN, ORDER = "family_name", "given_name", "name_order"
BIRTH_DATE, EMAIL, PHONE, SHARED_CONTACT = "birth_date", "email", "phone", "shared_contact"
DOCUMENT, MEMBERSHIP, COMPANION = "document", "membership", "companion"
NATIONALITY, GENDER, GENERATION = "nationality", "gender", "generation"
STREET, SECOND_LINE, NUMBER, SUBURB = "street", "second_line", "street_number", "suburb"
POSTCODE, STATE, COUNTRY, ADDRESS = "postcode", "state", "country", "address"
HOUSEHOLD, PRIOR = "household", "prior"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding. `bits` above zero speak for one person, below zero for two."""

    code: str
    level: str
    bits: float


SENTENCES: dict[tuple[str, str], str] = {
    (FAMILY, at.EXACT): N_("The family names are the same"),
    (FAMILY, at.VARIANT): N_("The family names are two spellings of one"),
    (FAMILY, at.CLOSE): N_("The family names differ like a typing error"),
    (FAMILY, at.PARTIAL): N_("One family name is part of the other"),
    (FAMILY, at.SOUND): N_("The family names sound alike"),
    (FAMILY, at.NEAR): N_("The family names resemble each other but are two"),
    (FAMILY, at.INITIAL): N_("One family name is the initial of the other"),
    (FAMILY, at.OTHER_SCRIPT): N_("The family names are in two scripts and do not agree"),
    (FAMILY, at.DIFFERENT): N_("The family names differ"),
    (FAMILY, at.MISSING): N_("A family name is missing"),
    (GIVEN, at.EXACT): N_("The given names are the same"),
    (GIVEN, at.VARIANT): N_("The given names are two forms of one"),
    (GIVEN, at.CLOSE): N_("The given names differ like a typing error"),
    (GIVEN, at.PARTIAL): N_("The given names have a part in common"),
    (GIVEN, at.SOUND): N_("The given names sound alike"),
    (GIVEN, at.NEAR): N_("The given names resemble each other but are two"),
    (GIVEN, at.INITIAL): N_("One given name is the initial of the other"),
    (GIVEN, at.OTHER_SCRIPT): N_("The given names are in two scripts and do not agree"),
    (GIVEN, at.DIFFERENT): N_("The given names differ"),
    (GIVEN, at.MISSING): N_("A given name is missing"),
    (ORDER, at.SWAPPED): N_("Given name and family name stand in each other's place"),
    (BIRTH_DATE, at.EXACT): N_("The birth dates are the same"),
    (BIRTH_DATE, at.SWAPPED): N_("The birth dates are the same with day and month swapped"),
    (BIRTH_DATE, at.CLOSE): N_("The birth dates differ like a typing error"),
    (BIRTH_DATE, at.PARTIAL): N_("The birth dates agree in part"),
    (BIRTH_DATE, at.PLACEHOLDER): N_("The birth dates are the same, a date that systems fill in"),
    (BIRTH_DATE, at.DIFFERENT): N_("The birth dates differ"),
    (EMAIL, at.EXACT): N_("An e-mail address is the same"),
    (EMAIL, at.CLOSE): N_("Two e-mail addresses differ like a typing error"),
    (PHONE, at.EXACT): N_("A phone number is the same"),
    (PHONE, at.CLOSE): N_("Two phone numbers differ like a typing error"),
    (SHARED_CONTACT, at.PARTIAL): N_("Who shares an e-mail address often shares a phone: counted once"),
    (DOCUMENT, at.EXACT): N_("The identity documents are the same"),
    (DOCUMENT, at.DIFFERENT): N_("The identity documents differ"),
    (MEMBERSHIP, at.EXACT): N_("The membership numbers are the same"),
    (COMPANION, at.EXACT): N_("They travelled with the same companion"),
    (NATIONALITY, at.EXACT): N_("The nationalities are the same"),
    (NATIONALITY, at.DIFFERENT): N_("The nationalities differ"),
    (GENDER, at.DIFFERENT): N_("One is addressed as a man, the other as a woman"),
    (GENERATION, at.EXACT): N_("Both names have the same generation suffix"),
    (GENERATION, at.PARTIAL): N_("Only one name has a generation suffix, such as Jr"),
    (GENERATION, at.DIFFERENT): N_("The generation suffixes differ, such as Jr and Sr"),
    (STREET, at.EXACT): N_("The streets are the same"),
    (STREET, at.CLOSE): N_("The streets differ like a typing error"),
    (STREET, at.PARTIAL): N_("The streets agree in part"),
    (STREET, at.SWAPPED): N_("The address lines are the same in another order"),
    (STREET, at.DIFFERENT): N_("The streets differ"),
    (SECOND_LINE, at.EXACT): N_("The second address lines are the same"),
    (SECOND_LINE, at.CLOSE): N_("The second address lines differ like a typing error"),
    (SECOND_LINE, at.PARTIAL): N_("The second address lines agree in part"),
    (SECOND_LINE, at.DIFFERENT): N_("The second address lines differ"),
    (NUMBER, at.EXACT): N_("The street numbers are the same"),
    (NUMBER, at.CLOSE): N_("The street numbers differ like a typing error"),
    (NUMBER, at.DIFFERENT): N_("The street numbers differ"),
    (SUBURB, at.EXACT): N_("The towns are the same"),
    (SUBURB, at.CLOSE): N_("The towns differ like a typing error"),
    (SUBURB, at.DIFFERENT): N_("The towns differ"),
    (POSTCODE, at.EXACT): N_("The postcodes are the same"),
    (POSTCODE, at.CLOSE): N_("The postcodes differ like a typing error"),
    (POSTCODE, at.DIFFERENT): N_("The postcodes differ"),
    (STATE, at.EXACT): N_("The states are the same"),
    (STATE, at.DIFFERENT): N_("The states differ"),
    (COUNTRY, at.EXACT): N_("The countries are the same"),
    (COUNTRY, at.DIFFERENT): N_("The countries differ"),
    (ADDRESS, at.PARTIAL): N_("An address is one thing: its parts are counted up to a limit"),
    (HOUSEHOLD, at.PARTIAL): N_("What they share, a household or an agency shares as well"),
    (PRIOR, at.EXACT): N_("Few pairs of guests are one person"),
}


def sentence(found: Evidence) -> str:
    """The message to be translated for one finding: `_(sentence(found))`."""
    return SENTENCES[found.code, found.level]
