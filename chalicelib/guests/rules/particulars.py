"""What a guest's particulars look like once they are right.

Every cleaner takes what was written and answers what is kept, or raises InvalidValue with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import date, datetime
from typing import Any, TypedDict, TypeVar

from chalicelib.kernel import text
from chalicelib.kernel.calendars import FURTHEST_AHEAD, parse_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, FieldError
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.languages import normalise_country

T = TypeVar("T")

OCCUPATION_LENGTH_MAX = 120
NAME_LENGTH_MAX = 300  # the longest names on record have some 700 letters and are written shorter by their owners
EMAILS_MAX = 10  # with phones and external ids: what one transaction can replace at once
PHONES_MAX = 10
EXTERNAL_IDS_MAX = 20
SYSTEM_LENGTH_MAX = 40
EXTERNAL_ID_LENGTH_MAX = 200
CHAIN_WIDE = "-"  # in addresses and files: an external id that holds for the whole chain

_SYSTEM = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{SYSTEM_LENGTH_MAX - 1}}}")
_ALPHA_2 = re.compile(r"[A-Za-z]{2}")


class NumberTaken(Conflict):
    """An external id points to another guest. Whether the two are one person is not decided here."""

    type, title = "external_id_taken", N_("This external id belongs to another guest")


class ExternalKey(TypedDict):
    """Another system's number for the guest. `property_id` None: the number holds for the whole chain."""

    system: str
    property_id: str | None
    id: str


@dataclass
class Faults:
    """Gathers everything that is wrong, so that it can be said at once."""

    errors: list[FieldError] = field(default_factory=list)

    def add(self, pointer: str, reason: InvalidValue) -> None:
        """Note what is wrong at a JSON pointer."""
        self.errors.append(FieldError(pointer, reason.reason, "invalid", reason.values))

    def read(self, pointer: str, cleaner: Callable[..., T], *values: Any) -> T | None:
        """What `cleaner` makes of the values; None, and a fault noted, if it refuses them."""
        try:
            return cleaner(*values)
        except InvalidValue as reason:
            self.add(pointer, reason)
            return None


# -- particulars -------------------------------------------------------------------------------------------


def clean_name(value: str) -> str:
    """One part of a name as it is kept; may be empty."""
    return text.clean_text(value, NAME_LENGTH_MAX)


def clean_occupation(value: str) -> str | None:
    """What a guest does, as it is kept; None for nothing."""
    return text.clean_text(value, OCCUPATION_LENGTH_MAX) or None


def clean_nationality(value: str) -> str:
    """An alpha-2 country code in capitals."""
    if not _ALPHA_2.fullmatch(value.strip()):
        raise InvalidValue(N_("is not a country code of two letters, such as FR"))
    return normalise_country(value)


def clean_birth_date(value: str, now: datetime) -> str:
    """A day, `1987-08-05`, that has come somewhere on Earth at `now`."""
    day = parse_day(value)
    check_born(day, now)
    return day.isoformat()


def check_born(day: date, now: datetime) -> None:
    """Raise InvalidValue for a birth date in the future."""
    if day > (now + FURTHEST_AHEAD).date():
        raise InvalidValue(N_("lies in the future"))


def clean_system(value: str) -> str:
    """The name of another system: small letters, digits, dots, hyphens and underscores."""
    if not _SYSTEM.fullmatch(value):
        raise InvalidValue(N_("is not a system's name: up to 40 small letters, digits, dots, hyphens and underscores"))
    return value


def clean_external_id(value: str) -> str:
    """Another system's number as it is kept: trimmed, not empty."""
    cleaned = text.clean_text(value, EXTERNAL_ID_LENGTH_MAX)
    if not cleaned:
        raise InvalidValue(N_("must not be empty"))
    return cleaned


def distinct(values: Iterable[str], key: Callable[[str], str] = str) -> list[str]:
    """The values without repetitions, in order; `key` says which are the same."""
    kept: dict[str, str] = {}
    for value in values:
        kept.setdefault(key(value), value)
    return list(kept.values())


def has_name(given_name: str, family_name: str) -> bool:
    """Whether there is anything to call the guest by."""
    return bool(given_name or family_name)


def external_tuple(key: ExternalKey) -> tuple[str, str | None, str]:
    """The key in the form in which keys are compared."""
    return key["system"], key["property_id"], key["id"]


def houses_of(home_property_id: str | None, external_ids: Iterable[ExternalKey]) -> set[str]:
    """The houses that know a guest by its home and its numbers."""
    named = {key["property_id"] for key in external_ids} | {home_property_id}
    return {property_id for property_id in named if property_id}
