"""The year's books: all of it read back through the product's services and the outbox, and whether it is even."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service as outreach
from chalicelib.outreach.rules import obligations as rules
from chalicelib.outreach.rules.care import BLESSINGS_MINIMUM
from chalicelib.outreach.rules.silence import CALLS_MAX
from chalicelib.outreach.rules.vocabulary import REASONS
from chalicelib.outreach.service import DeliveryFilter, FigureRow, compliance, queueing
from chalicelib.outreach.service.compliance import ComplianceRow, ObligationFilter
from chalicelib.outreach.service.queueing import TaskFilter
from infra.demo.year import expected
from infra.demo.year.desk import Roll
from infra.demo.year.expected import ZONE
from infra.demo.year.part import Part

PAGE = 500
PERIODS_END_DAYS = 14  # after the last day: calls that are still due, first weeks that are not over
SENT = frozenset({"sent", "delivered", "bounced", "complained"})
PARKED = rules.PENDING | {"unknown"}

Outbox = Callable[[str], Iterable[dict[str, Any]]]


class Check(NamedTuple):
    """Two figures that have to be the same, and whether they are."""

    name: str
    found: Any
    wanted: Any

    @property
    def is_right(self) -> bool:
        """Whether they are."""
        return bool(self.found == self.wanted)


@dataclass(frozen=True)
class Books:
    """All that there is to read of the year."""

    part: Part
    roll: Roll
    obligations: list[Any]
    deliveries: list[Any]
    tasks: list[Any]
    messages: list[dict[str, Any]]
    care: list[ComplianceRow]
    figures: list[FigureRow]

    @property
    def calls(self) -> list[Any]:
        """The calls that a guest's silence has opened; what was agreed in one may be another call."""
        return [one for one in self.tasks if one.is_silence_call]

    @property
    def opened(self) -> Counter[tuple[str, date]]:
        """How many calls were opened, by property and its day."""
        days = ((one.property_id, local_day(from_sortable(one.opened_at), ZONE)) for one in self.calls)
        return Counter(days)


def read(scope: Scope, part: Part, roll: Roll, outbox: Outbox) -> Books:
    """Read everything, as head office would."""
    start, end = part.span.history, part.span.last + timedelta(days=PERIODS_END_DAYS)
    wanted = ObligationFilter(start=start, end=end)
    care, figures = compliance.compliance(scope, start=start, end=end), outreach.figures(scope, start=start, end=end)
    if not (care.is_complete and figures.is_complete):
        raise RuntimeError("the figures are not complete: choose a smaller part")
    return Books(
        part,
        roll,
        list(_all(lambda after: compliance.obligations_page(scope, wanted, limit=PAGE, after=after))),
        list(_all(lambda after: outreach.deliveries_page(scope, DeliveryFilter(), limit=PAGE, after=after))),
        list(_all(lambda after: queueing.tasks_page(scope, TaskFilter(kind="call"), limit=PAGE, after=after))),
        [{name: one[name] for name in ("delivery_id", "guest_id")} for one in outbox(scope.chain_id)],
        care.rows,
        figures.rows,
    )


def _all(page: Callable[[str | None], Any]) -> Iterator[Any]:
    after: str | None = None
    while True:
        found = page(after)
        yield from found.items
        after = found.next
        if after is None:
            return


# -- whether it comes out even ---------------------------------------------------------------------------------


def checks(books: Books) -> list[Check]:
    """Every account of the year."""
    return [*_of_bookings(books), *_of_messages(books), *_of_care(books), *_of_calls(books)]


def _of_bookings(books: Books) -> list[Check]:
    """Against what the bookings alone say. Differences are shown by the guests' numbers."""
    number = books.roll.number
    owed = {number(one.guest_id) for one in books.obligations if one.rule == "new_guest"}
    kept = {(number(one.guest_id), one.day) for one in books.deliveries if one.occasion == "birthday"}
    silent = Counter(number(one.guest_id) for one in books.calls)
    silent.update(number(one.guest_id) for one in books.deliveries if one.occasion == "silence")
    return [
        *_same("first stays that ended, and a word owed", owed, expected.first_stays(books.part)),
        *_same("birthdays that were decided", kept, expected.birthdays(books.part)),
        *_same("silences: calls and mails", _each(silent), _each(expected.silences(books.part))),
    ]


def _each(times: Counter[int]) -> set[tuple[int, int]]:
    """Guests with the number of each time."""
    return {(number, time) for number, count in times.items() for time in range(1, count + 1)}


def _same(name: str, found: set[Any], wanted: set[Any]) -> list[Check]:
    differing = sorted(found ^ wanted)
    return [Check(name, len(found), len(wanted)), Check(f"{name}: which differ", differing, [])]


def _of_messages(books: Books) -> list[Check]:
    by_id = {one.id: one for one in books.deliveries}
    posted = Counter(str(one["delivery_id"]) for one in books.messages)
    left = {one.id for one in books.deliveries if one.status in SENT}
    people = Counter((one.guest_id, one.occurrence) for one in books.deliveries)
    astray = [one["delivery_id"] for one in books.messages if _is_astray(one, by_id)]
    due, parts = _total(books.figures)
    return [
        Check("messages due = sent + skipped + parked + failed", parts, due),
        Check("messages decided, one by one", len(books.deliveries), due),
        Check("messages due by occasion and outcome, one by one", _counted(books.deliveries), _figured(books.figures)),
        Check("messages at the outbox more than once", posted.total() - len(posted), 0),
        Check("occurrences of a guest decided more than once", people.total() - len(people), 0),
        Check("messages at the outbox = sent", posted.total(), len(left)),
        Check("messages of no delivery, and deliveries without a message", sorted(posted.keys() ^ left), []),
        Check("messages to another guest", astray, []),
        Check("silences without a reason that has words", _speechless(books), []),
    ]


def _total(figures: Iterable[FigureRow]) -> tuple[int, int]:
    rows = list(figures)
    return sum(one.due for one in rows), sum(one.sent + one.skipped + one.parked + one.failed for one in rows)


def _counted(deliveries: Iterable[Any]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in deliveries:
        found[str(one.occasion), _outcome(one)] += 1
    return found


def _outcome(delivery: Any) -> str:
    if delivery.status == "skipped":
        return f"skipped {delivery.reason}"
    if delivery.status in SENT:
        return "sent"
    return "parked" if delivery.status in PARKED else str(delivery.status)


def _figured(figures: Iterable[FigureRow]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in figures:
        for name in ("sent", "parked", "failed"):
            found[str(one.occasion), name] += getattr(one, name)
        for reason, count in one.skipped_by_reason.items():
            found[str(one.occasion), f"skipped {reason}"] += count
    return +found


def _is_astray(message: dict[str, Any], by_id: dict[str, Any]) -> bool:
    delivery = by_id.get(str(message["delivery_id"]))
    return delivery is not None and delivery.guest_id != message["guest_id"]


def _speechless(books: Books) -> list[str]:
    known = REASONS.keys() | rules.OWN_REASONS.keys()
    said = [one.reason for one in books.deliveries if one.status == "skipped"]
    said += [one.reason for one in books.obligations if one.status in ("breached", "excused")]
    return sorted({str(one) for one in said if one not in known})


def _of_care(books: Books) -> list[Check]:
    counted = Counter((one.property_id, one.due_on[:7], one.rule, one.status) for one in books.obligations)
    figured: Counter[tuple[str | None, str | None, str | None, str]] = Counter()
    for row in books.care:
        for status in rules.OBLIGATION_STATUSES:
            figured[row.property_id, row.month, row.rule, status] += getattr(row, status)
    return [
        Check("obligations by property, month, rule and outcome, one by one", counted, +figured),
        Check("obligations that are owed twice", _owed_twice(books), 0),
        Check("kept without enough contacts that were made", _unfounded(books), []),
        Check("birthdays and festivals: owed and decided differ", _unlike(books), []),
        Check("periods that are over and open", _left_open(books), []),
    ]


def _owed_twice(books: Books) -> int:
    found = Counter((one.guest_id, one.occurrence) for one in books.obligations)
    return found.total() - len(found)


def _unfounded(books: Books) -> list[str]:
    """Obligations that count as kept by something other than messages that left and calls that were closed."""
    made = {str(one.id) for one in books.deliveries if one.status in rules.ARRIVED}
    made |= {str(one.id) for one in books.tasks if one.status == "done" and rules.is_contact(one.outcome)}
    wrong = []
    for one in books.obligations:
        contacts = {each["id"] for each in one.evidence}
        if one.status == "kept" and (not contacts <= made or len(contacts) < int(one.needed)):
            wrong.append(str(one.id))
    return wrong


def _unlike(books: Books) -> list[str]:
    """Blessings that say something else than their message does, and messages that nothing was owed for."""
    decided = {
        (one.guest_id, f"blessings#{one.occurrence}"): one
        for one in books.deliveries
        if one.occasion in BLESSINGS_MINIMUM and one.reason not in rules.NEVER_OWED
    }
    owed = {(one.guest_id, one.occurrence): one for one in books.obligations if one.rule == "blessings"}
    wrong = [f"{key[1]} {key[0]}" for key in decided.keys() ^ owed.keys()]
    for key in decided.keys() & owed.keys():
        if owed[key].status not in _verdicts(decided[key]):
            wrong.append(f"{key[1]} {key[0]}: {decided[key].status} and {owed[key].status}")
    return sorted(wrong)


def _verdicts(delivery: Any) -> set[str]:
    """What may be noted of a blessing whose message has come to this; a claim is settled within a day."""
    if delivery.status == "skipped":
        return {"excused" if delivery.reason in rules.EXCUSING else "breached"}
    return {"open", "kept" if delivery.status in rules.ARRIVED else "breached"}


def _left_open(books: Books) -> list[str]:
    """What is open though its period was over, with a day to settle, when the year was."""
    over = (books.part.span.last - timedelta(days=2)).isoformat()
    return [str(one.id) for one in books.obligations if one.status == "open" and one.due_on < over]


def _of_calls(books: Books) -> list[Check]:
    owed = {str(one.task_id) for one in books.obligations if one.rule == "silence"}
    crowded = [f"{one} {day}" for (one, day), count in books.opened.items() if count > CALLS_MAX]
    return [
        Check("days with more calls than the cap", crowded, []),
        Check("calls opened = calls owed", sorted(owed ^ {str(one.id) for one in books.calls}), []),
    ]
