"""What a desk's lookup reads, the first rows of an index from a prefix on; and the count of its looks abroad."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib.guests.models.guests import GIVEN, INITIALS, Guest, HouseGuest, name_bucket
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.kernel.unit import Unit

COUNTED_FOR = timedelta(hours=2)  # an hour's count is of use in that hour


def beginning(scope: Scope, index: str, prefix: str, property_id: str | None, *, limit: int) -> list[str]:
    """Ids of the first guests of an index whose keys begin with a prefix: of a house, or of the chain for None."""
    table: type[Guest | HouseGuest] = Guest if property_id is None else HouseGuest
    name = {INITIALS: "initials_key", GIVEN: "given_key"}.get(index, "name_key")
    where: Any = getattr(table, name).startswith(prefix)
    partition = name_bucket(scope.chain_id, prefix) if property_id is None else scope.key(property_id)
    rows = table.page(partition, index=index, where=where, limit=limit).items
    return [row.id if isinstance(row, Guest) else str(row.guest_id) for row in rows]


class FindCounter(Record):
    """How many guests beyond the wall somebody has found within an hour of the real clock."""

    class Meta(Record.Meta):
        table_name = Record.table("lookup-counters")

    actor_key = UnicodeAttribute(hash_key=True)
    hour = UnicodeAttribute(range_key=True)
    finds = NumberAttribute(default=0)
    expires_at = TTLAttribute()

    @classmethod
    def add(cls, unit: Unit, at: datetime, finds: int, *, finds_max: int, refusal: Refusal) -> None:
        """Add some finds of the caller's in `unit`; committing raises `refusal` if the hour had more than it may."""
        unit.amend(
            cls,
            (unit.scope.key(unit.scope.actor.id), f"{at:%Y-%m-%dT%H}"),
            "ADD finds :n SET expires_at = :end",
            values={
                ":n": {"N": str(finds)},
                ":end": {"N": str(int((at + COUNTED_FOR).timestamp()))},
                ":room": {"N": str(finds_max - finds)},
            },
            condition="attribute_not_exists(finds) OR finds <= :room",
            refusal=refusal,
        )
