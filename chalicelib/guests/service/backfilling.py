"""Matches the guests whom no pass has seen: those from before there was matching, and all when its keys change.

A walk over the chain's guests on the agenda. Whoever is in the buckets of their present keys costs two reads and is
left alone, so a second walk finds nothing to do. A step notes first whom it is going to match and does so in the next:
after a crash between joining and comparing they are compared all the same.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from chalicelib.guests.kinds import BACKFILL_KIND
from chalicelib.guests.models.matches import MatchBackfill
from chalicelib.guests.models.quality import BUCKETS
from chalicelib.guests.rules.pairs import KEYS_VERSION
from chalicelib.guests.service import candidates
from chalicelib.guests.service.pairing import find_pairs, soon
from chalicelib.guests.service.walking import some_of
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

GUESTS_PER_STEP = 50  # with twelve keys each: some eight transactions to join, seconds of a lease of two minutes
BUCKETS_PER_STEP = 16  # of the 64 by name; those of a small chain are empty, and each costs a query


@dataclass(frozen=True)
class Backfill:
    """The latest walk: how many guests it has seen, and how many of them were not in their buckets.

    `state` is `never`, `running`, `done` or `failed`. `is_due`: no walk has ended under the keys of now.
    """

    state: str = "never"
    is_due: bool = True
    seen: int = 0
    matched: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None


def backfill_of(scope: Scope) -> Backfill:
    """How the latest walk over the chain's guests stands."""
    walk = MatchBackfill.of(scope)
    if walk is None:
        return Backfill()
    is_due = walk.state == "failed" or int(walk.keys_version) < KEYS_VERSION
    ended_at = from_sortable(str(walk.ended_at)) if walk.ended_at else None
    started_at = from_sortable(str(walk.started_at))
    return Backfill(str(walk.state), is_due, int(walk.seen), int(walk.matched), started_at, ended_at)


def start_backfill(scope: Scope) -> Backfill:
    """Have all guests of the chain looked at; one that is under way goes on. Raises Forbidden but for head office."""
    if scope.property_ids is not None:
        raise Forbidden(N_("Only head office decides for the whole chain."))
    if backfill_of(scope).state != "running":
        run = new_id("run")
        unit = Unit(scope)
        MatchBackfill.begin(unit, run, KEYS_VERSION)
        agenda.arm(
            unit,
            subject_id=scope.chain_id,
            kind=BACKFILL_KIND,
            due_at=soon(scope),
            is_recurring=True,
            detail={"run": run},
            is_nudged=True,
        )
        unit.audit("match.backfill_started", scope.chain_id, run=run)
        with suppress(Stale):  # somebody has begun one in this moment
            unit.commit()
    return backfill_of(scope)


def backfill_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Match those whom the step before has found, as many as one transaction holds; then look at the next ones."""
    detail = work.detail
    run, bucket, after = str(detail["run"]), int(detail.get("bucket", 0)), detail.get("after")
    wanted = [str(one) for one in detail.get("left", ())]
    left = find_pairs(scope, unit, wanted) if wanted else []
    matched, seen = len(wanted) - len(left), 0
    if not left:
        ids: list[str] = []
        for _ in range(BUCKETS_PER_STEP):
            if bucket >= BUCKETS or len(ids) >= GUESTS_PER_STEP:
                break
            some, after = some_of(scope, bucket, after, limit=GUESTS_PER_STEP - len(ids))
            ids += some
            bucket += 0 if after else 1
        left, seen = candidates.misplaced(scope, ids) if ids else [], len(ids)
    is_over = bucket >= BUCKETS and not left
    MatchBackfill.advance(unit, run, seen=seen, matched=matched, state="done" if is_over else "running")
    if is_over:
        return Done()
    going_on: dict[str, Any] = {"run": run, "bucket": bucket}
    if after:
        going_on["after"] = after
    if left:
        going_on["left"] = left
    return Again(soon(scope), detail=going_on, is_nudged=True)


def after_backfill_failure(scope: Scope, work: Work) -> Done:
    """A walk that failed for good says so, and can be started again."""
    unit = Unit(scope)
    MatchBackfill.advance(unit, str(work.detail.get("run", "")), seen=0, matched=0, state="failed")
    with suppress(Stale):  # another one has begun
        unit.commit()
    return Done()
