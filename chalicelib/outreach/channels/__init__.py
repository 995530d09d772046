"""The channels there are. In which order they are tried for a message is decided with it (see `service.choosing`).

A new one is a class in a file of its own here, and a name in the line below.
"""

from __future__ import annotations

from chalicelib.kernel.settings import settings
from chalicelib.outreach.channels.mail import MailChannel
from chalicelib.outreach.channels.person import PersonChannel
from chalicelib.outreach.channels.port import Accepted, Channel, Message, Outcome, Refused, Unknown
from chalicelib.outreach.channels.push import PushChannel
from chalicelib.outreach.channels.recorder import Recorder
from chalicelib.outreach.channels.text import TextChannel
from chalicelib.outreach.channels.webhook import WebhookChannel
from chalicelib.outreach.rules.channels import CARRIED, CONNECTED
from chalicelib.outreach.rules.connectors import Connector, is_here

__all__ = ["CHANNELS", "Accepted", "Channel", "Message", "Outcome", "Refused", "Unknown", "carrier"]

_IN_ORDER: tuple[Channel, ...] = (
    MailChannel(),
    TextChannel(),
    PushChannel(),
    *map(WebhookChannel, CONNECTED),
    *map(PersonChannel, CARRIED),
)
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in _IN_ORDER}


def carrier(name: str, *, is_test: bool, connector: Connector | None = None) -> Channel:
    """Who carries a message of a channel: the channel, or the recorder for test chains that could reach real people.

    On one machine mails and texts end in an outbox, but a connector is somewhere else unless its address is here.
    """
    channel = CHANNELS[name]
    is_outside = settings().endpoint_url is None or (connector is not None and not is_here(connector.url))
    return Recorder(channel) if is_test and is_outside else channel
