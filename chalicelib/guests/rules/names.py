"""What guests are found by: the beginnings of their names, folded, and how Chinese ones sound.

The key of a name with Chinese characters is its pinyin, then the name itself: `wangxiaoming␟王小明`. So one index finds
it by either, and lists are in the order of pinyin, which is the order that Chinese readers look names up in.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chalicelib.guests.rules import sounds
from chalicelib.guests.rules.particulars import clean_name
from chalicelib.kernel import text
from chalicelib.kernel.i18n import N_, InvalidValue

# Of at most 4 bytes each: DynamoDB takes 1,024 bytes of sort key, and of two parts 120 and 130 letters.
NAME_KEY_LENGTH_MAX = 200
SPOKEN_LENGTH_MAX = 130
WRITTEN_LENGTH_MAX = 120
NAMELESS = "-"  # the name key of a name that has no letters, so that its owner is still listed
WRITTEN_AFTER = "\x1f"  # between the parts of a key: no name can hold it
INITIALS_LENGTH_MAX = 12  # more are no name

_WRITTEN_UNSPACED = re.compile(
    r"[\u3005\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af ]+"
)


class NameKeys(NamedTuple):
    """What a guest is found by the beginning of: family name first, given name first, and initials in pinyin."""

    by_family: str
    by_given: str | None
    initials: str | None


def name_keys(given_name: str, family_name: str) -> NameKeys:
    """The keys of a name. The second is None where it would be the first again, the third where nothing is Chinese.

    Names written without a space, as 王小明 and 김민수 are, have none in their keys.
    """
    by_family = _key(given_name, family_name, is_surname_first=True) or NAMELESS
    by_given = _key(family_name, given_name, is_surname_first=not family_name) if given_name else ""
    initials = ""
    if sounds.has_readings(family_name) or sounds.has_readings(given_name):
        initials = sounds.initials(text.name_key(given_name, family_name).replace(" ", ""))[:INITIALS_LENGTH_MAX]
    return NameKeys(by_family, by_given if by_given and by_given != by_family else None, initials or None)


def name_prefix(query: str) -> str:
    """What somebody typed to find a name, folded as names are. Raises InvalidValue for what has no letters."""
    cleaned = text.name_key("", clean_name(query))
    prefix = _bounded(cleaned, is_unspaced=bool(_WRITTEN_UNSPACED.fullmatch(cleaned)))
    if not prefix:
        raise InvalidValue(N_("has no letters to search by"))
    return prefix


def key_prefix(prefix: str, *, is_family_first: bool) -> str:
    """How the keys begin of the names that begin with a folded `prefix`, and of some others that sound like them."""
    if not sounds.has_readings(prefix):
        return prefix
    return sounds.spell(prefix, is_surname_first=is_family_first)[:SPOKEN_LENGTH_MAX].strip()


def begins(key: str, prefix: str) -> bool:
    """Whether a name begins with a folded `prefix` as it is written, or, for one in Latin letters, as it sounds."""
    spoken, _, written = key.partition(WRITTEN_AFTER)
    if sounds.has_readings(prefix):
        return written.startswith(prefix[:WRITTEN_LENGTH_MAX])
    return spoken.startswith(prefix) or written.startswith(prefix)


# -- inside ------------------------------------------------------------------------------------------------


def _key(last: str, first: str, *, is_surname_first: bool) -> str:
    """The key of a name whose part `first` comes first, be it the family name or the given one."""
    is_unspaced = bool(_WRITTEN_UNSPACED.fullmatch(f"{first} {last}"))
    written = _bounded(text.name_key(last, first), is_unspaced=is_unspaced)
    if not sounds.has_readings(written):
        return written
    if is_surname_first or not is_unspaced:
        spoken = sounds.spell(written, is_surname_first=is_surname_first)
    else:  # the family name stands behind, and is spelt as a family name there, too
        cut = len(text.name_key("", first).replace(" ", ""))
        spoken = sounds.spell(written[:cut], is_surname_first=False)
        spoken += sounds.spell(written[cut:], is_surname_first=True)
    return f"{spoken[:SPOKEN_LENGTH_MAX].strip()}{WRITTEN_AFTER}{written[:WRITTEN_LENGTH_MAX].strip()}"


def _bounded(key: str, *, is_unspaced: bool) -> str:
    return (key.replace(" ", "") if is_unspaced else key)[:NAME_KEY_LENGTH_MAX].strip()
