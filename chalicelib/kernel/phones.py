"""How every country dials, for `text.normalise_phone`. Imported by whatever starts a process that reads phone numbers.

Apart, because the library takes a seventh of a start, and most functions only show numbers that were read long ago.
"""

from __future__ import annotations

import phonenumbers

from chalicelib.kernel import text


def read(written: str, region: str | None) -> tuple[str, bool] | None:
    """A number in E.164 and whether it has a length that its country knows; None for what is no number."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    is_possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), is_possible


text.read_numbers_by(read)
