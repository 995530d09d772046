"""Opaque, signed cursors, bound to one chain and one filter, free of personal data."""

from __future__ import annotations

from itsdangerous import BadData, URLSafeSerializer

from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.table import Key

CURSOR_PREFIX = "cur_"
CURSOR_LENGTH_MAX = 2000


def _signer(scope: Scope, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret, salt=f"cursor|{scope.chain_id}|{purpose}")


def encode(scope: Scope, purpose: str, key: Key | None) -> str | None:
    """A cursor for `key`, or None at the end. `purpose` names the list and its filters (it is signed, not shown)."""
    if key is None:
        return None
    return CURSOR_PREFIX + str(_signer(scope, purpose).dumps(key))


def decode(scope: Scope, purpose: str, cursor: str | None) -> Key | None:
    """The key a cursor stands for. Raises Malformed for a forged one or one of another list, filter or chain."""
    if not cursor:
        return None
    if not cursor.startswith(CURSOR_PREFIX) or len(cursor) > CURSOR_LENGTH_MAX:
        raise Malformed(N_("The cursor is not one of ours."))
    try:
        key: Key = _signer(scope, purpose).loads(cursor[len(CURSOR_PREFIX) :])
    except BadData:
        raise Malformed(N_("The cursor belongs to another list, filter or chain.")) from None
    return key
