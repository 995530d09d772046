"""Builders with sensible defaults: a chain, its houses and callers of every kind, made by the real use-cases.

Two steps make a world: `chain, hq = make_chain()` and `house = make_property(hq)`. Every name can be overridden:
`make_property(hq, time_zone="Asia/Shanghai")`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.directory.rules import PERMISSIONS, role_permissions
from chalicelib.directory.schemas import BrandIn, ChainIn, KeyIn, PropertyIn, StaffIn
from chalicelib.kernel.calendars import parse_instant
from chalicelib.kernel.clock import chain_now, real_now
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.web.auth import OPERATOR_PERMISSIONS

START = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)  # a Wednesday, between two changes of European clocks
PASSWORD = "correct horse battery"


def operator_scope() -> Scope:
    """Whoever runs the installation."""
    return Scope("", Actor("operator", "operator"), real_now(), OPERATOR_PERMISSIONS, request_id="req_test")


def make_chain(
    mode: str = "test", now: datetime | str | None = None, *, id: str | None = None, **fields: Any
) -> tuple[directory.Chain, Scope]:
    """A chain and the scope of its head office. A test chain's clock stands at `now`, by default at START."""
    start = parse_instant(now) if isinstance(now, str) else now or START
    values = {"name": "Example Hotels", "mode": mode, "country": "PT", "time_zone": "Europe/Lisbon"}
    # Tests make the same person over and over and mean somebody else each time; whoever tests links says so.
    values |= {"automatic_linking": False, **fields}
    body = ChainIn.model_validate(values)
    if mode == "test":
        body.clock_starts_at = start
    chain = directory.create_chain(operator_scope(), body, id=id)
    return chain, make_scope(chain)


def make_scope(
    chain: directory.Chain,
    role: str | None = None,
    *,
    permissions: Iterable[str] | None = None,
    property_ids: Iterable[str] | None = None,
    actor: Actor | None = None,
    language: str = "en",
) -> Scope:
    """A caller of the chain at its present instant: of a role, with permissions, or by default with all of them.

    Call it again after the clock was advanced: a scope keeps its instant.
    """
    if permissions is not None:
        held = frozenset(permissions)
    else:
        held = role_permissions(role) if role else PERMISSIONS | {"me:read"}
    return Scope(
        chain_id=chain.id,
        actor=actor or Actor("key", "key_0000000000000000000000t000"),
        now=chain_now(chain.id, is_test=chain.is_test),
        permissions=held,
        property_ids=None if property_ids is None else frozenset(property_ids),
        is_test=chain.is_test,
        language=language,
        request_id="req_test",
    )


def make_brand(scope: Scope, name: str = "Harbour Collection", *, id: str | None = None) -> directory.Brand:
    """A brand of the caller's chain."""
    return directory.create_brand(scope, BrandIn(name=name), id=id)


def make_property(
    scope: Scope, name: str = "Harbour House", *, id: str | None = None, **fields: Any
) -> directory.Property:
    """A property of the caller's chain, in Lisbon unless told otherwise."""
    values = {"name": name, "time_zone": "Europe/Lisbon", "country": "PT", "currency": "EUR", **fields}
    return directory.create_property(scope, PropertyIn.model_validate(values), id=id)


def make_key(
    scope: Scope,
    permissions: Iterable[str] | None = None,
    *,
    property_ids: Iterable[str] | None = None,
    **fields: Any,
) -> str:
    """The token of a new API key of the caller's chain, by default with every permission."""
    held = sorted(PERMISSIONS if permissions is None else permissions)
    limit = None if property_ids is None else sorted(property_ids)
    body = KeyIn(name="Tests", permissions=held, property_ids=limit, **fields)
    return directory.create_key(scope, body)[1]


def make_staff(scope: Scope, role: str = "hq_admin", *, id: str | None = None, **fields: Any) -> directory.Staff:
    """A member of staff who signs in with PASSWORD. Hashing it takes a fifth of a second: make few."""
    values = {"email": f"{role}.{new_id('m')}@staff.example", "name": "Ana Silva", "role": role, "password": PASSWORD}
    return directory.create_staff(scope, StaffIn.model_validate({**values, **fields}), id=id)[0]
