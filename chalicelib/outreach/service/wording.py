"""Days and numbers as a letter says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from chalicelib.kernel.calendars import format_day
from chalicelib.kernel.i18n import N_, translator

DAYS = ("arrival", "departure", "last_day")
NUMBERS = ("points",)
WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip


def in_words(said: Mapping[str, str], language: str) -> dict[str, str]:
    """Those of a message's facts that are days or numbers, in words; not told where they are empty."""
    days = {name: letter_day(date.fromisoformat(said[name]), language) for name in DAYS if said.get(name)}
    return days | {name: f"{int(said[name]):,}" for name in NUMBERS if said.get(name)}


def letter_day(day: date, language: str) -> str:
    """`Tuesday, 10 March 2026`, or `2026年3月10日（星期二）`."""
    weekday = translator(language).gettext(WEEKDAYS[day.weekday()])
    if language == "zh":
        return f"{format_day(day, language)}（{weekday}）"
    return f"{weekday}, {format_day(day, language)}"
