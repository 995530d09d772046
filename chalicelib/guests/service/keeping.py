"""Writes pairs of guests who may be one person, and counts what becomes of them, in the caller's unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests.kinds import LINK_KIND
from chalicelib.guests.models import Guest
from chalicelib.guests.models.matches import GuestMatch, MatchCount, MatchedGuest
from chalicelib.guests.rules import pairs
from chalicelib.guests.rules.pairs import Verdict
from chalicelib.kernel import agenda
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.unit import Unit


@dataclass(frozen=True)
class Answer:
    """How a pair was decided. `actor` None: a merge that nobody asked of this pair."""

    state: str
    actor: Actor | None = None
    note: str | None = None
    merge_id: str | None = None
    survivor_id: str | None = None


@dataclass
class Keeper:
    """The changes of pairs in one unit. `finish` comes last: it writes what they add up to."""

    unit: Unit
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _new_partners: dict[str, set[str]] = field(default_factory=dict)
    _former_partners: dict[str, set[str]] = field(default_factory=dict)

    def open(self, one: Guest, other: Guest, verdict: Verdict, known: GuestMatch | None, *, is_linked: bool) -> None:
        """Put a pair into its queue. It holds for the two as they were read: a change since makes the unit Stale."""
        scope = self.unit.scope
        first, second = pairs.pair_of(one.id, other.id)
        match = known or GuestMatch(match_key=scope.key(pairs.pair_id(first, second)), found_at=scope.now)
        match.assign(first_id=first, second_id=second, state="open", queue=queue_of(one, other))
        match.assign(decided_at=None, decided_by_kind=None, decided_by=None, note=None)
        self._write(match, verdict, is_linked=is_linked, is_new=known is None)
        self.unit.unchanged(one)
        self.unit.unchanged(other)
        self._count(f"month#{month_of(scope)}#{match.queue}", "found", 1)
        self._count(f"open#{match.queue}", "waiting", 1)
        for guest_id in (first, second):
            self._new_partners.setdefault(guest_id, set()).add(match.partner_of(guest_id))

    def rescore(self, match: GuestMatch, one: Guest, other: Guest, verdict: Verdict, *, is_linked: bool) -> None:
        """Weigh an open pair anew; nothing is written if nothing differs."""
        queue = queue_of(one, other)
        stored = [list(reason) for reason in verdict.reasons]
        is_same = (match.score, match.decision, match.queue) == (verdict.score, verdict.decision, queue)
        if is_same and list(match.reasons) == stored and (match.is_linking or not is_linked):
            return
        if match.queue != queue:
            self._count(f"open#{match.queue}", "waiting", -1)
            self._count(f"open#{queue}", "waiting", 1)
        match.queue = queue
        self._write(match, verdict, is_linked=is_linked, is_new=False)
        self.unit.unchanged(one)
        self.unit.unchanged(other)

    def settle(self, match: GuestMatch, answer: Answer) -> None:
        """Take a pair out of its queue, or change what was decided. Counted under the month of now."""
        scope, before = self.unit.scope, match.state
        if before == "open":
            self._count(f"open#{match.queue}", "waiting", -1)
            for guest_id in match.guest_ids:
                self._former_partners.setdefault(guest_id, set()).add(match.partner_of(guest_id))
        match.assign(
            state=answer.state,
            is_linking=False,
            decided_at=scope.now,
            decided_by_kind=answer.actor.kind if answer.actor else None,
            decided_by=answer.actor.id if answer.actor else None,
            note=answer.note,
            merge_id=answer.merge_id or match.merge_id,
            survivor_id=answer.survivor_id,
        )
        column = {"distinct": "distinct", "merged": "linked" if match.is_automatic else "merged"}.get(answer.state)
        if column and before != answer.state:
            self._count(f"month#{month_of(scope)}#{match.queue}", column, 1)
        match.index(pairs.rank_of(answer.state, int(match.score), sortable(scope.now)))
        self.unit.update(match)

    def finish(self) -> None:
        """Add the counts, and with whom each guest waits for an answer."""
        scope = self.unit.scope
        cells: dict[str, dict[str, int]] = {}
        for (cell, column), count in self._counts.items():
            if count:
                cells.setdefault(cell, {})[column] = count
        for cell, columns in sorted(cells.items()):
            self._amend_count(cell, columns)
        for guest_id, partners in sorted(self._new_partners.items()):
            self.unit.amend(
                MatchedGuest,
                (scope.key(guest_id), None),
                "ADD partner_ids :ids",
                values={":ids": {"SS": sorted(partners)}},
                condition="attribute_exists(#v)",
                names={"#v": "version"},
            )
        former = {
            guest_id: partners - self._new_partners.get(guest_id, set())
            for guest_id, partners in self._former_partners.items()
        }
        if any(former.values()):
            self.unit.after(lambda: _forget_partners(scope, former))

    def _write(self, match: GuestMatch, verdict: Verdict, *, is_linked: bool, is_new: bool) -> None:
        scope = self.unit.scope
        match.assign(
            score=verdict.score,
            reasons=[list(reason) for reason in verdict.reasons],
            decision=verdict.decision,
            is_linking=is_linked,
        )
        match.index(pairs.rank_of("open", verdict.score, ""))
        if is_new:
            self.unit.create(match, refusal=Stale())
        else:
            self.unit.update(match)
        if is_linked:
            agenda.arm(
                self.unit, subject_id=match.id, kind=LINK_KIND, due_at=scope.now, is_recurring=True, is_nudged=True
            )

    def _count(self, cell: str, column: str, count: int) -> None:
        self._counts[cell, column] += count

    def _amend_count(self, cell: str, columns: Mapping[str, int]) -> None:
        names = {f"#c{place}": column for place, column in enumerate(columns)}
        values: dict[str, Any] = {f":c{place}": {"N": str(count)} for place, count in enumerate(columns.values())}
        sums = ", ".join(f"#c{place} :c{place}" for place in range(len(columns)))
        self.unit.amend(
            MatchCount,
            (self.unit.scope.chain_id, cell),
            f"SET #s = :one ADD {sums}",
            names={**names, "#s": "schema"},
            values={**values, ":one": {"N": "1"}},
        )


def queue_of(one: Guest, other: Guest) -> str:
    """Whose queue the pair of two guests is in."""
    return pairs.queue_of(one.property_ids or (), other.property_ids or ())


def month_of(scope: Scope) -> str:
    """The month of now where head office is: `2026-03`."""
    return local_day(scope.now, str(directory.chain_of(scope).time_zone)).isoformat()[:7]


def _forget_partners(scope: Scope, former: Mapping[str, set[str]]) -> None:
    """After the commit, and one by one: a name that is left over only costs a comparison."""
    for guest_id, partners in sorted(former.items()):
        if not partners:
            continue
        unit = Unit(scope)
        unit.amend(
            MatchedGuest,
            (scope.key(guest_id), None),
            "DELETE partner_ids :ids",
            values={":ids": {"SS": sorted(partners)}},
            condition="attribute_exists(#v)",
            names={"#v": "version"},
        )
        try:
            unit.commit()
        except Stale:
            continue  # the guest is in no bucket any more
