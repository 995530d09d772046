"""Passwords: scrypt from the standard library, with the parameters kept beside each hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata

# OWASP's password storage cheat sheet, scrypt with 16 MiB: some 0.2 s of one core, and it fits a small function.
SCRYPT_N = 2**14
SCRYPT_R = 8
SCRYPT_P = 5
SCRYPT_MEMORY_BYTES_MAX = 64 * 2**20
SALT_BYTES = 16
HASH_BYTES = 32


def hashed(password: str) -> str:
    """What is stored of a password: `scrypt$n$r$p$salt$hash`."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _scrypt(password, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P)
    return "$".join(("scrypt", str(SCRYPT_N), str(SCRYPT_R), str(SCRYPT_P), _text(salt), _text(digest)))


def is_right(password: str, stored: str) -> bool:
    """Whether a password belongs to what is stored, in time that tells nothing about where they differ."""
    _, n, r, p, salt, digest = stored.split("$")
    found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(digest))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # One password typed on two keyboards may come composed or not (NIST SP 800-63B, 5.1.1.2).
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=SCRYPT_MEMORY_BYTES_MAX, dklen=HASH_BYTES)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# Nobody's: whoever signs in with an unknown address is compared with it and takes as long as anybody else.
NOBODYS = "$".join(("scrypt", str(SCRYPT_N), str(SCRYPT_R), str(SCRYPT_P), _text(bytes(16)), _text(bytes(32))))
