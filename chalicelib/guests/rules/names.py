"""What guests are found by: the beginnings of their names, folded."""

from __future__ import annotations

import re

from chalicelib.guests.rules.particulars import clean_name
from chalicelib.kernel import text
from chalicelib.kernel.i18n import N_, InvalidValue

NAME_KEY_LENGTH_MAX = 200  # of at most 4 bytes each: DynamoDB takes 1,024 bytes of sort key
NAMELESS = "-"  # the name key of a name that has no letters, so that its owner is still listed

_WRITTEN_UNSPACED = re.compile(
    r"[\u3005\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af ]+"
)


def name_keys(given_name: str, family_name: str) -> tuple[str, str | None]:
    """What the guest is found by the beginning of: family name first, and given name first if there is one.

    Names written without a space, as 王小明 and 김민수 are, have none in their keys.
    """
    is_unspaced = bool(_WRITTEN_UNSPACED.fullmatch(f"{family_name} {given_name}"))
    by_family = _bounded(text.name_key(given_name, family_name), is_unspaced) or NAMELESS
    by_given = _bounded(text.name_key(family_name, given_name), is_unspaced) if given_name else ""
    return by_family, by_given if by_given and by_given != by_family else None


def name_prefix(query: str) -> str:
    """What somebody typed to find a name, folded as names are. Raises InvalidValue for what has no letters."""
    cleaned = text.name_key("", clean_name(query))
    prefix = _bounded(cleaned, bool(_WRITTEN_UNSPACED.fullmatch(cleaned)))
    if not prefix:
        raise InvalidValue(N_("has no letters to search by"))
    return prefix


def _bounded(key: str, is_unspaced: bool) -> str:
    return (key.replace(" ", "") if is_unspaced else key)[:NAME_KEY_LENGTH_MAX].strip()
