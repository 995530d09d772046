"""Addresses that answers come back to: the local part says which chain and what is answered, and carries our signature.

A local part has at most 64 characters, and its case may be lost on the way; so it is a letter and 63 digits of base 32:
16 bytes of the chain, 16 of what is answered, 7 of the signature. No personal data, and nothing that guessing finds.
"""

from __future__ import annotations

import base64
import hmac
from typing import Literal

from chalicelib.kernel import ids
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.settings import settings

# An answer to a delivery, its unsubscription, and an answer to what staff wrote to a guest.
Kind = Literal["r", "u", "g"]
_PREFIXES: dict[str, str] = {"r": "dlv", "u": "dlv", "g": "gst"}
_SIGNED, _SIGNATURE = 32, 7
_LENGTH = 63


@dataclass(frozen=True)
class Address:
    """What an address stands for: `subject_id` is a delivery's or a guest's id."""

    kind: str
    chain_id: str
    subject_id: str


def address_of(kind: Kind, chain_id: str, subject_id: str) -> str | None:
    """The address for a message; None where answers are not taken in."""
    chain, subject = ids.content_of(chain_id, "chn"), ids.content_of(subject_id, _PREFIXES[kind])
    domain = settings().reply_domain
    if not domain or chain is None or subject is None:
        return None
    content = chain + subject
    return f"{kind}{_digits(content + _signature(kind, content))}@{domain}"


def read(address: str) -> Address | None:
    """What an address of ours stands for; None for one that we have not signed, and for other people's."""
    local, _, domain = address.strip().lower().rpartition("@")
    kind, digits = local[:1], local[1:]
    if not domain or domain != settings().reply_domain or kind not in _PREFIXES or len(digits) != _LENGTH:
        return None
    try:
        content = base64.b32decode(digits.upper() + "=")
    except ValueError:
        return None
    if _digits(content) != digits:  # its last digit has bits to spare, which would make eight addresses of one
        return None
    signed, signature = content[:_SIGNED], content[_SIGNED:]
    if not hmac.compare_digest(signature, _signature(kind, signed)):
        return None
    return Address(kind, ids.id_of("chn", signed[:16]), ids.id_of(_PREFIXES[kind], signed[16:]))


def _digits(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()


def _signature(kind: str, content: bytes) -> bytes:
    secret = settings().secret.encode()
    return hmac.digest(secret, b"outreach.replies" + kind.encode() + content, "sha256")[:_SIGNATURE]
