"""Prefixed, sortable ids: `gst_01h…`. They say what they name and never carry personal data."""

from __future__ import annotations

import hashlib
import hmac
import re

from ulid import ULID

from chalicelib.kernel.settings import settings

_ID = re.compile(r"^[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}$")


def new_id(prefix: str) -> str:
    """A fresh id, e.g. `new_id("gst")` → `gst_01jd3y…` (26 characters of lower-case Crockford base 32)."""
    return f"{prefix}_{str(ULID()).lower()}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the shape of an id with `prefix`."""
    return text.startswith(prefix + "_") and _ID.match(text) is not None


def keyed_hash(*parts: str) -> str:
    """A hash of personal data that only this installation can compute: for keys, never for showing."""
    message = "\x1f".join(parts).encode()
    return hmac.digest(settings().secret.encode(), message, "sha256").hex()[:32]


def shard_of(text: str, count: int) -> int:
    """A stable number in [0, count) for `text`."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") % count
