"""Signed addresses that let a guest stop messages without signing in. They carry ids and words, no personal data."""

from __future__ import annotations

import hashlib
import hmac

from itsdangerous import Signer

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.settings import settings

TOKEN_LENGTH_MAX = 400  # ours have some 130 characters
PATH = "/u/"
STATES_PATH = "/c/"


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


def states_url(chain_id: str, connector_id: str) -> str:
    """Where a connector tells what became of messages. It names the chain: nothing is looked for across chains."""
    return f"{settings().base_url}{STATES_PATH}{_connector_signer().sign(f'{chain_id}.{connector_id}').decode()}"


def connector_of(token: str) -> tuple[str, str] | None:
    """The chain and the connector that an address of ours stands for; None for one that we have not signed."""
    parts = token.split(".")
    if len(token) > TOKEN_LENGTH_MAX or len(parts) != 3 or not token.isascii():
        return None
    chain_id, connector_id, _ = parts
    expected = _connector_signer().sign(f"{chain_id}.{connector_id}").decode()
    return (chain_id, connector_id) if hmac.compare_digest(expected, token) else None


def _connector_signer() -> Signer:
    return Signer(settings().secret, salt="outreach.connector", digest_method=hashlib.sha256)


def _signer() -> Signer:
    return Signer(settings().secret, salt="outreach.unsubscribe", digest_method=hashlib.sha256)
