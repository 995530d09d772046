"""What became of a request with an Idempotency-Key: written in the use-case's own transaction, answered once."""

from __future__ import annotations

from datetime import timedelta

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.table import Record

KEPT_DAYS = 7
KEY_LENGTH_MAX = 255


class IdempotencyRecord(Record):
    """A key that has had its effect, and the answer given, once it was given."""

    class Meta(Record.Meta):
        table_name = Record.table("idempotency")

    caller_key = UnicodeAttribute(hash_key=True)
    body_hash = UnicodeAttribute()
    claimed_at = UnicodeAttribute()
    status = NumberAttribute(null=True)
    answer = UnicodeAttribute(null=True)
    headers = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()

    @classmethod
    def claimed(cls, chain_id: str, actor_id: str, key: str, body_hash: str) -> IdempotencyRecord:
        """The record to be created together with the effect."""
        now = real_now()
        return cls(
            caller_key=caller_key(chain_id, actor_id, key),
            body_hash=body_hash,
            claimed_at=sortable(now),
            expires_at=now + timedelta(days=KEPT_DAYS),
        )


def caller_key(chain_id: str, actor_id: str, key: str) -> str:
    """Storage key: one caller's keys never meet another's. The key itself may hold anything, so it is hashed."""
    return f"{chain_id}#{actor_id}#{keyed_hash('idempotency', key)}"
