"""Facts about the countries of the demo's guests: codes, languages, time zones, telephone ranges."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "countries.csv"
UNKNOWN_COUNTRY = "NULL"
CHINA_ALPHA2 = "CN"


@dataclass(frozen=True, slots=True)
class PhoneRange:
    """A run of numbers: the calling code and prefix are fixed, `digits` more are free."""

    prefix: str
    digits: int

    @property
    def size(self) -> int:
        """How many different numbers the range holds."""
        return int(10**self.digits)


@dataclass(frozen=True, slots=True)
class Country:
    """One country. languages and name_pools run in parallel; a repeated entry is drawn more often."""

    alpha3: str
    alpha2: str
    languages: tuple[str, ...]
    name_pools: tuple[str, ...]
    time_zones: tuple[str, ...]
    phone_ranges: tuple[PhoneRange, ...]


@cache
def countries() -> dict[str, Country]:
    """All countries by alpha-2 code."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return {row["alpha2"]: _country(row) for row in csv.DictReader(file)}


def alpha2_of(code: str) -> str | None:
    """The alpha-2 code for a code of the data; None for unknown. Raises KeyError on a strange code."""
    return _codes()[code]


@cache
def _codes() -> dict[str, str | None]:
    # The data write China both as CN and as CHN; everything else is alpha-3.
    codes: dict[str, str | None] = {country.alpha3: country.alpha2 for country in countries().values()}
    return codes | {CHINA_ALPHA2: CHINA_ALPHA2, UNKNOWN_COUNTRY: None}


def _country(row: dict[str, str]) -> Country:
    calling_code = row["calling_code"]
    ranges = (part.split(":") for part in row["phone_ranges"].split("|") if part)
    return Country(
        alpha3=row["alpha3"],
        alpha2=row["alpha2"],
        languages=_weighted(row["languages"]),
        name_pools=_weighted(row["name_pools"]),
        time_zones=_weighted(row["time_zones"]),
        phone_ranges=tuple(PhoneRange(f"+{calling_code}{prefix}", int(digits)) for prefix, digits in ranges),
    )


def _weighted(cell: str) -> tuple[str, ...]:
    """Unfold "a*3|b" to (a, a, a, b)."""
    values: list[str] = []
    for part in cell.split("|"):
        value, _, times = part.partition("*")
        values.extend([value] * int(times or 1))
    return tuple(values)
