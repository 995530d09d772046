"""A year at once and a year day by day: the same guests, the same stays, and in the end the same outbox.

    python -m infra.proof.year --guests 60 --start 2027-03-10

Two test chains get the same data. One lets its clock run in as few advances as can be: one if nothing comes in on the
way, else from one input to the next. The other advances 365 times by a day. Ids apart, every message has to be the
same, at the same instant of the chain's clock, and so has every decision with its reason.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn, GuestPatch
from chalicelib.kernel import testclock
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from infra.local.inprocess import Engine
from infra.proof import account, inside
from infra.proof.account import say
from infra.proof.chains import SYSTEM, Ground, break_ground, bring_in

DAYS = 365
MORNING = timedelta(hours=8)
DAY = timedelta(days=1)
HOUSE_ZONES = ("Europe/Lisbon", "Asia/Shanghai", "America/New_York")
GUEST_ZONES = (None, "Pacific/Kiritimati", "America/Los_Angeles", "Australia/Lord_Howe", None, "Asia/Kathmandu")
LANGUAGES = ("en", "zh", "fr")
INPUT_DAYS = (3, 41, 97, 160, 228, 300)  # days of the year on which something comes in from outside
SHOWN_DIFFERENCES = 10

_LINK = re.compile(r"https?://[^\s\"'<>]+")  # a link to stop messages names its guest
_ID = re.compile(r"\b(chn|gst|dlv|prp|sty)_[0-9a-hjkmnp-tv-z]{26}\b")

Input = tuple[datetime, Callable[["Life"], None]]
WorkOff = Callable[[], object]


@dataclass
class Life:
    """One chain that lives through the year."""

    ground: Ground
    work_off: WorkOff

    def advance(self, to: datetime) -> None:
        """One advance, with all that it brings."""
        testclock.request_advance(self.ground.hq, to=to)
        self.work_off()

    def guest(self, number: int) -> Any:
        """A guest by number."""
        house = str(self.ground.houses[number % len(self.ground.houses)].id)
        found = guests.ids_by_external(self.ground.hq, [(SYSTEM, house, f"Y-{number}")])
        return guests.get(self.ground.hq, next(iter(found.values())))


def live(starts_at: datetime, count: int, work_off: WorkOff, inputs: Iterable[Input], *, stride: int) -> Life:
    """Found a chain with its guests and stays and let a year pass, in advances of so many days at most."""
    life = Life(break_ground(starts_at=starts_at, zones=HOUSE_ZONES, greeting_hour=10), work_off)
    settle_in(life, count)
    ends_at = starts_at + DAYS * DAY
    stops: list[Input] = sorted(inputs, key=lambda one: one[0])
    stops += [(starts_at + days * DAY, lambda _: None) for days in range(stride, DAYS, stride)]
    for at, act in sorted(stops, key=lambda one: one[0]):
        life.advance(at)
        act(life)
    life.advance(ends_at)
    if life.ground.hq.now != ends_at:
        raise RuntimeError(f"the clock stands at {life.ground.hq.now}, not at {ends_at}")
    return life


# -- what is known at the beginning ----------------------------------------------------------------------------


def settle_in(life: Life, count: int) -> None:
    """The guests, by API, and their stays: over long ago by import, or over just now by API."""
    hq, houses = life.ground.hq, life.ground.houses
    for number in range(count):
        house = number % len(houses)
        made = guests.create(hq, GuestIn.model_validate(guest_body(number, str(houses[house].id))))
        if number % 4 == 1:
            stay(life, str(made.id), house)
    old = [number for number in range(count) if number % 4 == 2]
    for house in range(len(houses)):
        rows = [stay_row(number, hq.now) for number in old if number % len(houses) == house]
        if rows:
            bring_in(life.ground, "stays", rows, house=house)
    life.work_off()


def guest_body(number: int, house: str) -> dict[str, Any]:
    """A guest: birthdays all over the year, every tenth on 29 February, some silent for one reason or another."""
    day = datetime(2001, 1, 1, tzinfo=UTC) + number * 6 * DAY
    year = 2015 if number % 17 == 16 else 1990
    born = "1992-02-29" if number % 10 == 9 else day.replace(year=year).date().isoformat()
    state = {3: None, 6: "denied"}.get(number % 9, "granted")
    consents = [{"purpose": "greeting", "channel": "email", "state": state, "source": "front desk"}] if state else []
    name = "shared" if number % 13 == 12 else f"guest{number}"
    return {
        "given_name": "Ana",
        "family_name": f"Silva {number}",
        "emails": [f"{name}@guests.example"],
        "phones": [],
        "language": LANGUAGES[number % len(LANGUAGES)],
        "birth_date": born,
        "time_zone": GUEST_ZONES[number % len(GUEST_ZONES)],
        "home_property_id": house,
        "external_ids": [{"system": SYSTEM, "property_id": house, "id": f"Y-{number}"}],
        "consents": consents,
        "is_do_not_greet": number % 19 == 18,
    }


def stay(life: Life, guest_id: str, house: int, **fields: Any) -> None:
    """A stay that ends today, told by API."""
    today = life.ground.hq.now.date()
    values = {
        "guest_id": guest_id,
        "property_id": str(life.ground.houses[house].id),
        "status": "checked_out",
        "arrival": (today - 2 * DAY).isoformat(),
        "departure": today.isoformat(),
        **fields,
    }
    stays.record(life.ground.hq, StayIn.model_validate(values))


def stay_row(number: int, now: datetime, *, is_over: bool = True, version: int = 1) -> dict[str, str]:
    """A stay as a row of a file: one of last year, or one that is to end on the first input day."""
    departure = (now - 300 * DAY if is_over else now).date()
    return {
        "external_id": f"YS-{number}-{departure.year}",
        "guest_external_id": f"Y-{number}",
        "arrival_date": (departure - 3 * DAY).isoformat(),
        "departure_date": departure.isoformat(),
        "status": "checked_out" if is_over or version > 1 else "in_house",
        "currency": "EUR",
        "source_version": str(version),
    }


# -- what comes in on the way ----------------------------------------------------------------------------------


def inputs_of(starts_at: datetime, count: int) -> list[Input]:
    """Changes from outside, each at its instant."""
    at = [starts_at + days * DAY + timedelta(hours=5, minutes=7) for days in INPUT_DAYS]

    def stays_end(life: Life) -> None:
        for number in range(3, count, 8):
            stay(life, str(life.guest(number).id), number % len(life.ground.houses))

    def files_come(life: Life) -> None:
        for house in range(len(life.ground.houses)):
            numbers = [number for number in range(4, count, 8) if number % len(life.ground.houses) == house]
            for version in (1, 2):
                rows = [stay_row(one, life.ground.hq.now, is_over=False, version=version) for one in numbers]
                if rows:
                    bring_in(life.ground, "stays", rows, house=house)
                life.work_off()

    def guests_change(life: Life) -> None:
        for number, fields in enumerate(CHANGES):
            if number < count:
                known = life.guest(number)
                guests.update(life.ground.hq, known.id, GuestPatch.model_validate(fields), int(known.version))

    def guests_come(life: Life) -> None:
        for number in range(count, count + 5):
            house = str(life.ground.houses[number % len(life.ground.houses)].id)
            body = guest_body(number, house) | {"birth_date": life.ground.hq.now.replace(year=1985).date().isoformat()}
            guests.create(life.ground.hq, GuestIn.model_validate(body))

    return [(at[0], stays_end), (at[1], files_come), (at[2], guests_change), (at[3], guests_come), (at[4], stays_end)]


CHANGES: tuple[dict[str, Any], ...] = (
    {"birth_date": "1990-11-30"},
    {"time_zone": "Asia/Tokyo"},
    {"emails": ["another2@guests.example"]},
    {"language": "zh"},
    {"birth_date": None},
)


# -- what came of it -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """All that a chain sent and decided, without ids."""

    messages: Counter[tuple[str, ...]]
    decisions: Counter[tuple[str, ...]]

    def differences(self, other: Story) -> list[str]:
        """What one has and the other has not."""
        found = []
        for name in ("messages", "decisions"):
            ours, theirs = getattr(self, name), getattr(other, name)
            found += [f"only at once: {one[:5]}" for one in (ours - theirs)]
            found += [f"only by steps: {one[:5]}" for one in (theirs - ours)]
        return found


def story_of(life: Life, engine: Engine) -> Story:
    """What a chain sent and decided."""
    chain_id = life.ground.chain_id
    messages = Counter(message_of(entry) for entry in engine.outbox() if entry["chain_id"] == chain_id)
    names = {str(one.id): f"house {place}" for place, one in enumerate(life.ground.houses)}
    decisions: Counter[tuple[str, ...]] = Counter()
    for one in account.deliveries(life.ground.hq):
        guest = guests.find(life.ground.hq, one.guest_id)
        decisions[
            str(guest.family_name if guest else ""),
            one.occurrence,
            one.day,
            one.status,
            str(one.reason),
            one.decided_at,
            names.get(str(one.property_id), ""),
            str(one.channel),
            str(one.language),
            str(sorted(one.marks.items())),
        ] += 1
    return Story(messages, decisions)


def message_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """A message as a person sees it."""
    parsed: Any = message_from_string(entry["raw"], policy=policy.default)
    parts = [plain(parsed.get_body((kind,)).get_content()) for kind in ("plain", "html")]
    return (entry["recipient"], str(parsed["Subject"]), str(entry["chain_time"]), str(parsed["From"]), *parts)


def plain(text: str) -> str:
    """Text in which no id is left."""
    return _ID.sub(r"\1", _LINK.sub("LINK", text))


def compare(
    engine: Engine, work_off: WorkOff, starts_at: datetime, count: int, *, with_inputs: bool, stride: int = 1
) -> list[str]:
    """Live the year at once, and in advances of `stride` days, and say what differs."""
    inputs = inputs_of(starts_at, count) if with_inputs else []
    stories = []
    for days in (DAYS, stride):
        began = time.monotonic()
        life = live(starts_at, count, work_off, inputs, stride=days)
        story = story_of(life, engine)
        stories.append(story)
        seconds = time.monotonic() - began
        by_status = Counter(one[3] for one in story.decisions.elements())
        reasons = Counter(one[4] for one in story.decisions.elements() if one[3] == "skipped")
        say(f"  {'at once' if days == DAYS else 'step by step'}: {story.messages.total()} messages, {dict(by_status)}")
        say(f"    skipped {dict(reasons)}; {seconds:.1f} s")
    at_once, by_steps = stories
    found = at_once.differences(by_steps)
    if not at_once.messages or not at_once.decisions:
        found.append("nothing happened in that year")
    return found


def main() -> int:
    """Both years, without and with input on the way; the exit status."""
    parser = argparse.ArgumentParser(description="Compare a year at once with a year day by day.")
    parser.add_argument("--guests", type=int, default=60)
    parser.add_argument("--start", default="2027-03-10", help="first day of the year; the default has a 29 February")
    asked = parser.parse_args()
    starts_at = datetime.fromisoformat(asked.start).replace(tzinfo=UTC) + MORNING
    engine = inside.stand_up()
    found = []
    for with_inputs in (False, True):
        say("With input on the way:" if with_inputs else "Without input on the way:")
        found += compare(engine, inside.work_off, starts_at, asked.guests, with_inputs=with_inputs)
    for difference in found[:SHOWN_DIFFERENCES]:
        say(f"  WRONG: {difference}")
    say("The two years are the same." if not found else f"The two years differ in {len(found)} places.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
