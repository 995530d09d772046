"""Runs as work on the agenda: one bounded step, then again."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.connect.service.runs import STEP_LEASE_S, advance_run, give_up
from chalicelib.connect.service.undoing import advance_undo, give_up_undo
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


def import_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with a run; asks to be called again until it is over."""
    if advance_run(scope, str(work.detail["import_id"]), work.subject_id):
        return Done()
    return _again()


def give_up_import(scope: Scope, work: Work) -> Done:
    """End a run whose steps fail."""
    give_up(scope, str(work.detail["import_id"]), work.subject_id)
    return Done()


def undo_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with undoing a run; asks to be called again until it is over."""
    detail = work.detail
    if advance_undo(scope, str(detail["import_id"]), work.subject_id, str(detail["mode"])):
        return Done()
    return _again()


def give_up_undoing(scope: Scope, work: Work) -> Done:
    """End an undoing whose steps fail."""
    give_up_undo(scope, work.subject_id, str(work.detail["mode"]))
    return Done()


def _again() -> Again:
    return Again(real_now() + timedelta(seconds=STEP_LEASE_S), is_nudged=True)
