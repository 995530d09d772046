"""Who acts, for which chain, at which instant, and how far they see. Every read and every write takes one."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime
from typing import NamedTuple

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden, NotFound
from chalicelib.kernel.i18n import N_


class Actor(NamedTuple):
    """Who does it: kind is `key`, `staff`, `system`, `operator` or `guest`."""

    kind: str
    id: str


SYSTEM = Actor("system", "system")


@dataclass(frozen=True)
class Scope:
    """The wall around one caller.

    `now` is the instant of this request or piece of work: real time for a live chain, the test clock's for a test
    chain. `property_ids` None means every property of the chain.
    """

    chain_id: str
    actor: Actor
    now: datetime
    permissions: frozenset[str] = frozenset()
    property_ids: frozenset[str] | None = None
    is_test: bool = False
    language: str = "en"
    request_id: str = ""
    idempotency: Idempotency | None = field(default=None, compare=False)

    def key(self, *parts: str) -> str:
        """A storage key of this chain: `chain#part#part`. Parts are ids or hashes, never personal data."""
        return "#".join((self.chain_id, *parts))

    def may(self, permission: str) -> bool:
        """Whether the caller holds `permission` (`context:verb`)."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise Forbidden without `permission`."""
        if permission not in self.permissions:
            raise Forbidden(N_("This needs the permission %(permission)s."), values={"permission": permission})

    def sees_property(self, property_id: str) -> bool:
        """Whether the caller's wall includes `property_id`."""
        return self.property_ids is None or property_id in self.property_ids

    def require_property(self, property_id: str) -> None:
        """Raise NotFound for a property beyond the wall, as if it did not exist."""
        if not self.sees_property(property_id):
            raise NotFound()

    def sees_any(self, property_ids: frozenset[str] | set[str]) -> bool:
        """Whether the wall includes at least one of `property_ids`; a chain-wide caller sees everything."""
        return self.property_ids is None or not self.property_ids.isdisjoint(property_ids)

    def at(self, now: datetime) -> Scope:
        """The same caller at another instant (work of a test chain that falls due)."""
        return replace(self, now=now)


@dataclass
class Idempotency:
    """The caller's idempotency key, to be written in the first transaction of the use-case it guards."""

    key: str
    body_hash: str
    is_written: bool = False


def system_scope(chain_id: str, now: datetime, *, is_test: bool, request_id: str = "") -> Scope:
    """The scope of scheduled and queued work: the whole chain, all permissions implied, actor `system`."""
    return Scope(chain_id=chain_id, actor=SYSTEM, now=now, is_test=is_test, request_id=request_id)
