"""What outreach announces. Details hold ids and words only."""

from __future__ import annotations

# An address may no longer be written to. Subject: the suppression. Detail: channel, cause.
ADDRESS_SUPPRESSED = "outreach.address_suppressed"

# A guest has written, by mail or text. Subject: the guest. Detail: channel, message.
MESSAGE_RECEIVED = "outreach.message_received"

# A guest has taken themselves off by a link of ours. Subject: the guest. Detail: purpose, channel.
GUEST_UNSUBSCRIBED = "outreach.guest_unsubscribed"
