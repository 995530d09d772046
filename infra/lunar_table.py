"""Writes chalicelib/kernel/calendars/lunar_table.py from borax, a kept library for the Chinese calendar.

    python -m infra.lunar_table write|check

The months of two centuries are a kilobyte; the library and what it brings along are not. So what runs holds the
months, and the library stays with the tools.
"""

from __future__ import annotations

import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from borax.calendars.lunardate import LCalendars, LunarDate

PATH = Path(__file__).parent.parent / "chalicelib" / "kernel" / "calendars" / "lunar_table.py"
FIRST_YEAR, LAST_YEAR = 1900, 2100  # what the library knows
PER_LINE = 12

_HEAD = '''"""The months of the lunar years {first} to {last}, made by `python -m infra.lunar_table write`.

The data are those of borax {version}, MIT licence, copyright kinegratii, which takes them from the tables of the Hong
Kong Observatory.
"""

from __future__ import annotations

from datetime import date

FIRST_YEAR = {first}
FIRST_DAY = {day!r}  # the first day of the first year

# A word for a year, in hexadecimal: bits 0 to 11 say of the months 1 to 12 whether they have 30 days and not 29, bit 12
# the same of the leap month, and the bits above are the month that the leap month follows, 0 without one.
YEARS = """
{words}
"""
'''


def word_of(year: int) -> int:
    """The months of a year as bits."""
    bits = 0
    for month in range(1, 13):
        bits |= (LCalendars.ndays(year, month) == 30) << (month - 1)
    leap = LCalendars.leap_month(year)
    if leap:
        bits |= (LCalendars.ndays(year, leap, 1) == 30) << 12 | leap << 13
    return bits


def module_text() -> str:
    """The module as it has to be."""
    words = [f"{word_of(year):05x}" for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    lines = [" ".join(words[start : start + PER_LINE]) for start in range(0, len(words), PER_LINE)]
    first: date = LunarDate(FIRST_YEAR, 1, 1, 0).to_solar_date()
    day = f"date({first.year}, {first.month}, {first.day})"
    text = _HEAD.replace("{day!r}", day)
    return text.format(first=FIRST_YEAR, last=LAST_YEAR, version=version("borax"), words="\n".join(lines))


def main() -> int:
    """Write the module, or say whether it is what the library says."""
    if sys.argv[1:] == ["write"]:
        PATH.write_text(module_text(), encoding="utf-8")
        return 0
    return 0 if PATH.read_text(encoding="utf-8") == module_text() else 1


if __name__ == "__main__":
    sys.exit(main())
