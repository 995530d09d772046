"""What a test chain's messages go to in the cloud: they are kept in the bucket and reach nobody.

On the local stack they take the real way, because there the way itself ends in an outbox.
"""

from __future__ import annotations

import json

from chalicelib.kernel import aws
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.settings import settings
from chalicelib.outreach.channels.port import Accepted, Channel, Message, Outcome, Reachable, failure_of, refusal_of
from chalicelib.outreach.rules.eligibility import Contact


class Recorder:
    """Stands for a channel and keeps what it would have sent."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.name = channel.name
        self.contact_kind = channel.contact_kind
        self.parts = channel.parts
        self.is_connected = channel.is_connected

    def contacts_of(self, guest: Reachable) -> list[Contact]:
        """As the channel says."""
        return self._channel.contacts_of(guest)

    def masked(self, address: str) -> str:
        """As the channel says."""
        return self._channel.masked(address)

    def read(self, text: str) -> str:
        """As the channel says."""
        return self._channel.read(text)

    def send(self, message: Message) -> Outcome:
        """Keep the message under its delivery's id."""
        content = {
            "channel": self.name,
            "address": message.address,
            "sender": message.sender_name,
            "chain_time": format_instant(message.chain_time),
            "parts": message.parts,
        }
        try:
            aws.client("s3").put_object(
                Bucket=settings().bucket,
                Key=f"recorder/{message.chain_id}/{message.delivery_id}.json",
                Body=json.dumps(content, ensure_ascii=False).encode(),
                ContentType="application/json",
            )
        except aws.ClientError as error:
            return refusal_of(error)
        except aws.BotoCoreError as error:
            return failure_of(error)
        return Accepted(f"recorded-{message.delivery_id}")
