"""Real time and test clocks. Everything that asks what time it is asks here."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from pynamodb.attributes import ListAttribute, UnicodeAttribute

from chalicelib.kernel.table import Record

INSTANTS_KEPT = 256  # a transaction, or the items of a page, are mostly of one instant


def real_now() -> datetime:
    """The instant now, aware, UTC, in microseconds. For leases, times to live, tokens and live chains."""
    return datetime.now(UTC)


@lru_cache(maxsize=INSTANTS_KEPT)
def sortable(instant: datetime) -> str:
    """Fixed-width text whose order is time's order: `2026-03-04T05:06:07.123456Z`. Takes an aware instant."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_sortable(text: str) -> datetime:
    """The instant written by `sortable`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


class ClockRecord(Record):
    """The clock of one test chain, and the advance under way. Live chains have none."""

    class Meta(Record.Meta):
        table_name = Record.table("clocks")

    chain_id = UnicodeAttribute(hash_key=True)
    now_at = UnicodeAttribute()
    target_at = UnicodeAttribute(null=True)
    advance_id = UnicodeAttribute(null=True)
    finished_ids: ListAttribute[str] = ListAttribute(null=True)

    @property
    def now(self) -> datetime:
        """The chain's present instant."""
        return from_sortable(self.now_at)


def chain_now(chain_id: str, *, is_test: bool) -> datetime:
    """What time it is for a chain. A test chain costs one read."""
    if not is_test:
        return real_now()
    record = ClockRecord.find(chain_id)
    if record is None:
        raise LookupError(f"test chain {chain_id} has no clock")
    return record.now
