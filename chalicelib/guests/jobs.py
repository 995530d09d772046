"""Work of this context that happens later."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.guests.service import backfilling, quality
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


@agenda.handles(service.MERGE_KIND, lane_class="bulk")
def merge_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with a merge that takes more than one transaction."""
    return service.merge_step(scope, work, unit)


@agenda.handles(service.PART_KIND, lane_class="bulk")
def part_step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Go on with an un-merge that takes more than one transaction."""
    return service.part_step(scope, work, unit)


@agenda.handles(service.MATCH_KIND, lane_class="bulk")
def match_guest(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Find the guests who may be one person with one who is new or has changed."""
    return service.match_guest(scope, work, unit)


@agenda.handles(service.MATCH_GROUP_KIND, lane_class="bulk")
def match_group(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """The same for the guests of a group of an import."""
    return service.match_group(scope, work, unit)


@agenda.handles(service.LINK_KIND, lane_class="bulk")
def link(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Merge two guests who are one person beyond doubt."""
    return service.link(scope, work, unit)


@agenda.handles(service.BACKFILL_KIND, lane_class="bulk", bury=backfilling.after_backfill_failure)
def backfill(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Match those of a chain's guests whom no pass has seen."""
    return backfilling.backfill_step(scope, work, unit)
