"""Tasks for people: what may be noted about one, what that makes of it, and why guests stay away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Literal, NamedTuple, get_args

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, FieldError, Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.rules.silence import business_days_after

Kind = Literal["call", "letter", "gift", "visit"]
TaskStatus = Literal["open", "done", "cancelled", "expired"]
Outcome = Literal["reached", "no_answer", "callback", "wrong_number", "declined", "done", "not_possible"]
Change = Literal["assigned", "cancelled"]
Reason = Literal[
    "product", "service", "price", "people", "process", "place", "moved_away", "no_need", "other"
]  # fmt: skip
StrategyStatus = Literal["planned", "running", "ended"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TASK_STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REASONS: tuple[Reason, ...] = get_args(Reason)

OF_A_CALL: tuple[Outcome, ...] = ("reached", "no_answer", "callback", "wrong_number", "declined")
OF_THE_OTHERS: tuple[Outcome, ...] = ("done", "not_possible")
TRIED_AGAIN: frozenset[str] = frozenset({"no_answer", "callback"})
TRIES_MAX = 3  # the first, and two more
EXPIRES_AFTER_DAYS = 14  # past its due day a task is no longer what it was opened for
AHEAD_DAYS_MAX = 366  # of what is agreed with a guest

SILENCE = "silence"  # the cause of calls that R1 opens: `silence#<stay>`
FOLLOW_UP = "follow_up"
MANUAL = "manual"
# What is told of a call that somebody has cancelled by hand: what was owed by it is owed all the same, or the figures
# would look best where nobody calls.
GIVEN_UP = "given_up"
ASSIGNED, CANCELLED = "assigned", "cancelled"

# The value activities that a guest can have missed something in; the last three lie with the guest.
REASON_LABELS: dict[str, str] = {
    "product": N_("Product: room, food, facilities"),
    "service": N_("Service: what was done and how quickly"),
    "price": N_("Price and value"),
    "people": N_("People: how the guest was treated"),
    "process": N_("Process: booking, check-in, invoice"),
    "place": N_("Place: location and way there"),
    "moved_away": N_("Moved away"),
    "no_need": N_("No need to travel here at present"),
    "other": N_("Another reason"),
}
KIND_LABELS: dict[str, str] = {
    "call": N_("Call"),
    "letter": N_("Letter"),
    "gift": N_("Gift"),
    "visit": N_("Visit in person"),
}
OUTCOME_LABELS: dict[str, str] = {
    "reached": N_("Reached"),
    "no_answer": N_("No answer"),
    "callback": N_("Asked to be called back"),
    "wrong_number": N_("Wrong number"),
    "declined": N_("Does not want to be called"),
    "done": N_("Done"),
    "not_possible": N_("Could not be done"),
}
STATUS_LABELS: dict[str, str] = {
    "open": N_("Open"),
    "done": N_("Closed"),
    "cancelled": N_("Cancelled"),
    "expired": N_("Expired"),
}
# What guests have in common who are at risk for the same reason, beside the property. None: it is the guest's own.
SHARED_BY_REASON: dict[str, str | None] = {
    "product": "room_type",
    "service": "property",
    "price": "channel",
    "people": "property",
    "process": "channel",
    "place": "property",
    "moved_away": None,
    "no_need": None,
    "other": None,
}


class TaskClosed(Conflict):
    """Nothing more can be noted about a task that is closed."""

    type, title = "task_closed", N_("This task is closed")


class Agreed(NamedTuple):
    """What was agreed with a guest, and until when."""

    kind: str
    what: str
    due_on: date


@dataclass(frozen=True)
class Told:
    """What somebody notes about one attempt."""

    outcome: str
    reason: str | None = None
    agreed: Agreed | None = None
    again_on: date | None = None
    note: str = ""


class Verdict(NamedTuple):
    """What an attempt makes of its task: closed, or due again on a day."""

    is_closed: bool
    due_on: date | None = None


def outcomes_of(kind: str) -> tuple[Outcome, ...]:
    """What may become of a task of a kind."""
    return OF_A_CALL if kind == "call" else OF_THE_OTHERS


def check(told: Told, *, kind: str, asks_reason: bool, today: date) -> None:
    """Raise Invalid with every fault in what is told about a task of a kind."""
    faults: list[FieldError] = []
    if told.outcome not in outcomes_of(kind):
        faults.append(FieldError("/outcome", N_("This is no outcome of a task of this kind.")))
    if told.outcome == "reached" and asks_reason:
        if told.reason is None:
            faults.append(FieldError("/reason", N_("Note why the guest stays away."), "required"))
        if told.agreed is None:
            faults.append(FieldError("/agreed", N_("Note what was agreed, and until when."), "required"))
    if told.reason is not None and told.outcome != "reached":
        faults.append(FieldError("/reason", N_("A reason is noted when the guest was reached.")))
    if told.agreed is not None and told.outcome not in ("reached", "done"):
        faults.append(FieldError("/agreed", N_("Something is agreed when the guest was reached.")))
    if told.agreed is not None and (problem := day_problem(told.agreed.due_on, today)):
        faults.append(FieldError("/agreed/due_on", problem))
    if told.again_on is not None:
        problem = day_problem(told.again_on, today)
        if told.outcome not in TRIED_AGAIN:
            problem = N_("Only a call that was not answered, or is to be made later, has another day.")
        if problem:
            faults.append(FieldError("/again_on", problem))
    if faults:
        raise Invalid(errors=tuple(faults))


def verdict(told: Told, outcomes_before: Sequence[str], today: date) -> Verdict:
    """What becomes of a task: two more tries where nobody was reached, then it is closed."""
    if told.outcome not in TRIED_AGAIN:
        return Verdict(is_closed=True)
    if 1 + sum(1 for one in outcomes_before if one in TRIED_AGAIN) >= TRIES_MAX:
        return Verdict(is_closed=True)
    return Verdict(False, told.again_on or business_days_after(today, 1))


def counted(reasons: Collection[str]) -> dict[str, int]:
    """How often each reason was told, in the order of the reasons."""
    return {name: sum(1 for one in reasons if one == name) for name in REASONS}


def day_problem(day: date, today: date) -> str | None:
    """What is wrong with a day on which something is to be done; None if nothing is."""
    if day < today:
        return N_("This day has passed.")
    if (day - today).days > AHEAD_DAYS_MAX:
        return N_("This day is more than a year ahead.")
    return None
