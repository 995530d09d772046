"""What guests does later, and about its own news: whoever is new or has changed is matched. Named, not imported."""

from __future__ import annotations

from chalicelib.guests.events import GUEST_CHANGED, GUESTS_IMPORTED, GUESTS_MERGED, GUESTS_PARTED
from chalicelib.guests.kinds import (
    BACKFILL_KIND,
    HOUSES_KIND,
    LINK_KIND,
    MATCH_GROUP_KIND,
    MATCH_KIND,
    MERGE_KIND,
    PART_KIND,
    QUALITY_KIND,
)
from chalicelib.kernel.agenda import handles
from chalicelib.kernel.events import reacts_to
from chalicelib.kernel.later import Names

named = Names(__package__)

handles(HOUSES_KIND, lane_class="bulk")(named("service.writing:refresh_houses"))
handles(QUALITY_KIND, lane_class="bulk", bury=named("service.quality:after_failure"))(named("service.quality:step"))
handles(MERGE_KIND, lane_class="bulk")(named("service.merging:step"))
handles(PART_KIND, lane_class="bulk")(named("service.parting:step"))
# By the module that brings the matcher along.
handles(MATCH_KIND, lane_class="bulk")(named("service.weighing:match_guest"))
handles(MATCH_GROUP_KIND, lane_class="bulk")(named("service.weighing:match_group"))
handles(LINK_KIND, lane_class="bulk")(named("service.weighing:link"))
handles(BACKFILL_KIND, lane_class="bulk", bury=named("service.backfilling:after_backfill_failure"))(
    named("service.weighing:backfill_step")
)

reacts_to(GUEST_CHANGED, "guests.match")(named("reactions:match_changed"))
reacts_to(GUESTS_IMPORTED, "guests.match_group")(named("reactions:match_imported"))
reacts_to(GUESTS_MERGED, "guests.answer_pair")(named("reactions:answer_pair"))
reacts_to(GUESTS_PARTED, "guests.keep_apart")(named("reactions:keep_apart"))
