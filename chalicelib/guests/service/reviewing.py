"""The review queue: pairs of guests who may be one person, what is decided about them, and how many there are.

Whoever sees both guests sees the pair. Its queue is the property's that alone knows the two, else head office's.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from chalicelib.directory import service as directory
from chalicelib.guests.models import Guest
from chalicelib.guests.models.matches import BY_QUEUE, BY_STATE, GuestMatch, MatchCount
from chalicelib.guests.rules.pairs import HEAD_OFFICE, NOTE_LENGTH_MAX, PairDecided
from chalicelib.guests.service import linking
from chalicelib.guests.service.keeping import Answer, Keeper, month_of
from chalicelib.kernel import cursor, text
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError, Invalid, NotFound
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key
from chalicelib.kernel.unit import Unit, retried

LOOKED_AT_MAX = 500  # pairs that one request reads, where many of them lie beyond the wall
READ_AT_ONCE = 50
MONTHS = 12  # of the report
COLUMNS = ("found", "linked", "merged", "distinct")


@dataclass(frozen=True)
class Review:
    """A pair and its two guests as they are now; one who went into the other is shown as it was then."""

    match: GuestMatch
    one: Guest
    other: Guest

    @property
    def survivor_id(self) -> str:
        """Who survives, or would unless somebody chooses."""
        return str(self.match.survivor_id or linking.likely_survivor(self.one, self.other))


@dataclass(frozen=True)
class ReviewPage:
    """Some pairs, and the cursor of the next page."""

    reviews: list[Review]
    next: str | None


@dataclass(frozen=True)
class Tally:
    """How many pairs of one queue wait, and what became of those of the last months: (month, figures), newest first."""

    queue: str
    waiting: int
    months: list[tuple[str, dict[str, int]]]


def matches_page(
    scope: Scope, *, state: str = "open", queue: str | None = None, limit: int, after: str | None = None
) -> ReviewPage:
    """Pairs of a queue, or of all that the caller sees: the likeliest first, decided ones by when they were decided.

    `queue` is a property's id or `hq`. Raises NotFound for one beyond the wall, Malformed for another list's cursor.
    """
    queues = _queues(scope, queue)
    purpose = f"matches|{state}|{queue or ''}"
    place = cursor.decode(scope, purpose, after)
    before = place["at"]["S"] if place else None
    found: list[Review] = []
    last, is_more = before, False
    rows = islice(_rows(scope, state, queues, before, limit + 1), LOOKED_AT_MAX)
    while chunk := list(islice(rows, limit + 1)):
        for review in _reviews(scope, chunk):
            if len(found) == limit:
                is_more = True
                break
            found.append(review)
            last = str(review.match.rank)
        if is_more:
            break
        last = str(chunk[-1].rank)
    return ReviewPage(found, cursor.encode(scope, purpose, {"at": {"S": str(last)}}) if is_more else None)


def review_of(scope: Scope, match_id: str) -> Review:
    """One pair. Raises NotFound, also where one of the two lies beyond the caller's wall."""
    match = GuestMatch.one(scope, match_id) if is_id(match_id, "mat") else None
    found = _reviews(scope, [match]) if match is not None else []
    if not found:
        raise NotFound()
    return found[0]


def decide(
    scope: Scope,
    match_id: str,
    decision: str,
    *,
    note: str = "",
    survivor_id: str | None = None,
    choices: Mapping[str, str] | None = None,
) -> Review:
    """Say that two guests are two (`distinct`) or one (`merged`). Saying the same again changes nothing.

    Raises NotFound, Invalid, PairDecided, and what a merge refuses.
    """
    try:
        cleaned = text.clean_text(note, NOTE_LENGTH_MAX)
    except InvalidValue as fault:
        raise Invalid(errors=(FieldError("/note", fault.reason, "invalid", fault.values),)) from None
    review = review_of(scope, match_id)
    if survivor_id not in (None, *review.match.guest_ids):
        raise Invalid.field("/survivor_id", N_("Name one of the two guests."))
    if review.match.state == decision:
        return review
    if review.match.state not in ("open", "obsolete"):
        raise PairDecided()
    if decision == "merged":
        scope.require("guests:merge")
    if decision == "distinct":
        return retried(lambda: _judge(scope, match_id, Answer("distinct", scope.actor, note=cleaned or None)))
    evidence = {
        "match_id": match_id, "score": int(review.match.score), "reasons": [list(it) for it in review.match.reasons],
    }  # fmt: skip
    merge = linking.merged(
        scope, review.one, review.other, survivor_id=survivor_id, choices=choices, reason=cleaned, evidence=evidence
    )
    answer = Answer(
        "merged", scope.actor, note=cleaned or None, merge_id=merge.id, survivor_id=merge.survivor_id
    )  # fmt: skip
    return retried(lambda: _judge(scope, match_id, answer))


def report(scope: Scope, *, queue: str | None = None) -> list[Tally]:
    """How many pairs wait and what became of them, by queue and month. One read of some hundred small rows."""
    queues = _queues(scope, queue)
    waiting: dict[str, int] = {}
    months: dict[str, dict[str, dict[str, int]]] = {}
    first = _months_ago(month_of(scope), MONTHS - 1)
    for cell in MatchCount.every(scope.chain_id, where=MatchCount.cell >= f"month#{first}", page_size=1000):
        kind, *rest = str(cell.cell).split("#")
        name = rest[-1]
        if queues is not None and name not in queues:
            continue
        if kind == "month":
            months.setdefault(name, {})[rest[0]] = {column: int(getattr(cell, column)) for column in COLUMNS}
        else:
            waiting[name] = int(cell.waiting)
    return [
        Tally(name, waiting.get(name, 0), sorted(months.get(name, {}).items(), reverse=True))
        for name in sorted(waiting.keys() | months.keys(), key=lambda it: (it == HEAD_OFFICE, it))
    ]


# -- inside ------------------------------------------------------------------------------------------------


def _queues(scope: Scope, queue: str | None) -> frozenset[str] | None:
    """The queues that are asked for; None for all of the chain. Raises NotFound for one beyond the wall."""
    if queue is None:
        return scope.property_ids
    if queue == HEAD_OFFICE:
        if scope.property_ids is not None:
            raise NotFound()
        return frozenset({HEAD_OFFICE})
    return frozenset({str(directory.property_of(scope, queue).id)})


def _rows(
    scope: Scope, state: str, queues: Iterable[str] | None, before: str | None, page_size: int
) -> Iterator[GuestMatch]:
    """Keys of pairs, the highest rank first, of one list or of several merged."""
    if queues is None:
        return _walk(BY_STATE, scope.key(state), before, page_size)
    streams = [_walk(BY_QUEUE, scope.key(state, one), before, page_size) for one in sorted(queues)]
    return heapq.merge(*streams, key=lambda row: str(row.rank), reverse=True)


def _walk(index: str, partition: str, before: str | None, page_size: int) -> Iterator[GuestMatch]:
    after: Key | None = None
    where = GuestMatch.rank < before if before else None
    while True:
        page = GuestMatch.page(
            partition, index=index, where=where, limit=min(page_size, READ_AT_ONCE), after=after, is_forward=False
        )
        yield from page.items
        after = page.next_key
        if after is None:
            return


def _reviews(scope: Scope, rows: Iterable[GuestMatch]) -> list[Review]:
    """The pairs of some keys, with their guests, those of which the caller sees both."""
    ids = [row.id for row in rows]
    matches = GuestMatch.many(scope, ids)
    guests = Guest.many(scope, {guest_id for match in matches.values() for guest_id in match.guest_ids})
    found = []
    for match_id in ids:
        match = matches.get(match_id)
        if match is None or any(guest_id not in guests for guest_id in match.guest_ids):
            continue
        one, other = (guests[guest_id] for guest_id in match.guest_ids)
        if all(scope.sees_any(guest.property_ids or set()) for guest in (one, other)):
            found.append(Review(match, one, other))
    return found


def _judge(scope: Scope, match_id: str, answer: Answer) -> Review:
    """Write a decision. After a merge the news of it may have been here first: then only who decided is added."""
    review = review_of(scope, match_id)
    match = review.match
    if match.state == answer.state and match.decided_by_kind is not None:
        return review
    if match.state not in ("open", "obsolete", answer.state):
        raise PairDecided()
    unit = Unit(scope)
    keeper = Keeper(unit)
    keeper.settle(match, answer)
    keeper.finish()
    if answer.state == "distinct":  # a merge has its own line in the activity log
        unit.audit("match.judged_distinct", match.id, guest_id=match.guest_ids[0], other_id=match.guest_ids[1])
    unit.commit()
    return review_of(scope, match_id)


def _months_ago(month: str, count: int) -> str:
    """The month so many before `2026-03`."""
    number = int(month[:4]) * 12 + int(month[5:7]) - 1 - count
    return f"{number // 12:04}-{number % 12 + 1:02}"
