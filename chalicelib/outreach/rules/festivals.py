"""Festivals: when each is, and for whom.

A festival is everybody's, or that of those who are written to in some languages, or a religious one. Religious ones are
kept for guests who have said so themselves: neither a language nor a nationality tells what somebody believes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Literal, NamedTuple, get_args

from chalicelib.kernel.calendars.lunar import LunarDay, kept_in
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.rules.timing import Yearly

FestivalName = Literal["new_year", "spring_festival", "dragon_boat", "mid_autumn", "christmas"]
FESTIVAL_NAMES: tuple[FestivalName, ...] = get_args(FestivalName)
LONG_AGO = 1901  # festivals are older than anything that is kept here


class Festival(NamedTuple):
    """A festival. Without languages it is everybody's."""

    name: FestivalName
    label: str
    wish: str
    month: int
    day: int
    is_lunar: bool = False
    languages: tuple[str, ...] = ()
    is_religious: bool = False

    @property
    def yearly(self) -> Yearly:
        """When it is kept."""
        if self.is_lunar:
            return Yearly(kept_in(LONG_AGO, LunarDay(LONG_AGO, self.month, self.day)), calendar="lunar")
        return Yearly(date(LONG_AGO, self.month, self.day))


FESTIVALS: dict[str, Festival] = {
    one.name: one
    for one in (
        Festival("new_year", N_("New Year"), N_("May the new year be a good one for you and yours."), 1, 1),
        Festival(
            "spring_festival", N_("Spring Festival"), N_("May the new year bring you health, joy and good fortune."),
            1, 1, is_lunar=True, languages=("zh",),
        ),
        Festival(
            "dragon_boat", N_("Dragon Boat Festival"), N_("May you and your family be safe and well."), 5, 5,
            is_lunar=True, languages=("zh",),
        ),
        Festival(
            "mid_autumn", N_("Mid-Autumn Festival"), N_("May the full moon find your family together."), 8, 15,
            is_lunar=True, languages=("zh",),
        ),
        Festival(
            "christmas", N_("Christmas"), N_("We wish you peaceful days with those you love."), 12, 25,
            is_religious=True,
        ),
    )
}  # fmt: skip
RELIGIOUS = frozenset(name for name, one in FESTIVALS.items() if one.is_religious)


def kept_by(language: str | None, chosen: Collection[str]) -> list[Festival]:
    """The festivals of a guest: those of their language, and those that they have chosen themselves."""
    spoken = (language or "").partition("-")[0].lower()
    return [
        one
        for one in FESTIVALS.values()
        if one.name in chosen or (not one.is_religious and (not one.languages or spoken in one.languages))
    ]


def names_on(day: date) -> list[str]:
    """The festivals of a day."""
    return [one.name for one in FESTIVALS.values() if one.yearly.day_in(one.yearly.year_of(day)) == day]


def next_day(after: date, names: Iterable[str] = tuple(FESTIVALS)) -> date:
    """The first day after another on which there is a festival."""
    return min(FESTIVALS[name].yearly.next_after(after) for name in names)
