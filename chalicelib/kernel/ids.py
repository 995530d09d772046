"""Prefixed, sortable ids: `gst_01h…`. They say what they name and never carry personal data.

Behind the prefix is a ULID: milliseconds in 48 bits, then 80 bits of chance, in Crockford's base 32. It is written here
because every function starts with it and makes one for every record.
"""

from __future__ import annotations

import hashlib
import re
import time
from functools import lru_cache
from secrets import token_bytes
from typing import TYPE_CHECKING

from chalicelib.kernel.settings import settings

if TYPE_CHECKING:
    from hashlib import _Hash

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o and u
_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]  # two digits at a time take half as long
_SHIFTS = range(120, -1, -10)
_BYTES = 16
_BLOCK_BYTES = 64  # of SHA-256
_INNER, _OUTER = bytes(one ^ 0x36 for one in range(256)), bytes(one ^ 0x5C for one in range(256))
_CHANCE_BYTES = 10
_ID = re.compile(r"^[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}$")


def new_id(prefix: str) -> str:
    """A fresh id, e.g. `new_id("gst")` → `gst_01jd3y…` (26 characters of lower-case Crockford base 32)."""
    chance = token_bytes(_CHANCE_BYTES)
    return _written(prefix, time.time_ns() // 1_000_000 << 8 * _CHANCE_BYTES | int.from_bytes(chance, "big"))


def id_of(prefix: str, content: bytes) -> str:
    """The id that stands for 16 bytes: always the same for the same ones."""
    return _written(prefix, int.from_bytes(content, "big"))


def content_of(text: str, prefix: str) -> bytes | None:
    """The 16 bytes that an id with `prefix` stands for; None for what is no such id."""
    if not is_id(text, prefix):
        return None
    number = 0
    for digit in text[len(prefix) + 1 :]:
        number = number << 5 | _DIGITS.index(digit)
    return number.to_bytes(_BYTES, "big") if number >> 8 * _BYTES == 0 else None


def _written(prefix: str, number: int) -> str:
    return f"{prefix}_{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the shape of an id with `prefix`."""
    return text.startswith(prefix + "_") and _ID.match(text) is not None


def keyed_hash(*parts: str) -> str:
    """A hash of personal data that only this installation can compute: for keys, never for showing."""
    begun, ending = _keyed(settings().secret)
    inner, outer = begun.copy(), ending.copy()
    inner.update("\x1f".join(parts).encode())
    outer.update(inner.digest())
    return outer.hexdigest()[:32]


@lru_cache(maxsize=1)
def _keyed(secret: str) -> tuple[_Hash, _Hash]:
    """HMAC with SHA-256 (RFC 2104) after its key: the inner and the outer hash, to be copied. The library's own way
    begins anew with every message, which is two thirds of its time."""
    key = secret.encode()
    block = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


def shard_of(text: str, count: int) -> int:
    """A stable number in [0, count) for `text`."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") % count
