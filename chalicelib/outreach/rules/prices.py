"""What a part of a text costs, as people write it and as it is kept: whole millionths of a unit, never a float."""

from __future__ import annotations

import re
import unicodedata

from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.outreach.rules.texts import MICROS

DECIMALS_MAX = 6  # a millionth is the smallest that is kept
TEXT_LENGTH_MAX = 40
_AMOUNT = re.compile(r"([0-9]*)(?:[.,]([0-9]*))?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")
_SEPARATORS = re.compile(r"[\s().-]+")

NO_AMOUNT = N_("Write an amount such as 0.039.")
TOO_FINE = N_("At most six decimals are kept.")
GROUPED = N_("Write the amount without thousands separators.")


def micros_of(text: str) -> int:
    """The millionths of a unit that an amount stands for: `0.039` and `0,039` are 39000. Exact, or refused.

    Full-width digits are taken as well. Raises InvalidValue for what is no amount, for more decimals than are kept, and
    for a comma that may part thousands: `1,000` could be one or a thousand.
    """
    written = unicodedata.normalize("NFKC", text).strip()
    if _GROUPED.fullmatch(written):
        raise InvalidValue(GROUPED)
    found = _AMOUNT.fullmatch(written)
    if found is None or len(written) > TEXT_LENGTH_MAX:
        raise InvalidValue(NO_AMOUNT)
    whole, decimals = found[1], (found[2] or "").rstrip("0")
    if not whole and not found[2]:
        raise InvalidValue(NO_AMOUNT)
    if len(decimals) > DECIMALS_MAX:
        raise InvalidValue(TOO_FINE)
    return int(whole or "0") * MICROS + int(decimals.ljust(DECIMALS_MAX, "0"))


def written(micros: int) -> str:
    """The exact opposite of `micros_of`, without needless zeros: 39000 is `0.039`, 2000000 is `2`."""
    whole, rest = divmod(micros, MICROS)
    return f"{whole}.{rest:0{DECIMALS_MAX}}".rstrip("0").rstrip(".")


def code_of(text: str) -> str:
    """A calling code as it is kept: `351`, `00351` and `+3 51` are `+351`. What is none stays, to be refused."""
    found = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    found = f"+{found[2:]}" if found.startswith("00") else found
    return f"+{found}" if found[:1].isdigit() else found
