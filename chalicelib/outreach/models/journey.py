"""What is remembered of the journey of a stay: what its guest knows, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.rules.journey import Memory


class StayJourney(Record):
    """One stay of one guest. Whoever takes over another's booking has been told nothing of it."""

    class Meta(Record.Meta):
        table_name = Record.table("stay-journeys")

    guest_key = UnicodeAttribute(hash_key=True)
    stay_id = UnicodeAttribute(range_key=True)
    said = JSONAttribute(default=dict)
    news_at = UnicodeAttribute(null=True)

    @classmethod
    def many(cls, scope: Scope, keys: Iterable[tuple[str, str]]) -> dict[str, StayJourney]:
        """Journeys by stay, from (guest id, stay id); an empty record where nothing is remembered."""
        wanted = [(scope.key(guest_id), stay_id) for guest_id, stay_id in keys]
        found = {str(one.stay_id): one for one in cls.find_many(wanted)}
        return {stay_id: found.get(stay_id) or cls(guest_key=key, stay_id=stay_id) for key, stay_id in wanted}

    @property
    def memory(self) -> Memory:
        """What is remembered."""
        return Memory.of(self.said or {}, from_sortable(self.news_at) if self.news_at else None)

    def remember(self, unit: Unit, memory: Memory) -> None:
        """Write what is remembered from now on. Raises Stale, when it is committed, if somebody else wrote it."""
        self.said = memory.as_dict()
        self.news_at = sortable(memory.news_at) if memory.news_at else None
        if int(self.version):
            unit.update(self)
        else:
            unit.create(self, refusal=Stale())
