"""The queue's door: one step of a run after the other."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.connect import service
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


def _give_up_undo(scope: Scope, work: Work) -> Done:
    service.give_up_undo(scope, work.subject_id, str(work.detail["mode"]))
    return Done()


@agenda.handles(service.UNDO_KIND, lane_class="bulk", bury=_give_up_undo)
def undo_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with undoing a run; asks to be called again until it is over."""
    detail = work.detail
    if service.advance_undo(scope, str(detail["import_id"]), work.subject_id, str(detail["mode"])):
        return Done()
    return Again(real_now() + timedelta(seconds=service.STEP_LEASE_S), is_nudged=True)


def _give_up(scope: Scope, work: Work) -> Done:
    service.give_up(scope, str(work.detail["import_id"]), work.subject_id)
    return Done()


@agenda.handles(service.STEP_KIND, lane_class="bulk", bury=_give_up)
def import_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with a run; asks to be called again until it is over."""
    if service.advance_run(scope, str(work.detail["import_id"]), work.subject_id):
        return Done()
    return Again(real_now() + timedelta(seconds=service.STEP_LEASE_S), is_nudged=True)
