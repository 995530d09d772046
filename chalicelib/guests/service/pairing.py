"""Finds the guests who may be one person with a guest who is new or has changed, and has those linked beyond doubt.

A pass reads, joins the buckets, compares, and commits pairs under the condition that both guests are as they were read.
So it may run twice, at once or out of order: what was decided stays decided, and the last state of both is the one that
counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from itertools import product
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests.kinds import MATCH_GROUP_KIND, MATCH_KIND
from chalicelib.guests.models import Guest
from chalicelib.guests.models.matches import GuestMatch, MatchedGuest
from chalicelib.guests.models.merges import PartedPair
from chalicelib.guests.rules import pairs
from chalicelib.guests.rules.pairs import OPEN_MAX, PLACING_FIELDS, TELLING_FIELDS, Verdict
from chalicelib.guests.service import candidates, linking
from chalicelib.guests.service.candidates import Found, weigher
from chalicelib.guests.service.keeping import Answer, Keeper
from chalicelib.kernel import agenda, logs
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Busy, Refusal, Stale
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import SYSTEM, Scope
from chalicelib.kernel.unit import Unit

log = logs.Log(__name__)

UNIT_FILLED = 40  # items from which on a unit takes no further pair: the last one, names and counts may double it
GROUP_IDS_MAX = 100  # guests of one item of the agenda
LINK_REASON = "matching"

# -- arming ------------------------------------------------------------------------------------------------


def arm_match(unit: Unit, guest_ids: Iterable[str], fields: Iterable[str] | None = None) -> None:
    """Have guests matched, each by an item of its own, so that many changes are one pass. `fields`: what has changed,
    if it may be nothing that matters."""
    if fields is not None and (TELLING_FIELDS | PLACING_FIELDS).isdisjoint(fields):
        return
    for guest_id in sorted(set(guest_ids)):
        agenda.arm(
            unit, subject_id=guest_id, kind=MATCH_KIND, due_at=soon(unit.scope), is_recurring=True, is_nudged=True
        )


def arm_match_group(unit: Unit, subject_id: str, guest_ids: list[str]) -> None:
    """Have the guests of a group matched by one item."""
    for start in range(0, len(guest_ids), GROUP_IDS_MAX):
        agenda.arm(
            unit,
            subject_id=subject_id,
            kind=MATCH_GROUP_KIND,
            occurrence=new_id("mtg"),
            due_at=soon(unit.scope),
            detail={"ids": guest_ids[start : start + GROUP_IDS_MAX]},
            is_nudged=True,
        )


def soon(scope: Scope) -> datetime:
    """When work that waits for nothing is due: on a test chain's own clock, or now."""
    return scope.now if scope.is_test else real_now()


# -- the work ----------------------------------------------------------------------------------------------


def match_guest(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """One guest is new, has changed, or is no more."""
    left = find_pairs(scope, unit, [work.subject_id])
    return Again(soon(scope), is_nudged=True) if left else Done()


def match_group(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """The guests of an import's group, as many as one transaction holds."""
    left = find_pairs(scope, unit, work.detail["ids"])
    return Again(soon(scope), detail={"ids": left}, is_nudged=True) if left else Done()


def find_pairs(scope: Scope, unit: Unit, guest_ids: list[str]) -> list[str]:
    """Match guests and add what changes of their pairs to `unit`. Answers those that are left for another unit."""
    kept = MatchedGuest.many(scope, guest_ids)
    guests = Guest.many(scope, guest_ids)
    living = {guest_id: guest for guest_id, guest in guests.items() if guest.merged_into is None}
    keys = {guest_id: weigher().keys_of(guest) for guest_id, guest in living.items()}
    found = candidates.join(scope, keys, kept)
    one = _Pass(scope, Keeper(unit), living, kept, found)
    one.look()
    if found.disturbed:
        arm_match(unit, found.disturbed - living.keys())
    for place, guest_id in enumerate(guest_ids):
        if not (one.stage(guest_id) if guest_id in living else one.stage_gone(guest_id)):
            one.keeper.finish()
            return guest_ids[place:]
    one.keeper.finish()
    return []


def link(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Merge a pair that the matcher is sure of, if it still is; what the merge refuses is for staff to look at."""
    match = GuestMatch.one(scope, work.subject_id)
    if match is None or match.state != "open" or not match.is_linking:
        return Done()
    guests = Guest.many(scope, match.guest_ids)
    if len(guests) < 2 or any(guest.merged_into for guest in guests.values()):
        return Done()  # the pass over whoever is no more closes the pair
    one, other = (guests[guest_id] for guest_id in match.guest_ids)
    keeper = Keeper(unit)
    verdict = _sure_verdict(scope, one, other)
    is_allowed = directory.chain_of(scope).automatic_linking and not _are_parted(scope, one, other)
    if verdict.decision != "auto" or not is_allowed:
        return _left_to_staff(keeper, match, one, other, verdict)
    try:
        merge = linking.merged(scope, one, other, reason=LINK_REASON, evidence=evidence_of(match, verdict))
    except (Stale, Busy):
        raise
    except Refusal as refusal:
        log.warning("link_refused", refusal, subject=match.id)
        return _left_to_staff(keeper, match, one, other, verdict)
    if merge.status == "preparing":
        return Done()  # it is told when it is done
    keeper.settle(match, Answer("merged", SYSTEM, merge_id=merge.id, survivor_id=merge.survivor_id))
    keeper.finish()
    return Done()


def evidence_of(match: GuestMatch, verdict: Verdict) -> dict[str, Any]:
    """What a merge keeps of why: the pair, the score and the findings, none of which is personal data."""
    return {"match_id": match.id, "score": verdict.score, "reasons": [list(it) for it in verdict.reasons]}


def _left_to_staff(keeper: Keeper, match: GuestMatch, one: Guest, other: Guest, verdict: Verdict) -> Done:
    match.is_linking = False
    if verdict.decision == "none":
        keeper.settle(match, Answer("obsolete", SYSTEM))
    else:
        keeper.unit.update(match)
        keeper.rescore(match, one, other, verdict, is_linked=False)
    keeper.finish()
    return Done()


def _are_parted(scope: Scope, one: Guest, other: Guest) -> bool:
    """Whether the two, or any whom they have absorbed, were one once and have been parted."""
    return PartedPair.any_of(scope, product(one.ids, other.ids))


def _sure_verdict(scope: Scope, one: Guest, other: Guest) -> Verdict:
    """What the matcher says once it is known whose the contact points are that the two have in common."""
    return weigher().weigh(one, other, candidates.shared_by_many(scope, one, other))


# -- after a merge -----------------------------------------------------------------------------------------


def note_merged(scope: Scope, unit: Unit, survivor_id: str, absorbed_id: str, merge_id: str | None) -> None:
    """Two guests are one now: their pair is answered, and what else either waits for is looked at anew."""
    match = GuestMatch.one(scope, pairs.pair_id(survivor_id, absorbed_id))
    if match is not None and match.state != "merged":
        keeper = Keeper(unit)
        actor = SYSTEM if match.is_linking else None
        keeper.settle(match, Answer("merged", actor, merge_id=merge_id, survivor_id=survivor_id))
        keeper.finish()
    arm_match(unit, (survivor_id, absorbed_id))


def note_parted(scope: Scope, unit: Unit, survivor_id: str, absorbed_id: str, merge_id: str | None) -> None:
    """Two guests are two again, and stay so: nobody links them a second time."""
    match = GuestMatch.one(scope, pairs.pair_id(survivor_id, absorbed_id))
    keeper = Keeper(unit)
    if match is not None:
        keeper.settle(match, Answer("distinct", merge_id=merge_id))
    else:
        first, second = pairs.pair_of(survivor_id, absorbed_id)
        made = GuestMatch(
            match_key=scope.key(pairs.pair_id(first, second)), first_id=first, second_id=second, score=0,
            decision="review", state="distinct", queue=pairs.HEAD_OFFICE, found_at=scope.now, decided_at=scope.now,
            merge_id=merge_id,
        )  # fmt: skip
        made.index(pairs.rank_of("distinct", 0, sortable(scope.now)))
        unit.create(made, refusal=Stale())
    keeper.finish()
    arm_match(unit, (survivor_id, absorbed_id))


# -- one pass ----------------------------------------------------------------------------------------------


@dataclass
class _Pass:
    """What one pass has read, and what it makes of it."""

    scope: Scope
    keeper: Keeper
    living: Mapping[str, Guest]
    kept: Mapping[str, MatchedGuest]
    found: Found
    others: dict[str, Guest] = field(default_factory=dict)
    wanted: dict[str, list[str]] = field(default_factory=dict)
    verdicts: dict[str, tuple[Guest, Guest, Verdict]] = field(default_factory=dict)  # by pair
    matches: dict[str, GuestMatch] = field(default_factory=dict)

    def look(self) -> None:
        """Read whom the guests share keys with, compare, and read what is known of the pairs."""
        for guest_id in self.living:
            likely = pairs.likeliest(self.found.shared[guest_id], guest_id)
            self.wanted[guest_id] = list(dict.fromkeys([*likely, *self._partners(guest_id)]))
        strangers = {other for likely in self.wanted.values() for other in likely} - self.living.keys()
        read = Guest.many(self.scope, strangers) if strangers else {}
        self.others = {**{one.id: one for one in read.values() if one.merged_into is None}, **self.living}
        wanted_matches: set[str] = set()
        for guest_id, likely in self.wanted.items():
            for other_id in likely:
                if other_id in self.others:
                    self._compare(self.living[guest_id], self.others[other_id])
            wanted_matches |= {pairs.pair_id(guest_id, other_id) for other_id in self._partners(guest_id)}
        for one, other, verdict in self.verdicts.values():
            if verdict.decision != "none":
                wanted_matches |= {pairs.pair_id(*ids) for ids in product(one.ids, other.ids) if ids[0] != ids[1]}
        for guest_id in self.kept.keys() - self.living.keys():
            wanted_matches |= {pairs.pair_id(guest_id, other_id) for other_id in self._partners(guest_id)}
        self.matches = GuestMatch.many(self.scope, wanted_matches) if wanted_matches else {}

    def stage(self, guest_id: str) -> bool:
        """Write what changes of one guest's pairs, the likeliest first. Whether that was all of it."""
        guest = self.living[guest_id]
        may_link = bool(directory.chain_of(self.scope).automatic_linking)
        open_count = sum(self._is_open(guest_id, other_id) for other_id in self._partners(guest_id))
        ids = {pairs.pair_id(guest_id, other_id): other_id for other_id in self.wanted[guest_id]}
        for match_id in sorted(ids, key=lambda one: -self.verdicts[one][2].score if one in self.verdicts else 0):
            if self.keeper.unit.size >= UNIT_FILLED:
                return False
            other_id, match = ids[match_id], self.matches.get(match_id)
            if match_id not in self.verdicts:
                if other_id not in self.others and match is not None and match.state == "open":
                    self.keeper.settle(match, Answer("obsolete", SYSTEM))
                continue
            other, verdict = self.others[other_id], self.verdicts.pop(match_id)[2]
            step = pairs.step_of(
                match.state if match else None,
                verdict,
                is_barred=verdict.decision != "none" and self._is_barred(guest, other),
                may_link=may_link and not (match is not None and match.is_linking),
            )
            if step.act == "open" and open_count < OPEN_MAX:
                self.keeper.open(guest, other, verdict, match, is_linked=step.is_linked)
                open_count += 1
            elif step.act == "rescore" and match is not None:
                self.keeper.rescore(match, guest, other, verdict, is_linked=step.is_linked)
            elif step.act == "close" and match is not None:
                self.keeper.settle(match, Answer("obsolete", SYSTEM))
        return True

    def stage_gone(self, guest_id: str) -> bool:
        """A guest is no more, or part of another one: nobody is compared with it, and nobody asked about it."""
        kept = self.kept.get(guest_id)
        if kept is None:
            return True
        if self.keeper.unit.size:
            return False  # a transaction of its own: it may have been in many buckets and pairs
        for other_id in self._partners(guest_id):
            match = self.matches.get(pairs.pair_id(guest_id, other_id))
            if match is not None and match.state == "open":
                self.keeper.settle(match, Answer("obsolete", SYSTEM))
        candidates.leave_all(self.keeper.unit, kept)
        return True

    def _compare(self, one: Guest, other: Guest) -> None:
        match_id = pairs.pair_id(one.id, other.id)
        if match_id in self.verdicts:
            return
        verdict = weigher().weigh(one, other, self.found.crowded)
        if verdict.decision != "none":
            shared = candidates.shared_by_many(self.scope, one, other, self.found.crowded)
            if shared:
                verdict = weigher().weigh(one, other, shared | self.found.crowded)
        self.verdicts[match_id] = (one, other, verdict)

    def _partners(self, guest_id: str) -> list[str]:
        kept = self.kept.get(guest_id)
        return sorted(kept.partner_ids or ()) if kept is not None else []

    def _is_open(self, guest_id: str, other_id: str) -> bool:
        match = self.matches.get(pairs.pair_id(guest_id, other_id))
        return match is not None and match.state == "open"

    def _is_barred(self, one: Guest, other: Guest) -> bool:
        """Whether the two, or any whom they have absorbed, were judged to be two people."""
        found = (self.matches.get(pairs.pair_id(*ids)) for ids in product(one.ids, other.ids) if ids[0] != ids[1])
        if any(match is not None and match.state == "distinct" for match in found):
            return True
        return _are_parted(self.scope, one, other)
