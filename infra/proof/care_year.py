"""A year of care: guests come, come often, and stay away, and a chain that owes them something lives through it.

    python -m infra.proof.care_year --guests 60 --compare

Prints care compliance and the reasons for every silence. With `--compare` the same year is lived once more, month by
month: ids apart, every obligation has to be the same, closed at the same instant by the same evidence.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chalicelib.guests import service as guests
from chalicelib.outreach.service import compliance
from chalicelib.outreach.service.compliance import ObligationFilter
from infra.demo import care
from infra.proof import inside, year
from infra.proof.account import say
from infra.proof.chains import break_ground
from infra.proof.year import DAY, DAYS, HOUSE_ZONES, MORNING, Life, WorkOff

MONTH_DAYS = 30
REGULAR_EVERY, RETURNS_EVERY = 5, 3  # every so many guests: one who comes often, and one who comes back once
COMES_DAYS = range(20, 200, 24)  # when those who come often leave again: for half of the year
RETURNS_DAY = 130
SHOWN_DIFFERENCES = 10
LISTED_AT_ONCE = 100

Story = Counter[tuple[str, ...]]


def live(starts_at: datetime, count: int, work_off: WorkOff, *, stride: int) -> Life:
    """Found a chain that owes all four rules, with its guests, and let a year pass, in advances of so many days."""
    life = Life(break_ground(starts_at=starts_at, zones=HOUSE_ZONES, greeting_hour=10), work_off)
    care.promise(life.ground.hq)
    work_off()
    year.settle_in(life, count)
    stops: list[tuple[datetime, Callable[[Life], None]]] = [
        (starts_at + days * DAY, lambda _: None) for days in (*range(stride, DAYS, stride), DAYS)
    ]
    at_five = timedelta(hours=-3, minutes=7)  # before anything of the day is sent
    for days in COMES_DAYS:
        stops.append((starts_at + days * DAY + at_five, lambda one: _leave(one, range(1, count, REGULAR_EVERY))))
    stops.append((starts_at + RETURNS_DAY * DAY + at_five, lambda one: _leave(one, range(0, count, RETURNS_EVERY))))
    for at, act in sorted(stops, key=lambda one: one[0]):
        life.advance(at)
        act(life)
        work_off()
    return life


def _leave(life: Life, numbers: range) -> None:
    """Stays of some guests end today, at their houses."""
    for number in numbers:
        year.stay(life, str(life.guest(number).id), number % len(life.ground.houses))


def story_of(life: Life) -> Story:
    """All that was owed and what became of it, without ids."""
    found: Story = Counter()
    names = {str(one.id): f"house {place}" for place, one in enumerate(life.ground.houses)}
    after = None
    while True:
        page = compliance.obligations_page(life.ground.hq, ObligationFilter(), limit=LISTED_AT_ONCE, after=after)
        people = guests.find_many(life.ground.hq, {one.guest_id for one in page.items})
        for one in page.items:
            found[
                str(people[one.guest_id].family_name),
                str(one.occurrence),
                str(one.status),
                str(one.reason),
                str(one.due_on),
                str(one.opened_at),
                str(one.closed_at),
                names.get(str(one.property_id), ""),
                str([each["at"] for each in one.evidence]),
            ] += 1
        after = page.next
        if after is None:
            return found


def differences(at_once: Story, by_months: Story) -> list[str]:
    """What one year has and the other has not."""
    found = [f"only at once: {one}" for one in at_once - by_months]
    return found + [f"only by months: {one}" for one in by_months - at_once]


def main() -> int:
    """The year, its figures, and whether it is the same by months; the exit status."""
    parser = argparse.ArgumentParser(description="Live through a year of care and print what became of it.")
    parser.add_argument("--guests", type=int, default=60)
    parser.add_argument("--start", default="2027-03-10", help="first day of the year")
    parser.add_argument("--compare", action="store_true", help="live it month by month as well")
    asked = parser.parse_args()
    starts_at = datetime.fromisoformat(asked.start).replace(tzinfo=UTC) + MORNING
    inside.stand_up()
    began = time.monotonic()
    life = live(starts_at, asked.guests, inside.work_off, stride=DAYS)
    ends_at = life.ground.hq.now
    care.tell(life.ground.hq, say, starts_at.date(), ends_at.date())
    story = story_of(life)
    say(f"{story.total()} obligations in {time.monotonic() - began:.1f} s")
    if not asked.compare:
        return 0
    by_months = live(starts_at, asked.guests, inside.work_off, stride=MONTH_DAYS)
    found = differences(story, story_of(by_months))
    for difference in found[:SHOWN_DIFFERENCES]:
        say(f"  WRONG: {difference}")
    say("Month by month the year is the same." if not found else f"The two years differ in {len(found)} places.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
