"""Names of outreach's work on the agenda. The handlers are in `jobs`."""

from __future__ import annotations

BIRTHDAY = "outreach.birthday"
KEEP = "outreach.keep"
FESTIVAL = "outreach.festival"
ARM_FESTIVALS = "outreach.arm_festivals"
FIRST_STAY = "outreach.first_stay"
SETTLE = "outreach.settle"
RETRY = "outreach.retry"
REARM = "outreach.rearm"
ANSWER = "outreach.answer"
