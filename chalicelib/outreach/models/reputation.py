"""What became of a property's mails, counted by the day on which they left; and whether they are paused.

All of a property lies in one partition, so that one query reads what a verdict needs. The counters of a day are in
shards, because every mail of a festival adds to them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib.kernel import ids
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.rules.reputation import Counts

SHARDS = 8  # 8,000 events a second of one property's day
KEPT = timedelta(days=60)  # many times the window: for whoever asks why a property was paused
_DAY, LIFTED, PAUSED = "day#", "lifted", "paused"  # in this order: days of a window and what follows are one range


class SendingDay(Record):
    """The mails that left a property on a day (UTC), one shard of them."""

    class Meta(Record.Meta):
        table_name = Record.table("sending-days")

    property_key = UnicodeAttribute(hash_key=True)
    part = UnicodeAttribute(range_key=True)  # day#2026-03-10#3
    told = NumberAttribute(default=0)
    bounced = NumberAttribute(default=0)
    complained = NumberAttribute(default=0)
    cause = UnicodeAttribute(null=True)  # of a pause: bounces, complaints, or by hand
    since = UnicodeAttribute(null=True)  # of a pause or its lifting, as sortable text
    made_by = UnicodeAttribute(null=True)
    expires_at = TTLAttribute(null=True)

    @property
    def counts(self) -> Counts:
        """What it counts; of a pause and its lifting, what was known then."""
        return Counts(int(self.told), int(self.bounced), int(self.complained))

    @property
    def day(self) -> str | None:
        """The day; None for a pause or its lifting."""
        return str(self.part).split("#")[1] if str(self.part).startswith(_DAY) else None

    @classmethod
    def add(cls, unit: Unit, property_id: str, left_at: str, delivery_id: str, counts: Counts) -> None:
        """Add to the day on which a mail left, in the caller's unit and without a read."""
        part = f"{_DAY}{left_at[:10]}#{ids.shard_of(delivery_id, SHARDS)}"
        ends_at = int((real_now() + KEPT).timestamp())
        unit.amend(
            cls,
            (unit.scope.key(property_id), part),
            "SET expires_at = :end ADD told :told, bounced :bounced, complained :complained",
            values={":end": {"N": str(ends_at)}, **{f":{name}": {"N": str(n)} for name, n in counts._asdict().items()}},
        )

    @classmethod
    def since_day(cls, scope: Scope, property_id: str, first: datetime) -> Iterator[SendingDay]:
        """Days from `first` on, then the last lifting and the pause, if there are any."""
        where = cls.part >= f"{_DAY}{first.date().isoformat()}"
        return cls.every(scope.key(property_id), where=where, page_size=SHARDS * 20)

    @classmethod
    def pause_of(cls, scope: Scope, property_id: str) -> SendingDay | None:
        """The pause of a property's mail. Of one that is not paused there is nothing to read."""
        return cls.find(scope.key(property_id), PAUSED)

    @classmethod
    def state(cls, scope: Scope, property_id: str, part: str, counts: Counts) -> SendingDay:
        """A new record of a pause or of its lifting, with what is known at this moment."""
        return cls(property_key=scope.key(property_id), part=part, made_by=scope.actor.id, **counts._asdict())
