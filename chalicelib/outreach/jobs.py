"""What outreach does later, and when guests, stays, members, houses and calls change. Named, not imported."""

from __future__ import annotations

from chalicelib.directory.events import CHAIN_CHANGED, PROPERTY_CHANGED, PROPERTY_CREATED
from chalicelib.guests.events import GUEST_CHANGED, GUEST_REMOVED, GUESTS_IMPORTED, GUESTS_MERGED, GUESTS_PARTED
from chalicelib.kernel.agenda import handles
from chalicelib.kernel.events import reacts_to
from chalicelib.kernel.later import Names
from chalicelib.loyalty.events import MEMBER_ENROLLED, POINTS_ENDING
from chalicelib.outreach import kinds
from chalicelib.outreach.events import CALL_CLOSED, CALL_OPENED
from chalicelib.stays.events import STAY_CHANGED, STAY_COMPLETED, STAYS_IMPORTED

named = Names(__package__)

handle_mail_event = named("service.hearing:handle_mail_event")

handles(kinds.BIRTHDAY, bury=named("service.occurring:greeting_lost"))(named("service.occurring:greet"))
handles(kinds.KEEP, bury=named("service.keeping:keeping_lost"))(named("service.keeping:keep"))
handles(kinds.FESTIVAL, lane_class="bulk", bury=named("service.celebrating:festival_lost"))(
    named("service.celebrating:celebrate")
)
handles(kinds.ARM_FESTIVALS, lane_class="bulk")(named("service.celebrating:arm_some_festivals"))
handles(kinds.FIRST_STAY)(named("service.occurring:thank"))
handles(kinds.SETTLE)(named("service.sending:settle"))
handles(kinds.RETRY)(named("service.occurring:try_again"))
handles(kinds.ANSWER)(named("service.threads:send_answer"))
handles(kinds.POLICY_BEGINS)(named("service.publishing:begin"))
handles(kinds.REARM, lane_class="bulk")(named("service.arming:arm_some_again"))
handles(kinds.SILENCE)(named("service.silence:fall_silent"))
handles(kinds.SILENT_DAY, lane_class="bulk")(named("service.silent_days:work_day"))
handles(kinds.TASK_EXPIRY)(named("service.tasks:expire"))
handles(kinds.OWED)(named("service.judging:judge"))
handles(kinds.LOYAL, bury=named("service.judging:month_lost"))(named("service.judging:live_month"))
handles(kinds.FOLLOW_REGULARS, lane_class="bulk")(named("service.monthly:follow_some"))
handles(kinds.JOURNEY, bury=named("service.accompanying:journey_lost"))(named("service.accompanying:accompany"))
handles(kinds.ARM_JOURNEYS, lane_class="bulk")(named("service.accompanying:arm_some_journeys"))
handles(kinds.POINTS_ENDING)(named("service.reminding:remind"))

reacts_to(GUEST_CHANGED, "outreach.arm_birthday")(named("reactions.greetings:arm_birthday"))
reacts_to(GUESTS_IMPORTED, "outreach.arm_birthdays")(named("reactions.greetings:arm_birthdays"))
reacts_to(GUESTS_MERGED, "outreach.follow_merge")(named("reactions.greetings:follow_merge"))
reacts_to(GUESTS_PARTED, "outreach.remember_greeted")(named("reactions.greetings:remember_greeted"))
reacts_to(GUEST_REMOVED, "outreach.forget_birthday")(named("reactions.greetings:forget_birthday"))
reacts_to(CHAIN_CHANGED, "outreach.arm_all_again")(named("reactions.greetings:arm_chain_again"))
reacts_to(PROPERTY_CHANGED, "outreach.arm_all_again")(named("reactions.greetings:arm_property_again"))
reacts_to(STAY_CHANGED, "outreach.follow_zone")(named("reactions.greetings:follow_zone"))
reacts_to(STAYS_IMPORTED, "outreach.follow_zones")(named("reactions.greetings:follow_zones"))
reacts_to(STAY_COMPLETED, "outreach.arm_first_stay")(named("reactions.greetings:arm_first_stay"))
reacts_to(STAYS_IMPORTED, "outreach.arm_first_stays")(named("reactions.greetings:arm_first_stays"))
reacts_to(STAY_COMPLETED, "outreach.arm_stay_anniversary")(named("reactions.greetings:arm_stay_anniversary"))
reacts_to(STAYS_IMPORTED, "outreach.arm_stay_anniversaries")(named("reactions.greetings:arm_stay_anniversaries"))
reacts_to(MEMBER_ENROLLED, "outreach.arm_member_anniversary")(named("reactions.greetings:arm_member_anniversary"))
reacts_to(CHAIN_CHANGED, "outreach.arm_festivals")(named("reactions.greetings:arm_festivals"))
reacts_to(PROPERTY_CREATED, "outreach.arm_house")(named("reactions.greetings:arm_new_house"))
reacts_to(PROPERTY_CHANGED, "outreach.arm_house")(named("reactions.greetings:arm_house"))
reacts_to(STAY_CHANGED, "outreach.follow_silence")(named("reactions.calls:follow_silence"))
reacts_to(STAYS_IMPORTED, "outreach.follow_silences")(named("reactions.calls:follow_silences"))
reacts_to(GUESTS_MERGED, "outreach.follow_merged_silence")(named("reactions.calls:follow_merged_silence"))
reacts_to(GUESTS_PARTED, "outreach.follow_parted_silence")(named("reactions.calls:follow_parted_silence"))
reacts_to(GUEST_REMOVED, "outreach.forget_silence")(named("reactions.calls:forget_silence"))
reacts_to(CHAIN_CHANGED, "outreach.arm_journeys")(named("reactions.journey:arm_journeys"))
reacts_to(PROPERTY_CHANGED, "outreach.arm_journeys")(named("reactions.journey:arm_journeys_of_house"))
reacts_to(POINTS_ENDING, "outreach.remind")(named("reactions.journey:remind"))
reacts_to(STAY_COMPLETED, "outreach.owe_after_stay")(named("reactions.obligations:owe_after_stay"))
reacts_to(STAYS_IMPORTED, "outreach.owe_after_stays")(named("reactions.obligations:owe_after_stays"))
reacts_to(GUESTS_MERGED, "outreach.owe_merged")(named("reactions.obligations:owe_merged"))
reacts_to(GUESTS_PARTED, "outreach.owe_parted")(named("reactions.obligations:owe_parted"))
reacts_to(CALL_OPENED, "outreach.owe_call")(named("reactions.obligations:owe_call"))
reacts_to(CALL_CLOSED, "outreach.end_call")(named("reactions.obligations:end_call"))
