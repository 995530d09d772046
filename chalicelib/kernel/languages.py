"""Languages, countries and time zones: whatever way others write them, kept in one canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import available_timezones

from chalicelib.kernel.i18n import DEFAULT_LANGUAGE, LOCALES_FOLDER, N_, InvalidValue, supported_language

TAG_LENGTH_MAX = 35  # what RFC 5646, section 4.4.1, asks every reader to hold

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
)
_RENAMED_LANGUAGES = {"iw": "he", "in": "id", "ji": "yi", "mo": "ro", "cmn": "zh"}

# Which way of writing a region implies, where a language has two. Only Chinese needs it here.
_CHINESE_SCRIPTS = {"CN": "Hans", "SG": "Hans", "MY": "Hans", "TW": "Hant", "HK": "Hant", "MO": "Hant"}

# Codes that property systems still send, though ISO has withdrawn them or never had them.
_FORMER_COUNTRIES = {
    "UK": "GB",
    "EL": "GR",
    "TMP": "TL",
    "TP": "TL",
    "ROM": "RO",
    "ZAR": "CD",
    "BUR": "MM",
    "XKK": "XK",
}

# Files that lie beside the zones and are not places: the machine's own zone, and the one that says "not set".
_NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})


class Country(NamedTuple):
    """One country or territory of ISO 3166-1, with its names in both languages."""

    alpha_2: str
    alpha_3: str
    name_en: str
    name_zh: str


@cache
def countries() -> MappingProxyType[str, Country]:
    """Every country by its alpha-2 code. Read once, when it is first asked for."""
    lines = (LOCALES_FOLDER / "countries.tsv").read_text(encoding="utf-8").splitlines()
    found = (Country(*line.split("\t")) for line in lines if not line.startswith("#"))
    return MappingProxyType({country.alpha_2: country for country in found})


@cache
def _alpha_2_by_code() -> dict[str, str]:
    known = countries().values()
    return _FORMER_COUNTRIES | {code: one.alpha_2 for one in known for code in (one.alpha_2, one.alpha_3)}


def normalise_language(tag: str) -> str:
    """A BCP 47 tag in its customary case: `ZH_hans-cn` is `zh-Hans-CN`.

    Language, script, region and variants are understood; extensions and private parts are not, because
    nothing here is chosen by them. Raises InvalidValue for other texts and for regions that do not exist.
    """
    if len(tag) > TAG_LENGTH_MAX:
        raise InvalidValue(N_("is too long for a language tag"))
    found = _TAG.fullmatch(tag.strip().replace("_", "-").lower())
    if found is None:
        raise InvalidValue(N_("is not a language tag such as en, zh-Hans or pt-BR"))
    parts = [_RENAMED_LANGUAGES.get(found["language"], found["language"])]
    if found["script"]:
        parts.append(found["script"].title())
    if found["region"]:
        region = found["region"].upper()
        if region.isalpha() and region not in countries():
            raise InvalidValue(N_("names a region that does not exist"))
        parts.append(region)
    return "-".join(parts) + found["variants"]


def best_language(wanted: str | None, available: Iterable[str], default: str = DEFAULT_LANGUAGE) -> str:
    """The one of `available` that a reader of `wanted` understands best, else `default`.

    In order: the tag itself; for Chinese, the script that its region writes; the tag with its ends cut off
    one by one (`zh-Hans-CN`, `zh-Hans`, `zh`); any of the same language. A `wanted` that is no tag counts as
    none.
    """
    known = {tag.lower(): tag for tag in sorted(available)}
    try:
        tag = normalise_language(wanted or "")
    except InvalidValue:
        return default
    for candidate in _fallbacks(tag):
        if candidate.lower() in known:
            return known[candidate.lower()]
    language = tag.split("-", 1)[0]
    return next((other for lower, other in known.items() if lower.split("-", 1)[0] == language), default)


def normalise_country(code: str) -> str:
    """The alpha-2 code in capitals of an alpha-2 or alpha-3 code. Raises InvalidValue for a country there is
    not."""
    try:
        return _alpha_2_by_code()[code.strip().upper()]
    except KeyError:
        raise InvalidValue(N_("is not a country code of ISO 3166-1, such as FR or FRA")) from None


def country_name(code: str, language: str) -> str:
    """The country's name for a reader of `language`: Chinese if that is Chinese, else English."""
    country = countries()[normalise_country(code)]
    return country.name_zh if supported_language(language) == "zh" else country.name_en


def normalise_time_zone(name: str) -> str:
    """A zone of the tz database under its own name, such as `Asia/Shanghai`. For checking what is written.

    Raises InvalidValue for what the database does not have: other spellings, paths, the machine's own
    `localtime`.
    """
    zone = name.strip()
    if zone not in time_zones():
        raise InvalidValue(N_("is not a time zone of the tz database, such as Europe/Lisbon"))
    return zone


@cache
def time_zones() -> frozenset[str]:
    """Every zone that can be chosen. Read from disk once: the first call takes some 70 ms."""
    return frozenset(available_timezones()) - _NOT_ZONES


def _fallbacks(tag: str) -> list[str]:
    parts = tag.split("-")
    candidates = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    if parts[0] == "zh" and len(parts) > 1 and parts[1] in _CHINESE_SCRIPTS:
        candidates.insert(-1, f"zh-{_CHINESE_SCRIPTS[parts[1]]}")
    return candidates
