"""How every country dials, for `text.normalise_phone`. Imported by whatever starts a process that reads phone numbers.

The library takes a seventh of a start, and most calls only show numbers that were read long ago: it comes with the
first number that is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.kernel import text
from chalicelib.kernel.later import later

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = later("phonenumbers")


def read(written: str, region: str | None) -> tuple[str, bool] | None:
    """A number in E.164 and whether it has a length that its country knows; None for what is no number."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    is_possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Zeros typed for a place where none lead: read again, what is kept would lose another of them each time.
    if number.italian_leading_zero and phonenumbers.parse(kept) != number:
        return None
    return kept, is_possible


text.read_numbers_by(read)
