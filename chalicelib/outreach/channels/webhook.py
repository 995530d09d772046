"""Channels of a chain's own, such as WeChat and WhatsApp: each message is posted once to the chain's connector.

Standard Webhooks says who posts. Where to is written by people, so it is looked at anew with every message: https only,
no address that is not public, no redirection, and the connection is made to the very address that was looked at.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
from functools import cache
from threading import Timer
from urllib.parse import urlsplit

from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.settings import settings
from chalicelib.outreach.channels import secrets
from chalicelib.outreach.channels.port import Accepted, Message, Outcome, Reachable, Refused, Unknown
from chalicelib.outreach.rules.connectors import LOOPBACK, signature
from chalicelib.outreach.rules.eligibility import Contact

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 8.0
TOTAL_TIMEOUT_S = 12.0  # whatever it drips: below what a worker has for its batch
ANSWER_BYTES_MAX = 16_384
ADDRESS_LENGTH_MAX = 200
MESSAGE_ID_LENGTH_MAX = 128
USER_AGENT = "Hospes-Connector/1"


class WebhookChannel:
    """A channel that a connector carries."""

    contact_kind: str | None = None
    is_connected = True
    parts: tuple[str, ...] = ("text.txt",)

    def __init__(self, name: str) -> None:
        self.name = name

    def contacts_of(self, guest: Reachable) -> list[Contact]:
        """The guest's addresses there, as the connector calls them."""
        return [Contact(self.name, address) for address in guest.addresses.get(self.name, ())]

    def masked(self, address: str) -> str:
        """`***a1b2`: what is known of an account is its end."""
        return f"***{address[-4:]}" if len(address) > 8 else "***"

    def read(self, text: str) -> str:
        """An account's name as the connector knows it: printable ASCII without spaces."""
        found = text.strip()
        if not found or len(found) > ADDRESS_LENGTH_MAX or not all("!" <= one <= "~" for one in found):
            raise InvalidValue(N_("This is no address: letters, digits and signs without spaces are."))
        return found

    def send(self, message: Message) -> Outcome:
        """One post. A 2xx was taken, a 4xx was not, and after anything else nobody knows."""
        if message.connector is None:
            return Refused("NoConnector", may_retry=False)
        body = json.dumps(content_of(message), ensure_ascii=False).encode()
        timestamp = int(real_now().timestamp())
        keys = secrets.keys_of(message.chain_id, message.connector, real_now())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": message.delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(keys, message.delivery_id, timestamp, body),
        }
        return posted(message.connector.url, body, headers, message.delivery_id)


def content_of(message: Message) -> dict[str, object]:
    """What a connector is told."""
    return {
        "type": "message.send",
        "timestamp": format_instant(message.chain_time),
        "data": {
            "guest_id": message.guest_id,
            "delivery_id": message.delivery_id,
            "channel": message.connector.channel if message.connector else None,
            "address": message.address,
            "occasion": message.occasion,
            "language": message.language,
            "sender": message.sender_name,
            "text": message.parts["text.txt"].strip(),
            "unsubscribe_url": message.unsubscribe_url,
        },
    }


def posted(url: str, body: bytes, headers: dict[str, str], name: str) -> Outcome:
    """Post once. `name` stands for the message where the answer names none."""
    parts = urlsplit(url)
    host, is_https = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_https else 80)
    try:
        address = public_address(host, port, is_https=is_https)
    except OSError:
        return Refused("HostUnknown", may_retry=True)
    if address is None:
        return Refused("AddressForbidden", may_retry=False)
    try:
        opened = socket.create_connection((address, port), timeout=CONNECT_TIMEOUT_S)
    except OSError as error:
        return Refused(_word(error), may_retry=True)  # without a connection nothing was said
    # A server that drips a byte now and then would hold a worker for ever.
    held = [opened]
    end = Timer(TOTAL_TIMEOUT_S, _hang_up, (held,))
    end.daemon = True
    end.start()
    try:
        return _asked(held, host, parts.path or "/", parts.query, body, headers, name, is_https=is_https)
    finally:
        end.cancel()
        for one in held:
            one.close()


def public_address(host: str, port: int, *, is_https: bool) -> str | None:
    """The address to connect to; None if any that the name stands for is not public. Raises OSError for no such
    name.
    """
    if host in LOOPBACK and settings().is_loopback_allowed:
        return "127.0.0.1"
    if not is_https:
        return None
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    return found[0] if found and all(is_public(one) for one in found) else None


def is_public(address: str) -> bool:
    """Whether an address is somewhere on the open internet, also the one that is wrapped in it."""
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv6Address):
        wrapped = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if wrapped is None and one in _NAT64:
            wrapped = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
    return one.is_global and not one.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _asked(
    held: list[socket.socket], host: str, path: str, query: str, body: bytes, headers: dict[str, str], name: str, *,
    is_https: bool,
) -> Outcome:  # fmt: skip
    if is_https:
        try:
            secured = _tls().wrap_socket(held[-1], server_hostname=host, do_handshake_on_connect=False)
            held.append(secured)
            secured.do_handshake()
        except (OSError, ValueError) as error:
            return Refused(_word(error), may_retry=True)  # who it is was not clear, so nothing was said
    held[-1].settimeout(READ_TIMEOUT_S)
    connection = http.client.HTTPConnection(host)
    connection.sock = held[-1]
    try:
        connection.request("POST", f"{path}?{query}" if query else path, body, headers)
        answer = connection.getresponse()
        text = answer.read(ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException) as error:
        return Unknown(_word(error))
    finally:
        connection.close()
    return meaning_of(answer.status, text, name)


def meaning_of(status: int, text: bytes, name: str) -> Outcome:
    """What an answer means. A redirection is not followed, so what it was asked was not done."""
    if 200 <= status < 300:
        return Accepted(_message_id(text) or name)
    if status == 429:
        return Refused("HTTP429", may_retry=True)
    if 300 <= status < 500:
        return Refused(f"HTTP{status}", may_retry=False)
    return Unknown(f"HTTP{status}")


def _message_id(text: bytes) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    one = found.get("message_id") if isinstance(found, dict) else None
    is_sound = isinstance(one, str) and 0 < len(one) <= MESSAGE_ID_LENGTH_MAX and one.isascii() and one.isprintable()
    return one if is_sound else None


def _word(error: Exception) -> str:
    return type(error).__name__


def _hang_up(held: list[socket.socket]) -> None:
    try:
        held[-1].shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is over already


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are checked against the system's own list."""
    return ssl.create_default_context()
