"""The history of a guest's consents."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record


class ConsentEntry(Record):
    """One declaration: everything that somebody said about a guest's consents at one time. Never changed."""

    class Meta(Record.Meta):
        table_name = Record.table("consent-entries")

    guest_key = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)  # recorded_at#id: the order in which they were heard of
    changes = JSONAttribute()  # [{"purpose", "channel", "state", "source", "at"}]
    actor_kind = UnicodeAttribute()
    actor_id = UnicodeAttribute()
    recorded_at = UTCDateTimeAttribute()

    @classmethod
    def of(cls, scope: Scope, guest_id: str, changes: list[dict[str, str]]) -> ConsentEntry:
        """The entry of what has just been declared."""
        return cls(
            guest_key=scope.key(guest_id),
            entry_id=f"{sortable(scope.now)}#{new_id('cns')}",
            changes=changes,
            actor_kind=scope.actor.kind,
            actor_id=scope.actor.id,
            recorded_at=scope.now,
        )

    @classmethod
    def newest(cls, scope: Scope, guest_id: str, *, limit: int, before: str | None = None) -> list[ConsentEntry]:
        """Entries under a guest's id, the latest first, from before an entry on."""
        where = cls.entry_id < before if before else None
        return cls.page(scope.key(guest_id), where=where, limit=limit, is_forward=False).items
