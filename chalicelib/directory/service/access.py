"""From a token or a session to a scope. Whatever is wrong with either, the answer is one and the same."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from chalicelib.directory import rules
from chalicelib.directory.models import ApiKey, Chain, Staff
from chalicelib.directory.service import catalogue, tokens
from chalicelib.kernel import aws, logs
from chalicelib.kernel.clock import chain_now, real_now, sortable
from chalicelib.kernel.errors import Unauthenticated
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.tenancy import AUTHENTICATION, enter, through

log = logs.Log(__name__)

KEY_REFUSED = N_("This API key is not valid.")
SESSION_REFUSED = N_("Your session has ended. Sign in again.")
LAST_USE_EVERY = timedelta(hours=1)  # exact enough to find unused keys, and one write an hour


def authenticate_key(token: str, request_id: str) -> Scope:
    """The scope of an API key's holder, who stands inside their chain from here on.

    Raises Unauthenticated for a forged, foreign, expired or revoked one.

    Costs a read of the key, for a test chain one of its clock; the chain itself is remembered.
    """
    parsed = tokens.parse(token)
    if parsed is None:
        raise Unauthenticated(KEY_REFUSED)
    with through(AUTHENTICATION):
        key = ApiKey.find(parsed.chain_id, parsed.key_id)
    if key is None or not _is_secret_right(key, parsed.secret) or key.state != "active":
        raise Unauthenticated(KEY_REFUSED)
    enter(parsed.chain_id)
    chain = catalogue.known_chain(parsed.chain_id)
    if chain is None or chain.is_test != parsed.is_test:
        raise Unauthenticated(KEY_REFUSED)
    _note_use(key)
    permissions = frozenset(key.permissions) | rules.IMPLIED_PERMISSIONS
    return _scope(chain, Actor("key", key.id), permissions, key.property_ids, chain.default_language, request_id)


def authenticate_session(chain_id: str, staff_id: str, signed_in_at: datetime, request_id: str) -> Scope:
    """The scope of a member of staff, who stands inside their chain from here on.

    Raises Unauthenticated once they are disabled, have signed out, or have another password.
    """
    if not (is_id(chain_id, "chn") and is_id(staff_id, "stf")):
        raise Unauthenticated(SESSION_REFUSED)
    enter(chain_id)  # the cookie was signed by us
    staff = Staff.find(chain_id, staff_id)
    if staff is None or staff.is_disabled or signed_in_at < staff.password_changed_at:
        raise Unauthenticated(SESSION_REFUSED)
    if sortable(signed_in_at) in (staff.ended_sessions or ()):
        raise Unauthenticated(SESSION_REFUSED)
    chain = catalogue.known_chain(chain_id)
    if chain is None:
        raise Unauthenticated(SESSION_REFUSED)
    permissions = rules.role_permissions(staff.role)
    return _scope(chain, Actor("staff", staff.id), permissions, staff.property_ids, staff.language, request_id)


def _scope(
    chain: Chain,
    actor: Actor,
    permissions: frozenset[str],
    property_ids: set[str] | None,
    language: str,
    request_id: str,
) -> Scope:
    return Scope(
        chain_id=chain.id,
        actor=actor,
        now=chain_now(chain.id, is_test=chain.is_test),
        permissions=permissions,
        property_ids=None if property_ids is None else frozenset(property_ids),
        is_test=chain.is_test,
        language=language,
        request_id=request_id,
    )


def _is_secret_right(key: ApiKey, secret: str) -> bool:
    """Whether a secret is the key's present one, or a former one whose overlap has not ended."""
    given, now = tokens.hash_of(secret), sortable(real_now())
    taken = [key.secret_hash, *(digest for digest, end in key.former_secrets if end > now)]
    compared = [hmac.compare_digest(given, digest) for digest in taken]
    return any(compared)


def _note_use(key: ApiKey) -> None:
    """Write when the key was last used, at most once an hour. Losing it harms nobody, so it never fails a request."""
    now = real_now()
    if key.last_used_at is not None and now - key.last_used_at < LAST_USE_EVERY:
        return
    try:
        aws.client("dynamodb").update_item(
            TableName=ApiKey.Meta.table_name,
            Key=key.key(),
            UpdateExpression="SET last_used_at = :now",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeValues={":now": {"S": ApiKey.last_used_at.serialize(now)}},
        )
    except (aws.ClientError, aws.BotoCoreError) as error:
        log.warning("last_use_not_noted", cause=type(error))
