"""Signed addresses that let a guest stop messages without signing in. They carry ids and words, no personal data."""

from __future__ import annotations

import hashlib
import hmac

from itsdangerous import Signer

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.settings import settings

TOKEN_LENGTH_MAX = 400  # ours have some 130 characters
PATH = "/u/"


@dataclass(frozen=True)
class Unsubscription:
    """Who wants no more of what, where."""

    chain_id: str
    guest_id: str
    purpose: str
    channel: str


def unsubscribe_url(wish: Unsubscription) -> str:
    """The address for a message. It never expires: stopping must always work."""
    return f"{settings().base_url}{PATH}{token_of(wish)}"


def token_of(wish: Unsubscription) -> str:
    """What stands for a wish: its words, and our signature under them."""
    value = ".".join((wish.chain_id, wish.guest_id, wish.purpose, wish.channel))
    return _signer().sign(value).decode()


def read_token(token: str) -> Unsubscription | None:
    """What a token stands for; None for one that we have not signed, to the letter."""
    parts = token.split(".")
    if len(token) > TOKEN_LENGTH_MAX or len(parts) != 5 or not token.isascii():
        return None
    wish = Unsubscription(*parts[:4])
    # Signed again and compared, because the last letter of a signature could be another one and still verify.
    return wish if hmac.compare_digest(token_of(wish), token) else None


def _signer() -> Signer:
    return Signer(settings().secret, salt="outreach.unsubscribe", digest_method=hashlib.sha256)
