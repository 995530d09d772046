"""How pages put days, languages and names of houses: the small words that every page of the portal shares."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.kernel.calendars import format_day
from chalicelib.kernel.i18n import N_, supported_language, translator
from chalicelib.kernel.languages import countries, country_name

WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)

# What guests of hotels commonly speak. A language that is not here shows as its tag.
LANGUAGES = {
    "ar": N_("Arabic"),
    "bg": N_("Bulgarian"),
    "bn": N_("Bengali"),
    "ca": N_("Catalan"),
    "cs": N_("Czech"),
    "da": N_("Danish"),
    "de": N_("German"),
    "el": N_("Greek"),
    "en": N_("English"),
    "es": N_("Spanish"),
    "et": N_("Estonian"),
    "fa": N_("Persian"),
    "fi": N_("Finnish"),
    "fr": N_("French"),
    "he": N_("Hebrew"),
    "hi": N_("Hindi"),
    "hr": N_("Croatian"),
    "hu": N_("Hungarian"),
    "id": N_("Indonesian"),
    "is": N_("Icelandic"),
    "it": N_("Italian"),
    "ja": N_("Japanese"),
    "ko": N_("Korean"),
    "lt": N_("Lithuanian"),
    "lv": N_("Latvian"),
    "ms": N_("Malay"),
    "nb": N_("Norwegian"),
    "nl": N_("Dutch"),
    "no": N_("Norwegian"),
    "pl": N_("Polish"),
    "pt": N_("Portuguese"),
    "ro": N_("Romanian"),
    "ru": N_("Russian"),
    "sk": N_("Slovak"),
    "sl": N_("Slovenian"),
    "sr": N_("Serbian"),
    "sv": N_("Swedish"),
    "th": N_("Thai"),
    "tr": N_("Turkish"),
    "uk": N_("Ukrainian"),
    "vi": N_("Vietnamese"),
    "zh": N_("Chinese"),
}
SCRIPTS = {"Hans": N_("Simplified"), "Hant": N_("Traditional")}


def weekday(day: date, language: str) -> str:
    """`Wednesday`, or `星期三`."""
    return translator(language).gettext(WEEKDAYS[day.weekday()])


def long_day(day: date, language: str) -> str:
    """`Wednesday, 4 March 2026`, or `2026年3月4日 星期三`."""
    if _is_chinese(language):
        return f"{format_day(day, language)} {weekday(day, language)}"
    return f"{weekday(day, language)}, {format_day(day, language)}"


def month(day: date, language: str) -> str:
    """The month of a day: `March 2026`, or `2026年3月`."""
    whole = format_day(day, language)
    return whole.partition("月")[0] + "月" if _is_chinese(language) else whole.partition(" ")[2]


def short_day(day: date, language: str) -> str:
    """A day whose year goes without saying: `4 March`, or `3月4日`."""
    whole = format_day(day, language)
    return whole.partition("年")[2] if _is_chinese(language) else whole.rpartition(" ")[0]


def span_of_days(first: date, last: date, language: str) -> str:
    """From a day to another: `4–7 March 2026`, `28 February – 2 March 2026`, `2026年3月4日至7日`."""
    if first == last:
        return format_day(first, language)
    if _is_chinese(language):
        if first.year != last.year:
            end = format_day(last, language)
        else:
            end = f"{last.day}日" if first.month == last.month else short_day(last, language)
        return f"{format_day(first, language)}至{end}"
    if first.year != last.year:
        return f"{format_day(first, language)} – {format_day(last, language)}"
    if first.month != last.month:
        return f"{short_day(first, language)} – {format_day(last, language)}"
    return f"{first.day}–{format_day(last, language)}"


def language_name(tag: str, language: str) -> str:
    """`Portuguese (Brazil)`, `Chinese (Simplified)`; the tag itself for a language that has no name here."""
    base, *parts = tag.split("-")
    if base not in LANGUAGES:
        return tag
    say = translator(language).gettext
    named = [_part_name(part, language) for part in parts]
    inside = [name for name in named if name]
    name = say(LANGUAGES[base])
    if not inside:
        return name
    return f"{name}（{'，'.join(inside)}）" if _is_chinese(language) else f"{name} ({', '.join(inside)})"


def house_name(house: Any, language: str) -> str:
    """A property's name for readers of `language`."""
    names = house.names or {}
    return str(names.get(supported_language(language)) or house.name)


def initials(given: str, family: str) -> str:
    """What stands in for a picture: two letters of a Latin name, the family name of a Chinese one."""
    if family and not family.isascii() and len(family) <= 2:
        return family
    return "".join(part[0].upper() for part in (given, family) if part)


def _part_name(part: str, language: str) -> str | None:
    if part in SCRIPTS:
        return translator(language).gettext(SCRIPTS[part])
    return country_name(part, language) if part in countries() else None


def _is_chinese(language: str) -> bool:
    return supported_language(language) == "zh"


def file_size(size: int) -> str:
    """About how large a file is, in whole kilobytes or tenths of megabytes; the same in every language."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1_000))} kB"
