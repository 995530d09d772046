"""Festivals: when each is, and for whom.

A festival is everybody's, or that of those who are written to in some languages, or a religious one. Religious ones are
kept for guests who have said so themselves: neither a language nor a nationality tells what somebody believes. A
chain's own days (see `chain_days`) are festivals that it declares itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal, NamedTuple, get_args

from chalicelib.kernel.calendars import DEFAULT_LEAP_RULE, LeapRule
from chalicelib.kernel.calendars.lunar import LONG, LunarDay, kept_in, lunar_day
from chalicelib.kernel.i18n import N_, translator
from chalicelib.outreach.rules.timing import Yearly

FestivalName = Literal["new_year", "spring_festival", "dragon_boat", "mid_autumn", "christmas"]
FESTIVAL_NAMES: tuple[FestivalName, ...] = get_args(FestivalName)
LONG_AGO = 1904  # festivals are older than anything that is kept here; and it had a 29 February
ONE_DAY = timedelta(days=1)


class Festival(NamedTuple):
    """A festival. Without languages it is everybody's; one of a chain has words of its own, and may have bounds."""

    name: str
    label: str
    wish: str
    month: int
    day: int
    is_lunar: bool = False
    languages: tuple[str, ...] = ()
    is_religious: bool = False
    # A chain's own:
    words: Mapping[str, str] | None = None  # its name by language, which no catalogue knows
    keeps: str | None = None  # for those who have said that they keep this festival
    property_id: str | None = None  # for the guests of this property
    since: date | None = None
    until: date | None = None
    said_at: datetime | None = None  # when it was put where it is: an hour that had passed then is not made up for

    def yearly(self, leap_rule: LeapRule = DEFAULT_LEAP_RULE) -> Yearly:
        """When it is kept; on 29 February by the chain's rule."""
        if self.is_lunar:
            return Yearly(_long_ago(self.month, self.day), leap_rule, "lunar", self.since, self.until)
        return Yearly(date(LONG_AGO, self.month, self.day), leap_rule, "gregorian", self.since, self.until)

    def called(self, language: str) -> str:
        """Its name in a language; that of a chain's own in English where the chain has none in it."""
        if self.words is not None:
            return self.words.get(language) or self.words["en"]
        return translator(language).gettext(self.label)

    def wished(self, language: str) -> str:
        """What is wished, in a language; nothing on a chain's own."""
        return translator(language).gettext(self.wish) if self.wish else ""


@cache
def _long_ago(month: int, day: int) -> date:
    """A day on which a lunar day was, in a year whose month had as many days."""
    tried = (kept_in(year, LunarDay(year, month, day)) for year in range(LONG_AGO, LONG_AGO + LONG))
    return next(found for found in tried if lunar_day(found).day == day)


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


def kept_by(
    language: str | None, chosen: Collection[str], festivals: Iterable[Festival] = tuple(FESTIVALS.values())
) -> list[Festival]:
    """The festivals of a guest: those of their language, and those that they have chosen themselves."""
    spoken = (language or "").partition("-")[0].lower()
    return [
        one
        for one in festivals
        if one.name in chosen
        or (
            not one.is_religious
            and (one.keeps is None or one.keeps in chosen)
            and (not one.languages or spoken in one.languages)
        )
    ]


def asks_for_choice(festivals: Iterable[Festival]) -> bool:
    """Whether it has to be known what a guest has told, to say whose these festivals are."""
    return any(one.is_religious or one.keeps is not None for one in festivals)


def on_day(day: date, own: Iterable[Festival] = (), leap_rule: LeapRule = DEFAULT_LEAP_RULE) -> list[Festival]:
    """The festivals of a day: those that are everywhere, and of a chain's own ones those that are given."""
    return [one for one in (*FESTIVALS.values(), *own) if one.yearly(leap_rule).between(day, day)]


def next_day(after: date, own: Iterable[Festival] = (), leap_rule: LeapRule = DEFAULT_LEAP_RULE) -> date:
    """The first day after another on which there is a festival, a chain's own among them."""
    found = min(one.yearly().next_after(after) for one in FESTIVALS.values())
    days = (day for one in own for day in one.yearly(leap_rule).between(after + ONE_DAY, found))
    return min([found, *days])
