"""Chains, which only the operator creates and changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.directory import events
from chalicelib.directory.models import ALL_CHAINS, ApiKey, Chain
from chalicelib.directory.rules import PERMISSIONS
from chalicelib.directory.service import catalogue, listing
from chalicelib.directory.service.keys import create_key
from chalicelib.directory.service.writing import apply, given, require_version
from chalicelib.kernel import agenda, testclock
from chalicelib.kernel.clock import chain_now
from chalicelib.kernel.errors import Busy, Invalid, NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.idempotency import IdempotencyRecord, answered
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.tenancy import FOUNDING, inside, through
from chalicelib.kernel.unit import KEY_IN_USE, Unit

if TYPE_CHECKING:
    from chalicelib.directory.schemas import ChainIn, ChainPatch, ChainQuery, KeyIn


def create_chain(scope: Scope, body: ChainIn, *, id: str | None = None) -> Chain:
    """A new chain; a test chain gets its clock in the same transaction. `id` is for the seeder."""
    is_test = body.mode == "test"
    now = body.clock_starts_at or scope.now
    inner = _inside(scope, id or new_id("chn"), now, is_test=is_test)
    values = body.model_dump(exclude={"clock_starts_at"})
    values["sender_name"] = body.sender_name or body.name
    chain = Chain(id=inner.chain_id, shelf=ALL_CHAINS, **values, activated_at=now, created_at=now, updated_at=now)
    unit = Unit(inner)
    unit.create(chain)
    if is_test:
        testclock.start_clock(unit, now)
    unit.audit("chain.created", chain.id, mode=chain.mode)
    agenda.announce(unit, Event(events.CHAIN_CREATED, chain.id, 1))
    _claim_idempotency(scope, unit)
    unit.after(_forgetting(chain.id))
    with inside(chain.id), through(FOUNDING):
        unit.commit()
    return chain


def get_chain(chain_id: str) -> Chain:
    """A chain for the operator. Raises NotFound."""
    if not is_id(chain_id, "chn"):
        raise NotFound()
    with inside(chain_id):
        chain = Chain.find(chain_id)
    if chain is None:
        raise NotFound()
    return chain


def update_chain(scope: Scope, chain_id: str, patch: ChainPatch, expected_version: int) -> Chain:
    """Change a chain's settings. Raises NotFound, Stale, or Invalid for a default language that is not spoken."""
    chain = get_chain(chain_id)
    require_version(chain, expected_version)
    changed = apply(chain, given(patch))
    if not changed:
        return chain
    if chain.default_language not in chain.languages:
        raise Invalid.field("/default_language", N_("The default language must be one of the languages."))
    with inside(chain.id):
        inner = _inside(scope, chain.id, chain_now(chain.id, is_test=chain.is_test), is_test=chain.is_test)
        chain.updated_at = inner.now
        unit = Unit(inner)
        unit.update(chain)
        unit.audit("chain.updated", chain.id, fields=",".join(changed))
        agenda.announce(unit, Event(events.CHAIN_CHANGED, chain.id, int(chain.version), {"fields": changed}))
        unit.after(_forgetting(chain.id))
        unit.commit()
    return chain


def chains_page(scope: Scope, query: ChainQuery) -> listing.Found[Chain]:
    """The operator's list, oldest first."""
    return listing.find(
        scope,
        f"chains|{query.mode}",
        lambda limit, after: Chain.page(ALL_CHAINS, index="all", limit=limit, after=after),
        lambda chain: query.mode in (None, chain.mode),
        query,
        key_of=lambda chain: {**chain.key(), "shelf": {"S": ALL_CHAINS}},
    )


def create_first_key(scope: Scope, chain_id: str, body: KeyIn) -> tuple[ApiKey, str]:
    """A key of a chain and its token, made by the operator: how head office gets in. Raises NotFound or Invalid."""
    chain = get_chain(chain_id)
    with inside(chain_id):
        now = chain_now(chain_id, is_test=chain.is_test)
        inner = _inside(scope, chain_id, now, is_test=chain.is_test)
        if scope.idempotency is not None:
            answered(inner, scope.idempotency)  # the operator's keys for one chain are kept with that chain
        return create_key(replace(inner, permissions=PERMISSIONS, idempotency=scope.idempotency), body)


def _inside(scope: Scope, chain_id: str, now: datetime, *, is_test: bool) -> Scope:
    """The operator's scope, standing inside one chain."""
    return replace(scope, chain_id=chain_id, now=now, is_test=is_test, idempotency=None)


def _claim_idempotency(scope: Scope, unit: Unit) -> None:
    """Guard the operator's key under the operator's own name: the transaction's is that of a chain made just now."""
    guard = scope.idempotency
    if guard is None:
        return
    record = IdempotencyRecord.claimed(scope.chain_id, scope.actor.id, guard.key, guard.body_hash)
    unit.create(record, refusal=Busy(KEY_IN_USE))
    unit.after(lambda: setattr(guard, "is_written", True))


def _forgetting(chain_id: str) -> Callable[[], None]:
    return lambda: catalogue.forget(chain_id)
