"""API keys: made, listed, changed, rotated, revoked. The token leaves this module once and is never stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.directory import rules
from chalicelib.directory.models import ApiKey
from chalicelib.directory.service import granting, listing, tokens
from chalicelib.directory.service.writing import apply, given, require_version
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

if TYPE_CHECKING:
    from chalicelib.directory.schemas import KeyIn, KeyPatch, KeyQuery, RotationIn

IN_THE_PAST = N_("This instant has passed.")


class Revoked(Conflict):
    """The key was revoked, which is for ever."""

    type, title = "revoked", N_("This API key has been revoked")


def create_key(scope: Scope, body: KeyIn, *, id: str | None = None, secret: str | None = None) -> tuple[ApiKey, str]:
    """A new key and its token. `id` and `secret` (32 to 64 lower-case letters and digits) are for the seeder.

    Raises Invalid for unknown properties or an end in the past, Forbidden for more than the caller holds.
    """
    _check(scope, body.permissions, body.property_ids, body.expires_at)
    secret = secret or tokens.new_secret()
    key = ApiKey(
        chain_id=scope.chain_id,
        id=id or new_id("key"),
        name=body.name,
        permissions=set(body.permissions),
        property_ids=_set_of(body.property_ids),
        secret_hash=tokens.hash_of(secret),
        secret_end=secret[-tokens.SECRET_END_LENGTH :],
        ends_at=body.expires_at,
        created_at=scope.now,
        updated_at=scope.now,
    )
    unit = Unit(scope)
    unit.create(key)
    unit.audit("key.created", key.id, permissions=",".join(sorted(key.permissions)))
    unit.commit()
    return key, _token_of(scope, key, secret)


def key_of(scope: Scope, key_id: str) -> ApiKey:
    """A key; for a limited caller, one limited to a property of theirs. Raises NotFound."""
    key = ApiKey.find(scope.chain_id, key_id) if is_id(key_id, "key") else None
    if key is None or not granting.is_seen(scope, key.property_ids):
        raise NotFound()
    return key


def update_key(scope: Scope, key_id: str, patch: KeyPatch, expected_version: int) -> ApiKey:
    """Change a key. Raises NotFound, Stale, Revoked, Forbidden for a key that holds more than the caller."""
    key = _changeable(scope, key_id)
    require_version(key, expected_version)
    changes = given(patch)
    if "permissions" in changes:
        changes["permissions"] = set(patch.permissions)
    if "property_ids" in changes:
        changes["property_ids"] = _set_of(patch.property_ids)
    if "expires_at" in changes:
        changes["ends_at"] = changes.pop("expires_at")
    changed = apply(key, changes)
    if not changed:
        return key
    sent_permissions = patch.permissions if "permissions" in changed else sorted(key.permissions)
    sent_property_ids = patch.property_ids if "property_ids" in changed else sorted(key.property_ids or ()) or None
    _check(scope, sent_permissions, sent_property_ids, patch.expires_at if "ends_at" in changed else None)
    return _written(scope, key, "key.updated", fields=",".join(changed))


def revoke_key(scope: Scope, key_id: str, expected_version: int) -> None:
    """End a key at once and for ever; it stays listed. Raises like `update_key`."""
    key = _changeable(scope, key_id)
    require_version(key, expected_version)
    key.revoked_at = real_now()
    key.former = None
    _written(scope, key, "key.revoked")


def rotate_key(scope: Scope, key_id: str, body: RotationIn) -> tuple[ApiKey, str]:
    """A new secret for a key; older ones are taken for `overlap_hours` more. Answers the key and its new token."""

    def attempt() -> tuple[ApiKey, str]:
        key = _changeable(scope, key_id)
        now = real_now()
        until = now + timedelta(hours=body.overlap_hours)
        former = rules.former_after_rotation(key.former_secrets, key.secret_hash, sortable(until), sortable(now))
        secret = tokens.new_secret()
        key.secret_hash = tokens.hash_of(secret)
        key.secret_end = secret[-tokens.SECRET_END_LENGTH :]
        key.former = [{"hash": digest, "until": end} for digest, end in former] or None
        key.rotated_at = now
        _written(scope, key, "key.rotated", overlap_hours=body.overlap_hours)
        return key, _token_of(scope, key, secret)

    return retried(attempt)


def keys_page(scope: Scope, query: KeyQuery) -> listing.Found[ApiKey]:
    """The keys that the caller sees, oldest first."""

    def is_wanted(one: ApiKey) -> bool:
        return (
            granting.is_seen(scope, one.property_ids)
            and query.state in (None, one.state)
            and (query.property_id is None or query.property_id in (one.property_ids or ()))
            and (query.updated_since is None or one.updated_at >= query.updated_since)
        )

    return listing.find(
        scope,
        f"keys|{query.state}|{query.property_id}|{query.updated_since}",
        lambda limit, after: ApiKey.page(scope.chain_id, limit=limit, after=after),
        is_wanted,
        query,
    )


def _changeable(scope: Scope, key_id: str) -> ApiKey:
    """A key that the caller could have made. Whoever rotates a key holds it from then on."""
    key = key_of(scope, key_id)
    granting.require_not_stronger(scope, key.permissions, key.property_ids)
    if key.revoked_at is not None:
        raise Revoked()
    return key


def _check(
    scope: Scope, permissions: list[str], property_ids: list[str] | None, expires_at: datetime | None
) -> None:
    errors = granting.unknown_properties(scope, property_ids)
    if expires_at is not None and expires_at <= real_now():
        errors += (FieldError("/expires_at", IN_THE_PAST, "past"),)
    if errors:
        raise Invalid(errors=errors)
    granting.require_grantable(scope, permissions, property_ids)


def _written(scope: Scope, key: ApiKey, action: str, **detail: str | int) -> ApiKey:
    key.updated_at = scope.now
    unit = Unit(scope)
    unit.update(key)
    unit.audit(action, key.id, **detail)
    unit.commit()
    return key


def _token_of(scope: Scope, key: ApiKey, secret: str) -> str:
    return str(tokens.Token(scope.is_test, scope.chain_id, key.id, secret))


def _set_of(property_ids: list[str] | None) -> set[str] | None:
    return set(property_ids) if property_ids else None
