"""What people do in the year: managers make calls or do not, and guests who arrive say what they want to hear of.

The data know nothing of it, so shares say how often; which guest it is follows from their number. What comes of it is
not said here: the product judges it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import ConsentSettingIn
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service as outreach
from chalicelib.outreach.rules.calls import REASONS, Agreed, Told
from chalicelib.outreach.rules.silence import business_days_after
from chalicelib.outreach.service import queueing, tasks
from chalicelib.outreach.service.queueing import TaskFilter
from chalicelib.outreach.service.tasks import Task
from infra.demo.bookings import Hotel
from infra.demo.draws import Draw
from infra.demo.identities import UNASKED
from infra.demo.loading import SYSTEM
from infra.demo.year import houses
from infra.demo.year.part import Part, Person

# Of a hundred tasks so many are begun on the first working day, and so many only after they were due; the rest nobody
# comes to, and they expire. A manager who does everything would show nothing.
IN_TIME_PERCENT, LATE_PERCENT = 78, 10
LATE_DAYS_MAX = 5  # working days after the last one
# What a hundred calls end with; the rest of them has a wrong number.
OUTCOMES = (("reached", 58), ("no_answer", 25), ("callback", 8), ("declined", 5))
CALLED_BACK_AFTER_DAYS = 6
AGREED = (("letter", "Send the autumn programme"), ("gift", "A bottle from the valley"), ("call", "Ask again"))
AGREED_DAYS = 14

# Of a thousand guests who were never asked and arrive: so many agree to greetings, so many say no.
ASKED_GRANTED_PERMILLE, ASKED_DENIED_PERMILLE = 450, 100
CHRISTMAS_PERMILLE = 60  # of all who arrive: they keep Christmas, and say so
OWN_DAY_PERMILLE = 40  # of all who arrive: they tell a day of their own
OWN_DAY_NAME = "Wedding day"
PAGE = 100
ASKED_AT_ONCE = 100
SATURDAY = 5
DAYS_OF_YEAR = 365


class Roll:
    """Who is who: ids of guests by number, and back."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._ids: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def call(self, scope: Scope, people: Iterable[Person]) -> None:
        """Look up whoever of these is not known yet."""
        wanted = {one.identity.external_id: one.number for one in people if one.number not in self._ids}
        keys = [(SYSTEM, None, name) for name in wanted]
        for start in range(0, len(keys), ASKED_AT_ONCE):
            for key, guest_id in guests.ids_by_external(scope, keys[start : start + ASKED_AT_ONCE]).items():
                self._ids[wanted[str(key[2])]] = guest_id
                self._numbers[guest_id] = wanted[str(key[2])]

    def id(self, person: Person) -> str:
        """The id of a guest who was called."""
        return self._ids[person.number]

    def number(self, guest_id: str) -> int:
        """The number of a guest who was called."""
        return self._numbers[guest_id]

    def person(self, guest_id: str) -> Person:
        """The guest of an id who was called."""
        return self._part.people[self.number(guest_id)]


# -- guests ----------------------------------------------------------------------------------------------------


def welcome(scope: Scope, roll: Roll, people: Iterable[Person]) -> None:
    """Guests have arrived and are asked; asking the same guest again changes nothing."""
    for person in people:
        draw = Draw(f"welcome:{person.number}")
        said = _said(draw.below(1000))
        if said is not None and person.identity.email and person.identity.consent_greeting_email == UNASKED:
            body = ConsentSettingIn(state=said, source="front desk")
            guests.set_consent(scope, roll.id(person), "greeting", "email", body)
        festivals = ["christmas"] if draw.is_hit(CHRISTMAS_PERMILLE) else []
        days = []
        if draw.is_hit(OWN_DAY_PERMILLE):
            kept = date(1990 + draw.below(20), 1, 1) + timedelta(days=draw.below(DAYS_OF_YEAR))
            days.append(outreach.Told(OWN_DAY_NAME, kept, "gregorian"))
        if festivals or days:
            outreach.tell_days(scope, roll.id(person), days, festivals)


def _said(chance: int) -> Literal["granted", "denied"] | None:
    if chance < ASKED_GRANTED_PERMILLE:
        return "granted"
    return "denied" if chance < ASKED_GRANTED_PERMILLE + ASKED_DENIED_PERMILLE else None


# -- managers --------------------------------------------------------------------------------------------------


def work(roll: Roll, day: date) -> None:
    """What the managers do with their tasks on a day; nobody works at weekends. Doing a day again changes nothing."""
    if day.weekday() >= SATURDAY:
        return
    for hotel in Hotel:
        scope = houses.manager(hotel)
        for task in open_tasks(scope):
            number = roll.number(task.guest_id)
            begins = _begins(task, number)
            if begins is not None and begins <= day:
                tasks.note_attempt(scope, str(task.id), _told(task, number, day))


def open_tasks(scope: Scope) -> list[Task]:
    """What the caller still has to do, as the queue shows it."""
    found: list[Task] = []
    after = None
    while True:
        page = queueing.tasks_page(scope, TaskFilter(status="open"), limit=PAGE, after=after)
        found += page.items
        after = page.next
        if after is None:
            return found


def _begins(task: Task, number: int) -> date | None:
    """The day of the next attempt; None if nobody comes to it. A first attempt's lateness is drawn, a second one is
    made when it is due."""
    due_on = date.fromisoformat(str(task.due_on))
    if task.attempts:
        return due_on
    draw = Draw(f"task:{number}:{task.kind}:{task.opened_at}")
    chance = draw.below(100)
    if chance < IN_TIME_PERCENT:
        is_call = task.is_silence_call
        return working_day(from_sortable(str(task.opened_at)).date()) if is_call else working_day(due_on)
    if chance < IN_TIME_PERCENT + LATE_PERCENT:
        return business_days_after(due_on, 1 + draw.below(LATE_DAYS_MAX))
    return None


def working_day(day: date) -> date:
    """The day, or the first working day after it."""
    return day if day.weekday() < SATURDAY else business_days_after(day, 1)


def _told(task: Task, number: int, day: date) -> Told:
    """What came of an attempt."""
    if task.kind != "call":
        return Told("done")
    draw = Draw(f"attempt:{number}:{task.opened_at}:{len(task.attempts)}")
    chance, outcome = draw.below(100), "wrong_number"
    for name, percent in OUTCOMES:
        if chance < percent:
            outcome = name
            break
        chance -= percent
    if outcome == "reached" and task.asks_reason:
        kind, what = draw.pick(AGREED)
        return Told("reached", draw.pick(tuple(REASONS)), Agreed(kind, what, day + timedelta(days=AGREED_DAYS)))
    if outcome == "callback":
        return Told("callback", again_on=day + timedelta(days=CALLED_BACK_AFTER_DAYS))
    return Told(outcome)
