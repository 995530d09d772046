"""Who the caller is, as they may read it themselves."""

from __future__ import annotations

from chalicelib.directory.models import ApiKey, Staff
from chalicelib.directory.schemas import ActorOut, MeOut, MyChain, MyProperty
from chalicelib.directory.service import catalogue
from chalicelib.kernel.scope import Scope

PROPERTIES_SHOWN_MAX = 100  # a page's worth; the list of properties has them all


def me(scope: Scope) -> MeOut:
    """The caller's chain, name, permissions and properties."""
    seen = catalogue.properties(scope)
    return MeOut(
        chain=MyChain.model_validate(catalogue.chain_of(scope)),
        actor=ActorOut(kind=scope.actor.kind, id=scope.actor.id, name=_name_of(scope)),
        now=scope.now,
        permissions=sorted(scope.permissions),
        is_chain_wide=scope.property_ids is None,
        property_count=len(seen),
        properties=[MyProperty.model_validate(one) for one in seen[:PROPERTIES_SHOWN_MAX]],
    )


def _name_of(scope: Scope) -> str | None:
    record: ApiKey | Staff | None = None
    if scope.actor.kind == "key":
        record = ApiKey.find(scope.chain_id, scope.actor.id)
    elif scope.actor.kind == "staff":
        record = Staff.find(scope.chain_id, scope.actor.id)
    return str(record.name) if record is not None else None
