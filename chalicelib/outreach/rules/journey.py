"""The journey of a stay: which messages a booking calls for, when each may leave, and which of them is next.

Nothing here is remembered but what was decided and what the guest was told. All else follows from the stay as it
stands now: a cancelled, shortened, moved or reversed stay has another journey at once, in whatever order it is heard.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from chalicelib.kernel.calendars import day_bounds, local_day, local_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.outreach.rules.timing import ONE_DAY, Quiet, Window, follow_up_window, moment_in

StepName = Literal["booking_confirmed", "stay_changed", "pre_arrival", "room_ready", "in_stay", "thanks", "milestone"]

STEPS: tuple[StepName, ...] = (
    "booking_confirmed",
    "stay_changed",
    "pre_arrival",
    "room_ready",
    "in_stay",
    "thanks",
    "milestone",
)
# What is told of a stay is told as it stands: whoever reads one of these knows days and room.
TELLING: frozenset[str] = frozenset({"booking_confirmed", "stay_changed", "pre_arrival", "room_ready"})
SETTLING = timedelta(minutes=10)  # several quick changes of a desk are one piece of news
CONFIRMED_WITHIN = timedelta(days=2)  # later a confirmation only makes a guest wonder
PRE_ARRIVAL_DAYS = 3
IN_STAY_HOUR = time(16)  # after a night and a day, and early enough to put something right before the evening
IN_STAY_NIGHTS_MIN = 2
MILESTONES = (5, 10, 25, 50, 100)


class Agreed(NamedTuple):
    """What a guest has to know of a stay. The room is known only once it was told."""

    arrival: str
    departure: str
    room_type: str | None = None
    room_number: str | None = None


@dataclass(frozen=True)
class View:
    """A stay, as far as its journey goes."""

    status: str
    agreed: Agreed
    created_at: datetime
    checked_out_at: datetime | None = None
    room_ready_at: datetime | None = None
    is_history: bool = False

    @property
    def arrival(self) -> date:
        """The day of arrival."""
        return date.fromisoformat(self.agreed.arrival)

    @property
    def departure(self) -> date:
        """The day of departure."""
        return date.fromisoformat(self.agreed.departure)


class House(NamedTuple):
    """The property's clock: its zone, the chain's hour, and when a business day closes."""

    zone: str
    hour: int
    close: time


@dataclass(frozen=True)
class Memory:
    """What is remembered of a journey: what the guest knows, and what was decided.

    `known` is of the stay's `version`; earlier news moves it back until something `was_told`. `news` is what differs
    from it, `news_at` when that was noticed. `changes` counts the news decided, `decided` names for each step what it
    was decided for.
    """

    known: Agreed | None = None
    version: int = 0
    was_told: bool = False
    news: Agreed | None = None
    news_at: datetime | None = None
    changes: int = 0
    decided: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """What is stored, apart from instants."""
        return {
            "known": list(self.known) if self.known else None,
            "version": self.version,
            "was_told": self.was_told,
            "news": list(self.news) if self.news else None,
            "changes": self.changes,
            "decided": dict(self.decided),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], news_at: datetime | None) -> Memory:
        """A stored memory."""
        return cls(
            Agreed(*stored["known"]) if stored.get("known") else None,
            int(stored.get("version", 0)),
            bool(stored.get("was_told")),
            Agreed(*stored["news"]) if stored.get("news") else None,
            news_at,
            int(stored.get("changes", 0)),
            dict(stored.get("decided") or {}),
        )


@dataclass(frozen=True)
class Step:
    """One message that a stay calls for. `anchor` is what it is decided for: once it is another, it is decided anew."""

    name: StepName
    anchor: str
    day: date
    window: Window


def as_in_house(view: View) -> View:
    """A booking as if the guest were there already."""
    return replace(view, status="in_house")


# -- which there are -------------------------------------------------------------------------------------------


def steps_of(view: View, house: House, memory: Memory) -> list[Step]:
    """Every step that the stay calls for as it stands, whether decided or not, in the order of the journey."""
    if view.is_history:
        return []
    if view.status == "booked":
        found = [_confirmation(view, house), _news(view, house, memory), _before(view, house), _room(view, house)]
    elif view.status == "in_house":
        found = [_news(view, house, memory), _inside(view, house)]
    elif view.status == "checked_out":
        found = [_after("thanks", view, house), _after("milestone", view, house)]
    else:
        found = []
    return [one for one in found if one is not None and one.window.opens < one.window.closes]


def ahead(steps: Sequence[Step], memory: Memory, now: datetime, since: Mapping[str, datetime]) -> list[Step]:
    """The steps to look at, the next one first: those that the chain has on (`since` when each acts), that are not
    decided, and not past. Of several whose time has come, news waits for one that tells days and room anyway.
    """
    left = [
        one
        for one in steps
        if one.name in since
        and one.window.opens >= since[one.name]
        and one.window.closes > now
        and memory.decided.get(one.name) != one.anchor
    ]
    return sorted(left, key=lambda one: (max(one.window.opens, now), one.name == "stay_changed"))


def _confirmation(view: View, house: House) -> Step | None:
    """What was booked, once. What a file brought in was confirmed by whoever took the booking (see `imported`)."""
    opens = view.created_at + SETTLING
    closes = min(view.created_at + CONFIRMED_WITHIN, day_bounds(view.arrival, house.zone)[1])
    return Step("booking_confirmed", "", local_day(opens, house.zone), Window(opens, closes))


def _news(view: View, house: House, memory: Memory) -> Step | None:
    """What has become different from what the guest knows, once it has settled; until it no longer helps."""
    if memory.news is None or memory.news_at is None:
        return None
    last = view.departure if view.status == "in_house" else view.arrival
    opens = memory.news_at + SETTLING
    window = Window(opens, day_bounds(last, house.zone)[1])
    return Step("stay_changed", str(memory.changes), local_day(opens, house.zone), window)


def _before(view: View, house: House) -> Step | None:
    """Some days before the arrival; on the day after the booking, for whoever books later than that."""
    booked_on = local_day(view.created_at, house.zone)
    day = max(view.arrival - PRE_ARRIVAL_DAYS * ONE_DAY, booked_on + ONE_DAY)
    window = Window(local_instant(day, time(house.hour), house.zone), day_bounds(view.arrival, house.zone)[0])
    return Step("pre_arrival", view.agreed.arrival, day, window)


def _room(view: View, house: House) -> Step | None:
    """The room is ready and the guest not there yet: on the day of arrival, and on no other."""
    if view.room_ready_at is None:
        return None
    starts, ends = day_bounds(view.arrival, house.zone)
    window = Window(max(view.room_ready_at, starts), ends)
    return Step("room_ready", view.agreed.arrival, view.arrival, window)


def _inside(view: View, house: House) -> Step | None:
    """The second day of whoever stays two nights or more."""
    if (view.departure - view.arrival).days < IN_STAY_NIGHTS_MIN:
        return None
    day = view.arrival + ONE_DAY
    window = Window(local_instant(day, IN_STAY_HOUR, house.zone), day_bounds(day, house.zone)[1])
    return Step("in_stay", view.agreed.arrival, day, window)


def _after(name: StepName, view: View, house: House) -> Step | None:
    """When the guest is home: the week in which the first stay's thanks would leave, too."""
    if view.checked_out_at is None:
        return None
    window = follow_up_window(view.checked_out_at, house.hour, house.zone, house.close)
    return Step(name, view.checked_out_at.isoformat(), local_day(window.opens, house.zone), window)


# -- what is remembered ----------------------------------------------------------------------------------------


def heard(memory: Memory, view: View, version: int, now: datetime, was: tuple[Agreed, int] | None = None) -> Memory:
    """The memory after a word of the stay. `was`: what it was before that word, and the version of then.

    Words come in any order: the earliest is what the guest knows, until a message has told something else.
    """
    base = was if was is not None else (view.agreed._replace(room_number=None), version)
    if memory.known is None or (not memory.was_told and memory.changes == 0 and base[1] < memory.version):
        memory = replace(memory, known=base[0], version=base[1])
    news = _different(memory.known, view)
    if news == memory.news:
        return memory
    return replace(memory, news=news, news_at=now if news is not None else None)


def _different(known: Agreed | None, view: View) -> Agreed | None:
    """What the guest does not know yet; None if nothing.

    A room's number matters once another was told, and only until the guest is there. Whoever is there sees their room,
    and knows when they came; when they are to leave they have to know.
    """
    if known is None or view.status not in ("booked", "in_house"):
        return None
    present = view.agreed
    if view.status == "in_house":
        return present if known.departure != present.departure else None
    is_same = known[:3] == present[:3] and (known.room_number is None or known.room_number == present.room_number)
    return None if is_same else present


def settled(memory: Memory, step: Step, view: View, *, was_claimed: bool) -> Memory:
    """The memory after a step was decided. News that was decided is known, sent or not: it is not tried again."""
    if step.name == "stay_changed":
        memory = replace(memory, changes=memory.changes + 1)
    else:
        memory = replace(memory, decided={**memory.decided, step.name: step.anchor})
    if step.name == "stay_changed" or (was_claimed and step.name in TELLING):
        memory = replace(memory, known=_told(memory, step, view), was_told=True, news=None, news_at=None)
    return memory


def _told(memory: Memory, step: Step, view: View) -> Agreed:
    """What the guest knows after a message: the number of the room only if it has named one."""
    names_room = step.name == "room_ready" or (memory.known is not None and memory.known.room_number is not None)
    return view.agreed if names_room else view.agreed._replace(room_number=None)


def imported(memory: Memory) -> Memory:
    """The memory of a booking that a file has brought: it is not confirmed by us."""
    return replace(memory, decided={"booking_confirmed": "", **memory.decided})


# -- after the stay --------------------------------------------------------------------------------------------


def message_after(
    rank: int, *, is_on: Collection[str], was_thanked: bool, milestones_told: Collection[int]
) -> StepName | None:
    """The one message after a guest's stay number `rank`; None where the first stay's own message speaks, or has."""
    if rank <= 1 or was_thanked:
        return None
    if rank in MILESTONES and rank not in milestones_told and "milestone" in is_on:
        return "milestone"
    return "thanks" if "thanks" in is_on else None


# -- the tone in house -----------------------------------------------------------------------------------------


def waits_in_house(
    purpose: str, leaves_at: datetime | None, window: Window, zone: str, quiet: Quiet
) -> tuple[bool, datetime | None]:
    """Whether a message has to keep silent because the guest is in house, and until when it may wait for that.

    Whoever is there is a guest, not a market: service and greetings go on, offers wait until the day of departure is
    over, and lapse if their own time is over by then. `leaves_at` None: nobody is in house.
    """
    if purpose != "marketing" or leaves_at is None:
        return False, None
    return True, moment_in(window, leaves_at, zone, quiet)
