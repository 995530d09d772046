"""Work of this context that happens later."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.guests.service import quality
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


@agenda.handles(service.HOUSES_KIND, lane_class="bulk")
def refresh_houses(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Bring the lists of the many houses that know a guest up to date."""
    return service.refresh_houses(scope, work, unit)


@agenda.handles(quality.KIND, lane_class="bulk", bury=lambda scope, work: quality.after_failure(scope))
def look_at_contacts(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Look at the contact points of some guests of the chain."""
    return quality.step(scope, work, unit)
