"""Who may call: the callables that the front door hands over, so that this floor needs to know no context."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from chalicelib.kernel.clock import real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Unauthenticated
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.settings import settings
from chalicelib.web.http import Request

OPERATOR_PERMISSIONS = frozenset({"chains:write", "chains:read"})


@dataclass(frozen=True)
class Authenticators:
    """`by_key` turns an API token into a scope; `by_session` a staff session's subject into one."""

    by_key: Callable[[str, str], Scope]  # (token, request id)
    by_session: Callable[[str, str, datetime, str], Scope]  # (chain id, staff id, signed in at, request id)


def bearer(request: Request) -> str:
    """The token of the Authorization header. Raises Unauthenticated."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthenticated(N_("Send an API key as `Authorization: Bearer …`."))
    return token.strip()


def operator_scope(request: Request) -> Scope:
    """The scope of whoever runs the installation; it belongs to no chain. Raises Unauthenticated."""
    given = hashlib.sha256(bearer(request).encode()).hexdigest()
    if not settings().operator_key_hash or not hmac.compare_digest(given, settings().operator_key_hash):
        raise Unauthenticated(N_("This operator key is not valid."))
    return Scope("", Actor("operator", "operator"), real_now(), OPERATOR_PERMISSIONS, request_id=request.id)


def public_scope(request: Request) -> Scope:
    """The scope of a caller who is nobody: no chain, no permission."""
    return Scope("", Actor("public", ""), real_now(), request_id=request.id)
