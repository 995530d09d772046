"""Work of this context that happens later."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


@agenda.handles(service.HOUSES_KIND, lane_class="bulk")
def refresh_houses(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Bring the lists of the many houses that know a guest up to date."""
    return service.refresh_houses(scope, work, unit)


@agenda.handles(service.MERGE_KIND, lane_class="bulk")
def merge_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with a merge that takes more than one transaction."""
    return service.merge_step(scope, work, unit)


@agenda.handles(service.PART_KIND, lane_class="bulk")
def part_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with an un-merge that takes more than one transaction."""
    return service.part_step(scope, work, unit)
