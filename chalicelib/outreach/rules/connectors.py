"""Connectors: what carries a channel that is neither mail nor text, by Standard Webhooks, and what it tells.

A connector's secret follows from the installation's and is stored nowhere. After a rotation the one before holds on for
a day, so that both sides may change it in their own time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass

URL_LENGTH_MAX = 500
ROTATION_OVERLAP = timedelta(days=1)
TIMESTAMP_TOLERANCE_S = 300  # as Standard Webhooks recommends: a post that is older was kept by somebody
SECRET_PREFIX = "whsec_"
SIGNATURES_MAX = 8  # in one header: more are not looked at
STATES_MAX = 100  # in one post

# What a connector may tell, and the mark that a delivery takes for it. An opt-out is about the guest.
STATES: Mapping[str, str] = {"delivered": "delivered", "read": "read", "failed": "failed"}
OPTED_OUT = "opted_out"

LOOPBACK = ("127.0.0.1", "localhost")

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")


@dataclass(frozen=True)
class Connector:
    """Who carries a channel for a chain, and where to."""

    id: str
    name: str
    url: str
    channel: str
    generation: int
    rotated_at: datetime
    created_at: datetime
    version: int = 0

    def generations(self, now: datetime) -> list[int]:
        """Which of its secrets hold, the present one first."""
        both = self.generation > 1 and now < self.rotated_at + ROTATION_OVERLAP
        return [self.generation, self.generation - 1] if both else [self.generation]

    def as_dict(self) -> dict[str, Any]:
        """What is stored."""
        return {
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "channel": self.channel,
            "generation": self.generation,
            "rotated_at": sortable(self.rotated_at),
            "created_at": sortable(self.created_at),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], version: int) -> Connector:
        """A stored connector."""
        at = {name: from_sortable(stored[name]) for name in ("rotated_at", "created_at")}
        return cls(**{**stored, **at, "version": version})


def is_url(text: str, *, allows_loopback: bool) -> bool:
    """Whether a connector may be posted to there: https, a host by name, no user, no other port than 443 or above 1023.

    The addresses behind the name are judged with every message. Plain http to this machine is for the local stack.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    if len(text) > URL_LENGTH_MAX or not text.isascii() or any(one <= " " for one in text):
        return False
    if parts.username is not None or parts.password is not None or parts.fragment or not _HOST.fullmatch(host):
        return False
    if allows_loopback and host in LOOPBACK:
        return parts.scheme in ("http", "https")
    is_named = "." in host and not host.rpartition(".")[2].isdigit()
    return parts.scheme == "https" and is_named and (port is None or port == 443 or port > 1023)


def is_here(url: str) -> bool:
    """Whether an address is this machine's own, and so nobody real."""
    return urlsplit(url).hostname in LOOPBACK


def shown_secret(key: bytes) -> str:
    """A key as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signature(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each key that holds."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)


def is_signed(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes, now_s: float) -> bool:
    """Whether a post bears a signature of one of the keys that is not older than some minutes."""
    message_id, given = headers.get("webhook-id", ""), headers.get("webhook-signature", "")
    stamp = headers.get("webhook-timestamp", "")
    if not message_id or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    if abs(now_s - int(stamp)) > TIMESTAMP_TOLERANCE_S:
        return False
    try:
        expected = [signature((key,), message_id, int(stamp), body) for key in keys]
        offered = [one.encode("ascii") for one in given.split(" ")[:SIGNATURES_MAX]]
    except (UnicodeEncodeError, binascii.Error):
        return False
    return any(hmac.compare_digest(one.encode(), other) for one in expected for other in offered)
