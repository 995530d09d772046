"""How every country dials, for `text.normalise_phone`. Imported by whatever starts a process that reads phone numbers.

The library takes a seventh of a start, and most calls only show numbers that were read long ago: it comes with the
first number that is read.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.kernel import text
from chalicelib.kernel.later import later

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = later("phonenumbers")


COUNTRY_DIGITS_MAX = 3

_E164 = re.compile(r"\+([1-9][0-9]{5,14})")


class _Country(NamedTuple):
    """What numbers of a country code look like after it."""

    lengths: frozenset[int]
    trunk: re.Pattern[str] | None  # what is dialled before them at home, and left out from abroad


def read(written: str, region: str | None) -> tuple[str, bool] | None:
    """A number in E.164 and whether it has a length that its country knows; None for what is no number."""
    if is_complete(written):
        return written, True
    return read_by_library(written, region)


def is_complete(written: str) -> bool:
    """Whether a number is as it is kept already, as nearly all are that systems send: the library would take it apart
    and put it together again. What is not plain is its affair."""
    found = _E164.fullmatch(written)
    if found is None or not written.isascii():
        return False
    digits = found[1]
    for count in range(1, COUNTRY_DIGITS_MAX + 1):
        country = _country(digits[:count])  # no country's code begins with another's
        if country is not None:
            rest = digits[count:]
            is_plain = not rest.startswith("0") and (country.trunk is None or not country.trunk.match(rest))
            return is_plain and len(rest) in country.lengths
    return False


@cache
def _country(code: str) -> _Country | None:
    """What the library knows of a country code; None where there is none. There are a thousand codes to ask for."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if regions is None:
        return None
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if metadata is None or metadata.general_desc is None:
        return None
    trunk = metadata.national_prefix_for_parsing
    return _Country(frozenset(metadata.general_desc.possible_length), re.compile(trunk) if trunk else None)


def read_by_library(written: str, region: str | None) -> tuple[str, bool] | None:
    """The same for whatever was written."""
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
