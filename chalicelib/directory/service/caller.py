"""Who the caller is, as they may read it themselves."""

from __future__ import annotations

from datetime import datetime

from chalicelib.directory.models import ApiKey, Chain, Property, Staff
from chalicelib.directory.service import catalogue
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope

PROPERTIES_SHOWN_MAX = 100  # a page's worth; the list of properties has them all


@dataclass(frozen=True)
class Caller:
    """Who asks, by the name that they go by here."""

    kind: str
    id: str
    name: str | None


@dataclass(frozen=True)
class Me:
    """Who the caller is and how far they see."""

    chain: Chain
    actor: Caller
    now: datetime
    permissions: list[str]
    is_chain_wide: bool
    property_count: int
    properties: list[Property]


def me(scope: Scope) -> Me:
    """The caller's chain, name, permissions and properties."""
    seen = catalogue.properties(scope)
    return Me(
        chain=catalogue.chain_of(scope),
        actor=Caller(scope.actor.kind, scope.actor.id, _name_of(scope)),
        now=scope.now,
        permissions=sorted(scope.permissions),
        is_chain_wide=scope.property_ids is None,
        property_count=len(seen),
        properties=seen[:PROPERTIES_SHOWN_MAX],
    )


def _name_of(scope: Scope) -> str | None:
    record: ApiKey | Staff | None = None
    if scope.actor.kind == "key":
        record = ApiKey.find(scope.chain_id, scope.actor.id)
    elif scope.actor.kind == "staff":
        record = Staff.find(scope.chain_id, scope.actor.id)
    return str(record.name) if record is not None else None
