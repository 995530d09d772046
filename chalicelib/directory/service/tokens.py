"""What an API token looks like: `hk_test_<chain>_<key>_<secret>`. It carries its chain, so that nothing is searched.

Chain and key are the random parts of their ids. Tokens of test and live chains differ at their first characters.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from chalicelib.kernel.deferred import dataclass

SECRET_BYTES = 20  # 160 bits: a plain hash of it cannot be turned back by trying
SECRET_END_LENGTH = 4  # enough to tell two secrets apart, nothing of use to a thief

_SECRET = re.compile(r"[0-9a-z]{32,64}")
_TOKEN = re.compile(r"hk_(test|live)_([0-9a-hjkmnp-tv-z]{26})_([0-9a-hjkmnp-tv-z]{26})_([0-9a-z]{32,64})")


@dataclass(frozen=True)
class Token:
    """A token taken apart."""

    is_test: bool
    chain_id: str
    key_id: str
    secret: str

    def __str__(self) -> str:
        mode = "test" if self.is_test else "live"
        chain, key = self.chain_id.removeprefix("chn_"), self.key_id.removeprefix("key_")
        return f"hk_{mode}_{chain}_{key}_{self.secret}"


def parse(text: str) -> Token | None:
    """The token that a text is, or None."""
    found = _TOKEN.fullmatch(text)
    if found is None:
        return None
    return Token(found[1] == "test", f"chn_{found[2]}", f"key_{found[3]}", found[4])


def new_secret() -> str:
    """A fresh secret."""
    return secrets.token_hex(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """What is stored of a secret. Raises ValueError for one that no token could carry."""
    if not _SECRET.fullmatch(secret):
        raise ValueError("a secret is 32 to 64 lower-case letters and digits")
    return hashlib.sha256(secret.encode()).hexdigest()
