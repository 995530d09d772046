"""Lives through the year: every day the clock goes on, what has changed comes in by files, and people do their part.

Running it again brings in everything as it stands, finds it all known, and changes nothing; one that was broken off
goes on with the day on which the clock stands.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from infra.demo.files import ImportFile
from infra.demo.loading import OUTCOMES, Wait, advance_to, load
from infra.demo.year import desk, houses
from infra.demo.year.desk import Roll
from infra.demo.year.part import Part

Look = Callable[[int], object]


@dataclass
class Lived:
    """What a run has done: rows of files by what became of them, and days."""

    part: Part
    roll: Roll
    is_new: bool
    rows: Counter[str] = field(default_factory=Counter)
    days: int = 0

    @property
    def changed(self) -> int:
        """How many records the files have changed."""
        return self.rows["created"] + self.rows["updated"]


def live(part: Part, folder: Path, *, wait: Wait = time.sleep, look: Look = lambda days: None) -> Lived:
    """Found the chain if it is not there, and live on from its day; `look` is told how many days are done."""
    is_new = not houses.exists()
    if is_new:
        houses.found(part.span.history)
    lived = Lived(part, Roll(part), is_new)
    today = houses.scope().now.date()
    _bring_in(lived, part.write_known(folder, today), wait)
    lived.roll.call(houses.scope(), [one for one in part.people.values() if one.told_on <= today])
    if not is_new and today > part.span.history:
        _act(lived, today)  # a run may have been broken off between the day's files and what people did on it
    for number, day in enumerate(part.span.days_after(today), start=1):
        _live_day(lived, day, folder, wait)
        look(number)
    return lived


def _live_day(lived: Lived, day: date, folder: Path, wait: Wait) -> None:
    if day == houses.MONTHLY_FROM:
        houses.write_monthly(houses.scope())
    advance_to(houses.scope(), houses.close_of(day), wait=wait)
    files = lived.part.write_changes(folder, day)
    _bring_in(lived, files, wait)
    for file in files:
        file.path.unlink()
    lived.roll.call(houses.scope(), [one for those in lived.part.changes(day).guests.values() for one in those])
    _act(lived, day)
    lived.days += 1


def _bring_in(lived: Lived, files: list[ImportFile], wait: Wait) -> None:
    for file in files:
        found = load(houses.scope(), file, houses=houses.HOUSES, wait=wait)
        lived.rows.update({name: found[name] for name in OUTCOMES})


def _act(lived: Lived, day: date) -> None:
    """What people do on a day, once its news are in."""
    arrived = [
        person
        for those in lived.part.changes(day).stays.values()
        for person, booking in those
        if booking.is_completed and booking.arrival == day
    ]
    desk.welcome(houses.scope(), lived.roll, arrived)
    desk.work(lived.roll, day)
