"""Outreach's work on the agenda."""

from __future__ import annotations

from chalicelib.kernel import agenda
from chalicelib.outreach import service
from chalicelib.outreach.service import kinds, threads

agenda.handles(kinds.BIRTHDAY, bury=service.greeting_lost)(service.greet)
agenda.handles(kinds.KEEP, bury=service.keeping_lost)(service.keep)
agenda.handles(kinds.FESTIVAL, lane_class="bulk", bury=service.festival_lost)(service.celebrate)
agenda.handles(kinds.ARM_FESTIVALS, lane_class="bulk")(service.arm_some_festivals)
agenda.handles(kinds.FIRST_STAY)(service.thank)
agenda.handles(kinds.SETTLE)(service.settle)
agenda.handles(kinds.RETRY)(service.try_again)
agenda.handles(kinds.ANSWER)(threads.send_answer)
agenda.handles(kinds.REARM, lane_class="bulk")(service.arm_some_again)
