"""Loyalty's work on the agenda."""

from __future__ import annotations

from chalicelib.kernel import agenda
from chalicelib.loyalty import service
from chalicelib.loyalty.service import kinds

agenda.handles(kinds.CONFIRM)(service.confirm)
agenda.handles(kinds.END)(service.end_due)
agenda.handles(kinds.PRICE_GUEST, lane_class="bulk")(service.price_guest)
agenda.handles(kinds.CHECK, lane_class="bulk")(service.check_step)
agenda.handles(kinds.REPRICE, lane_class="bulk")(service.reprice)
agenda.handles(kinds.RELEASE)(service.release_due)
agenda.handles(kinds.JOIN, lane_class="bulk")(service.join_step)
agenda.handles(kinds.PART, lane_class="bulk")(service.part_step)
