"""What a guest's particulars look like once they are right, and which of two statements of consent holds.

Every cleaner takes what was written and answers what is kept, or raises InvalidValue with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, TypeVar

from chalicelib.kernel import text
from chalicelib.kernel.calendars import FURTHEST_AHEAD, parse_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, FieldError
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.languages import normalise_country

T = TypeVar("T")

PURPOSES = (
    "service",
    "greeting",
    "marketing",
    "survey",
    "personalisation",
    "membership",
    "cross_property",
    "cross_border",
)
CHANNELS = ("email", "sms", "phone", "letter", "push", "wechat", "whatsapp")
STATES = ("granted", "denied")

OCCUPATION_LENGTH_MAX = 120
NAME_LENGTH_MAX = 300  # the longest names on record have some 700 letters and are written shorter by their owners
EMAILS_MAX = 10  # with phones and external ids: what one transaction can replace at once
PHONES_MAX = 10
EXTERNAL_IDS_MAX = 20
SYSTEM_LENGTH_MAX = 40
EXTERNAL_ID_LENGTH_MAX = 200
CONSENT_SOURCE_LENGTH_MAX = 100
NAME_KEY_LENGTH_MAX = 200  # of at most 4 bytes each: DynamoDB takes 1,024 bytes of sort key
NAMELESS = "-"  # the name key of a name that has no letters, so that its owner is still listed
CLOCK_SKEW = timedelta(minutes=5)  # how far a caller's clock may be ahead of ours

CHAIN_WIDE = "-"  # in addresses and files: an external id that holds for the whole chain

_SYSTEM = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{SYSTEM_LENGTH_MAX - 1}}}")
_ALPHA_2 = re.compile(r"[A-Za-z]{2}")
_WRITTEN_UNSPACED = re.compile(
    r"[\u3005\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af ]+"
)


class NumberTaken(Conflict):
    """An external id points to another guest. Whether the two are one person is not decided here."""

    type, title = "external_id_taken", N_("This external id belongs to another guest")


class ExternalKey(TypedDict):
    """Another system's number for the guest. `property_id` None: the number holds for the whole chain."""

    system: str
    property_id: str | None
    id: str


class Consent(TypedDict):
    """What holds for one purpose on one channel: since when (sortable instant) and by whose word."""

    state: str
    source: str
    at: str


@dataclass(frozen=True)
class Statement:
    """What somebody says about one consent. `at` None: they did not say when."""

    purpose: str
    channel: str
    state: str
    source: str
    at: datetime | None = None

    @property
    def key(self) -> str:
        """Under which the guest keeps it: `greeting:email`."""
        return consent_key(self.purpose, self.channel)


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


def clean_consent_source(value: str) -> str:
    """Where a consent was declared, in a few words."""
    cleaned = text.clean_text(value, CONSENT_SOURCE_LENGTH_MAX)
    if not cleaned:
        raise InvalidValue(N_("must not be empty"))
    return cleaned


def clean_declared_at(at: datetime, now: datetime) -> datetime:
    """When a consent was declared: not after now, give or take a clock that runs ahead."""
    if at > now + CLOCK_SKEW:
        raise InvalidValue(N_("lies in the future"))
    return min(at, now)


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


# -- names to search by ------------------------------------------------------------------------------------


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


# -- consent -----------------------------------------------------------------------------------------------


def consent_key(purpose: str, channel: str) -> str:
    """Under which a guest keeps a consent: `greeting:email`."""
    return f"{purpose}:{channel}"


def declared_now(current: Mapping[str, str] | None, statement: Statement) -> bool:
    """Whether a statement made at this moment changes anything: it holds, unless it says what holds already."""
    return current is None or (current["state"], current["source"]) != (statement.state, statement.source)


def declared_before(current: Mapping[str, str] | None, statement: Statement, at: str | None) -> bool:
    """Whether a statement that reaches us later, by a file or another system, takes the place of `current`.

    The later one holds; at one instant the denial does. One without a time is older than anything known: it
    fills a gap, and a denial is heeded even then. `at` is the statement's time in sortable form.
    """
    if current is None:
        return True
    is_new_denial = statement.state == "denied" and current["state"] != "denied"
    if at is None or at == current["at"]:
        return is_new_denial
    return at > current["at"]
