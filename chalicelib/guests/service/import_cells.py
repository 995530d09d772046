"""Reads the cells of a guest's row: what people and systems write, made into what is kept. Pure, and quick per row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date, datetime, time
from functools import cache, lru_cache
from typing import Any

from chalicelib.guests import rules
from chalicelib.guests.rules import Faults, Statement
from chalicelib.guests.service.import_columns import CONSENT_COLUMNS
from chalicelib.kernel import text
from chalicelib.kernel.calendars import format_instant, local_instant, parse_day, parse_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.languages import countries, normalise_country, normalise_language, normalise_time_zone

IMPORT_SOURCE = "import"  # of a consent whose row does not say
CELLS_CACHED = 512  # of a column that says the same in most rows: languages, zones, sources, days of consent

_CALENDARS = {
    "gregorian": ("gregorian", "solar", "阳历", "公历", "新历", "西历"),
    "lunar": ("lunar", "chinese", "农历", "阴历", "旧历"),
}
_STATES = {
    "granted": ("granted", "yes", "y", "true", "1", "opt-in", "opted in", "同意", "是", "已同意", "接受"),
    "denied": ("denied", "no", "n", "false", "0", "opt-out", "opted out", "拒绝", "否", "不同意", "已拒绝", "未同意"),
}
_LANGUAGES = {
    "en": ("english", "英语", "英文"),
    "zh": ("chinese", "中文", "汉语", "华语"),
    "zh-Hans": ("simplified chinese", "简体中文"),
    "zh-Hant": ("traditional chinese", "繁体中文", "繁體中文"),
    "ja": ("japanese", "日语", "日文"),
    "ko": ("korean", "韩语", "韩文"),
    "de": ("german", "德语"),
    "fr": ("french", "法语"),
    "es": ("spanish", "西班牙语"),
    "it": ("italian", "意大利语"),
    "pt": ("portuguese", "葡萄牙语"),
    "ru": ("russian", "俄语"),
}
_CALENDAR_OF = {word: kept for kept, words in _CALENDARS.items() for word in words}
_STATE_OF = {word: kept for kept, words in _STATES.items() for word in words}
_LANGUAGE_OF = {word: kept for kept, words in _LANGUAGES.items() for word in words}

_MIDNIGHT = re.compile(r"[ T]0?0:00(:00)?(\.0+)?$")  # spreadsheets write a day as the instant it begins
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_CHINESE_DAY = re.compile(r"([0-9]{4})\s?年\s?([0-9]{1,2})\s?月\s?([0-9]{1,2})\s?日?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_WALL = re.compile(r"(.+?)[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True)
class Reading:
    """What cells are read with: the instant of the import, the property's country and zone."""

    now: datetime
    country: str | None
    zone: str


@dataclass
class GuestRow:
    """What a row says of a guest. `particulars` holds attributes of the guest; e-mail and phone stand alone."""

    external_id: str = ""
    particulars: dict[str, Any] = field(default_factory=dict)
    email: str | None = None
    phone: str | None = None
    consents: list[Statement] = field(default_factory=list)


def read_row(cells: Mapping[str, str], reading: Reading) -> tuple[GuestRow, Faults]:
    """What a row says, and everything that is wrong with it, by column."""
    row, faults = GuestRow(), Faults()
    if cells.get("external_id", "").strip():
        row.external_id = faults.read("/external_id", rules.clean_external_id, cells["external_id"]) or ""
    else:
        faults.add("/external_id", InvalidValue(N_("is missing: a second import would make a second guest")))
    for name, cleaner in _CELLS.items():
        if cells.get(name, "").strip():
            value = faults.read(f"/{name}", cleaner, cells[name])
            if value:
                row.particulars[name] = value
    birth_date = row.particulars.get("birth_date")
    if birth_date is not None:
        faults.read("/birth_date", rules.check_born, date.fromisoformat(birth_date), reading.now)
    if cells.get("email", "").strip():
        row.email = faults.read("/email", text.normalise_email, cells["email"])
    if cells.get("phone", "").strip():
        country = reading.country or row.particulars.get("nationality")
        row.phone = faults.read("/phone", text.normalise_phone, cells["phone"], country)
    row.consents = _consents(cells, reading, faults)
    return row, faults


def kept_cells(row: GuestRow) -> dict[str, str]:
    """What a row says as it would be kept, by column: for showing it before it is."""
    kept = {"external_id": row.external_id, **row.particulars, "email": row.email or "", "phone": row.phone or ""}
    columns = {pair: name for name, pair in CONSENT_COLUMNS.items()}
    for said in row.consents:
        kept[columns[said.purpose, said.channel]] = said.state
        kept["consent_source"] = said.source
        kept["consent_at"] = format_instant(said.at) if said.at else ""
    return {name: value for name, value in kept.items() if value}


def read_day(cell: str) -> str:
    """A day from the ways in which systems write it: `2017-08-31`, `2017/8/31`, `2017年8月31日`, `31.08.2017`.

    With the year last, which number is the month must be plain: `03/04/2017` is refused.
    """
    written = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", cell).strip())
    found = _YEAR_FIRST.fullmatch(written)
    if found:
        return _day(found[1], found[3], found[4])
    found = _CHINESE_DAY.fullmatch(written) or _COMPACT.fullmatch(written)
    if found:
        return _day(found[1], found[2], found[3])
    found = _YEAR_LAST.fullmatch(written)
    if found is None:
        raise InvalidValue(N_("is not a date in the form 2026-03-04"))
    first, second = int(found[1]), int(found[3])
    if first != second and first <= 12 and second <= 12:
        raise InvalidValue(N_("could be day and month or month and day: write it as 2017-08-31"))
    day, month = (first, second) if first > 12 or first == second else (second, first)
    return _day(found[4], str(month), str(day))


@lru_cache(maxsize=CELLS_CACHED)
def read_moment(cell: str, zone: str) -> datetime:
    """An instant from RFC 3339, or from a day or a day and a time on the clocks of `zone`."""
    written = unicodedata.normalize("NFKC", cell).strip()
    try:
        return parse_instant(written)
    except InvalidValue as reason:
        found = _WALL.fullmatch(written)
        if found is None:
            return local_instant(date.fromisoformat(read_day(written)), time(0), zone)
        hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise reason
        return local_instant(date.fromisoformat(read_day(found[1])), time(hour, minute, second), zone)


# -- inside ------------------------------------------------------------------------------------------------


def _consents(cells: Mapping[str, str], reading: Reading, faults: Faults) -> list[Statement]:
    said = {name: cells[name] for name in CONSENT_COLUMNS if cells.get(name, "").strip()}
    if not said:
        return []
    source: str | None = IMPORT_SOURCE
    if cells.get("consent_source", "").strip():
        source = faults.read("/consent_source", _read_source, cells["consent_source"])
    at: datetime | None = None
    if cells.get("consent_at", "").strip():
        at = faults.read("/consent_at", read_moment, cells["consent_at"], reading.zone)
        at = at and faults.read("/consent_at", rules.clean_declared_at, at, reading.now)
    states = {name: faults.read(f"/{name}", _read_state, cell) for name, cell in said.items()}
    return [Statement(*CONSENT_COLUMNS[name], state, source, at) for name, state in states.items() if state and source]


def _day(year: str, month: str, day: str) -> str:
    return parse_day(f"{year}-{int(month):02}-{int(day):02}").isoformat()


def _one_of(words: Mapping[str, str], reason: str) -> Callable[[str], str]:
    """A reader of cells that hold one of some words."""

    def read(cell: str) -> str:
        try:
            return words[text.fold(cell)]
        except KeyError:
            raise InvalidValue(reason) from None

    return lru_cache(maxsize=CELLS_CACHED)(read)


_read_source = lru_cache(maxsize=CELLS_CACHED)(rules.clean_consent_source)
_read_zone = lru_cache(maxsize=CELLS_CACHED)(normalise_time_zone)
_read_state = _one_of(_STATE_OF, N_("is neither granted nor denied"))


@lru_cache(maxsize=CELLS_CACHED)
def _read_language(cell: str) -> str:
    return _LANGUAGE_OF.get(text.fold(cell)) or normalise_language(cell)


@lru_cache(maxsize=CELLS_CACHED)
def _read_country(cell: str) -> str:
    return _countries_by_name().get(text.fold(cell)) or normalise_country(cell)


@cache
def _countries_by_name() -> Mapping[str, str]:
    return {
        text.fold(name): country.alpha_2
        for country in countries().values()
        for name in (country.name_en, country.name_zh)
    }


_CELLS: Mapping[str, Callable[[str], str]] = {
    "given_name": rules.clean_name,
    "family_name": rules.clean_name,
    "language": _read_language,
    "time_zone": _read_zone,
    "birth_date": read_day,
    "birthday_calendar": _one_of(_CALENDAR_OF, N_("is neither gregorian nor lunar")),
    "nationality": _read_country,
    "occupation": lambda cell: rules.clean_occupation(cell) or "",
}
