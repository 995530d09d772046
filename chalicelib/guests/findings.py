"""What a comparison of two guests can find: what was compared, how it came out, and the sentence that says so.

Apart from `matching`, because whoever only shows what was found starts without the readings of Chinese characters.
"""

from __future__ import annotations

from typing import Final

from chalicelib.kernel.i18n import N_

# Levels of agreement, strongest first, as they stand in evidence.
EXACT, VARIANT, CLOSE, PARTIAL = "exact", "variant", "close", "partial"
SOUND, INITIAL, NEAR, OTHER_SCRIPT, DIFFERENT, MISSING = (
    "sound",
    "initial",
    "near",
    "other_script",
    "different",
    "missing",
)
SWAPPED = "swapped"
PLACEHOLDER = "placeholder"

# What was compared.
FAMILY, GIVEN, ORDER = "family_name", "given_name", "name_order"
BIRTH_DATE, EMAIL, PHONE, SHARED_CONTACT = "birth_date", "email", "phone", "shared_contact"
DOCUMENT, MEMBERSHIP, COMPANION = "document", "membership", "companion"
NATIONALITY, GENDER, GENERATION = "nationality", "gender", "generation"
STREET, SECOND_LINE, NUMBER, SUBURB = "street", "second_line", "street_number", "suburb"
POSTCODE, STATE, COUNTRY, ADDRESS = "postcode", "state", "country", "address"
HOUSEHOLD, PRIOR = "household", "prior"

SENTENCES: Final[dict[tuple[str, str], str]] = {
    (FAMILY, EXACT): N_("The family names are the same"),
    (FAMILY, VARIANT): N_("The family names are two spellings of one"),
    (FAMILY, CLOSE): N_("The family names differ like a typing error"),
    (FAMILY, PARTIAL): N_("One family name is part of the other"),
    (FAMILY, SOUND): N_("The family names sound alike"),
    (FAMILY, NEAR): N_("The family names resemble each other but are two"),
    (FAMILY, INITIAL): N_("One family name is the initial of the other"),
    (FAMILY, OTHER_SCRIPT): N_("The family names are in two scripts and do not agree"),
    (FAMILY, DIFFERENT): N_("The family names differ"),
    (FAMILY, MISSING): N_("A family name is missing"),
    (GIVEN, EXACT): N_("The given names are the same"),
    (GIVEN, VARIANT): N_("The given names are two forms of one"),
    (GIVEN, CLOSE): N_("The given names differ like a typing error"),
    (GIVEN, PARTIAL): N_("The given names have a part in common"),
    (GIVEN, SOUND): N_("The given names sound alike"),
    (GIVEN, NEAR): N_("The given names resemble each other but are two"),
    (GIVEN, INITIAL): N_("One given name is the initial of the other"),
    (GIVEN, OTHER_SCRIPT): N_("The given names are in two scripts and do not agree"),
    (GIVEN, DIFFERENT): N_("The given names differ"),
    (GIVEN, MISSING): N_("A given name is missing"),
    (ORDER, SWAPPED): N_("Given name and family name stand in each other's place"),
    (BIRTH_DATE, EXACT): N_("The birth dates are the same"),
    (BIRTH_DATE, SWAPPED): N_("The birth dates are the same with day and month swapped"),
    (BIRTH_DATE, CLOSE): N_("The birth dates differ like a typing error"),
    (BIRTH_DATE, PARTIAL): N_("The birth dates agree in part"),
    (BIRTH_DATE, PLACEHOLDER): N_("The birth dates are the same, a date that systems fill in"),
    (BIRTH_DATE, DIFFERENT): N_("The birth dates differ"),
    (EMAIL, EXACT): N_("An e-mail address is the same"),
    (EMAIL, CLOSE): N_("Two e-mail addresses differ like a typing error"),
    (PHONE, EXACT): N_("A phone number is the same"),
    (PHONE, CLOSE): N_("Two phone numbers differ like a typing error"),
    (SHARED_CONTACT, PARTIAL): N_("Who shares an e-mail address often shares a phone: counted once"),
    (DOCUMENT, EXACT): N_("The identity documents are the same"),
    (DOCUMENT, DIFFERENT): N_("The identity documents differ"),
    (MEMBERSHIP, EXACT): N_("The membership numbers are the same"),
    (COMPANION, EXACT): N_("They travelled with the same companion"),
    (NATIONALITY, EXACT): N_("The nationalities are the same"),
    (NATIONALITY, DIFFERENT): N_("The nationalities differ"),
    (GENDER, DIFFERENT): N_("One is addressed as a man, the other as a woman"),
    (GENERATION, EXACT): N_("Both names have the same generation suffix"),
    (GENERATION, PARTIAL): N_("Only one name has a generation suffix, such as Jr"),
    (GENERATION, DIFFERENT): N_("The generation suffixes differ, such as Jr and Sr"),
    (STREET, EXACT): N_("The streets are the same"),
    (STREET, CLOSE): N_("The streets differ like a typing error"),
    (STREET, PARTIAL): N_("The streets agree in part"),
    (STREET, SWAPPED): N_("The address lines are the same in another order"),
    (STREET, DIFFERENT): N_("The streets differ"),
    (SECOND_LINE, EXACT): N_("The second address lines are the same"),
    (SECOND_LINE, CLOSE): N_("The second address lines differ like a typing error"),
    (SECOND_LINE, PARTIAL): N_("The second address lines agree in part"),
    (SECOND_LINE, DIFFERENT): N_("The second address lines differ"),
    (NUMBER, EXACT): N_("The street numbers are the same"),
    (NUMBER, CLOSE): N_("The street numbers differ like a typing error"),
    (NUMBER, DIFFERENT): N_("The street numbers differ"),
    (SUBURB, EXACT): N_("The towns are the same"),
    (SUBURB, CLOSE): N_("The towns differ like a typing error"),
    (SUBURB, DIFFERENT): N_("The towns differ"),
    (POSTCODE, EXACT): N_("The postcodes are the same"),
    (POSTCODE, CLOSE): N_("The postcodes differ like a typing error"),
    (POSTCODE, DIFFERENT): N_("The postcodes differ"),
    (STATE, EXACT): N_("The states are the same"),
    (STATE, DIFFERENT): N_("The states differ"),
    (COUNTRY, EXACT): N_("The countries are the same"),
    (COUNTRY, DIFFERENT): N_("The countries differ"),
    (ADDRESS, PARTIAL): N_("An address is one thing: its parts are counted up to a limit"),
    (HOUSEHOLD, PARTIAL): N_("What they share, a household or an agency shares as well"),
    (PRIOR, EXACT): N_("Few pairs of guests are one person"),
}


def sentence_of(code: str, level: str) -> str:
    """The message to be translated for one finding; the empty text for one that a later version has made."""
    return SENTENCES.get((code, level), "")
