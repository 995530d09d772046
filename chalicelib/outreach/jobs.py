"""Outreach's work on the agenda."""

from __future__ import annotations

from chalicelib.kernel import agenda
from chalicelib.outreach import service
from chalicelib.outreach.service import accompanying, judging, kinds, reminding, silence, silent_days, tasks, threads

agenda.handles(kinds.BIRTHDAY, bury=service.greeting_lost)(service.greet)
agenda.handles(kinds.KEEP, bury=service.keeping_lost)(service.keep)
agenda.handles(kinds.FESTIVAL, lane_class="bulk", bury=service.festival_lost)(service.celebrate)
agenda.handles(kinds.ARM_FESTIVALS, lane_class="bulk")(service.arm_some_festivals)
agenda.handles(kinds.FIRST_STAY)(service.thank)
agenda.handles(kinds.SETTLE)(service.settle)
agenda.handles(kinds.RETRY)(service.try_again)
agenda.handles(kinds.ANSWER)(threads.send_answer)
agenda.handles(kinds.REARM, lane_class="bulk")(service.arm_some_again)
agenda.handles(kinds.SILENCE)(silence.fall_silent)
agenda.handles(kinds.SILENT_DAY, lane_class="bulk")(silent_days.work_day)
agenda.handles(kinds.TASK_EXPIRY)(tasks.expire)
agenda.handles(kinds.OWED)(judging.judge)
agenda.handles(kinds.LOYAL, bury=judging.month_lost)(judging.live_month)
agenda.handles(kinds.JOURNEY, bury=accompanying.journey_lost)(accompanying.accompany)
agenda.handles(kinds.ARM_JOURNEYS, lane_class="bulk")(accompanying.arm_some_journeys)
agenda.handles(kinds.POINTS_ENDING)(reminding.remind)
