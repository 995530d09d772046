"""The channels there are, in the order in which they are tried.

A new one is a class in a file of its own here, and a name in the line below.
"""

from __future__ import annotations

from chalicelib.kernel.settings import settings
from chalicelib.outreach.channels.mail import MailChannel
from chalicelib.outreach.channels.port import Accepted, Channel, Message, Outcome, Refused, Unknown
from chalicelib.outreach.channels.recorder import Recorder
from chalicelib.outreach.channels.text import TextChannel

__all__ = ["CHANNELS", "Accepted", "Channel", "Message", "Outcome", "Refused", "Unknown", "carrier"]

_IN_ORDER: tuple[Channel, ...] = (MailChannel(), TextChannel())
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in _IN_ORDER}


def carrier(name: str, *, is_test: bool) -> Channel:
    """Who carries a message of a channel: the channel, or the recorder for test chains that could reach real people."""
    channel = CHANNELS[name]
    return Recorder(channel) if is_test and settings().endpoint_url is None else channel
