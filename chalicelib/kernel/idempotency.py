"""What became of a request with an Idempotency-Key: written in the use-case's own transaction, answered once."""

from __future__ import annotations

from datetime import timedelta

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.scope import Idempotency, Scope
from chalicelib.kernel.table import Record

KEPT_DAYS = 7
KEY_LENGTH_MAX = 255


class KeyReused(Invalid):
    """The same key came with another body."""

    type, title = "idempotency_key_reused", N_("This Idempotency-Key was used for another request")


class AnswerLost(Conflict):
    """The effect happened; the answer was never kept."""

    type, title = "answer_lost", N_("The request had its effect, but its answer was lost")


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


def answered(scope: Scope, guard: Idempotency) -> IdempotencyRecord | None:
    """The record of the caller's key with the answer given to it; None for a new key. Raises KeyReused, AnswerLost."""
    record = IdempotencyRecord.find(caller_key(scope.chain_id, scope.actor.id, guard.key))
    if record is None:
        return None
    if record.body_hash != guard.body_hash:
        raise KeyReused()
    if record.status is None:
        raise AnswerLost(N_("Read what you wanted to change: it has been changed once."))
    return record


def caller_key(chain_id: str, actor_id: str, key: str) -> str:
    """Storage key: one caller's keys never meet another's. The key itself may hold anything, so it is hashed."""
    return f"{chain_id}#{actor_id}#{keyed_hash('idempotency', key)}"
