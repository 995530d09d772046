"""What loyalty announces. Details hold ids and numbers only."""

from __future__ import annotations

# Entries have been booked for a member. Subject: the member. Detail: programme_id, guest_id, first and last (their
# sequence numbers), balance.
POINTS_BOOKED = "loyalty.points_booked"

# Points of a member end on a day that is one of the programme's notices away: once for each last day and notice, late
# rather than never, and never for a notice that was past when the points came. Subject: the member. Detail:
# programme_id, guest_id, points, last_day, notice (how many days before the end the programme tells this).
POINTS_ENDING = "loyalty.points_ending"

# A guest has become a member. Subject: the member. Detail: programme_id, guest_id.
MEMBER_ENROLLED = "loyalty.member_enrolled"
