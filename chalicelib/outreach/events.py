"""What outreach announces. Details hold ids and words only."""

from __future__ import annotations

# An address may no longer be written to. Subject: the suppression. Detail: channel, cause.
ADDRESS_SUPPRESSED = "outreach.address_suppressed"

# A guest has written, by mail or text. Subject: the guest. Detail: channel, message.
MESSAGE_RECEIVED = "outreach.message_received"

# A guest has taken themselves off by a link of ours. Subject: the guest. Detail: purpose, channel.
GUEST_UNSUBSCRIBED = "outreach.guest_unsubscribed"

# Somebody is to call a guest. Subject: the task. Detail: guest_id, property_id, due_on, cause (silence, …).
CALL_OPENED = "outreach.call_opened"

# Nobody needs to call any more. Detail: the same, and the outcome (cancelled or expired where nobody noted one).
CALL_CLOSED = "outreach.call_closed"
