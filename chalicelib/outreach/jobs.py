"""Outreach's work on the agenda."""

from __future__ import annotations

from chalicelib.kernel import agenda
from chalicelib.outreach import service
from chalicelib.outreach.service import kinds

agenda.handles(kinds.BIRTHDAY, bury=service.greeting_lost)(service.greet)
agenda.handles(kinds.KEEP, bury=service.keeping_lost)(service.keep)
agenda.handles(kinds.FIRST_STAY)(service.thank)
agenda.handles(kinds.SETTLE)(service.settle)
agenda.handles(kinds.RETRY)(service.try_again)
agenda.handles(kinds.REARM, lane_class="bulk")(service.arm_some_again)
