"""What loyalty does later, when stays and guests change, and when entries are booked. Named, not imported."""

from __future__ import annotations

from chalicelib.guests.events import GUESTS_MERGED, GUESTS_PARTED
from chalicelib.kernel.agenda import handles
from chalicelib.kernel.events import reacts_to
from chalicelib.kernel.later import Names
from chalicelib.loyalty import kinds
from chalicelib.loyalty.events import POINTS_BOOKED
from chalicelib.stays.events import STAY_CHANGED, STAYS_IMPORTED

named = Names(__package__)

handles(kinds.CONFIRM)(named("service.earning:confirm"))
handles(kinds.END)(named("service.ending:end_due"))
handles(kinds.PRICE_GUEST, lane_class="bulk")(named("service.earning:price_guest"))
handles(kinds.CHECK, lane_class="bulk")(named("service.checking:check_step"))
handles(kinds.REPRICE, lane_class="bulk")(named("service.rates:reprice"))
handles(kinds.RELEASE)(named("service.spending:release_due"))
handles(kinds.JOIN, lane_class="bulk")(named("service.merging:join_step"))
handles(kinds.PART, lane_class="bulk")(named("service.merging:part_step"))

reacts_to(STAY_CHANGED, "loyalty.price_stay")(named("reactions:price_stay"))
reacts_to(STAYS_IMPORTED, "loyalty.price_guests")(named("reactions:price_guests"))
reacts_to(GUESTS_MERGED, "loyalty.join_members")(named("reactions:join_members"))
reacts_to(GUESTS_PARTED, "loyalty.part_members")(named("reactions:part_members"))
reacts_to(POINTS_BOOKED, "loyalty.count")(named("reactions:count"))
