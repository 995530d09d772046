"""What outreach announces. Details hold ids and words only."""

from __future__ import annotations

# An address may no longer be written to. Subject: the suppression. Detail: channel, cause.
ADDRESS_SUPPRESSED = "outreach.address_suppressed"

# A guest has taken themselves off by a link of ours. Subject: the guest. Detail: purpose, channel.
GUEST_UNSUBSCRIBED = "outreach.guest_unsubscribed"

# A guest has fallen silent and is to be called, and what became of it. Subject: the guest. Detail: task_id,
# property_id, due_on, and once it is closed, outcome.
CALL_OPENED = "outreach.call_opened"
CALL_CLOSED = "outreach.call_closed"
