"""What is written where nothing is known, and mailboxes of a desk: they say nothing of a person."""

from __future__ import annotations

# Dates that systems fill in when nobody asked.
PLACEHOLDER_DATES = frozenset(
    "19000101 19010101 18991230 19010102 19700101 19800101 19900101 20000101 19500101 19600101 11111111".split()
)

# The part before the @ of mailboxes that many people read; and what is typed when there is none.
DESKS = frozenset(
    "info office admin sales booking bookings reservation reservations reception hotel contact mail email groups events travel enquiries hello frontdesk concierge"
    " support service accounts none noemail no-email na n.a unknown test noreply no-reply guest anonymous".split()
)
