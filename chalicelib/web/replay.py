"""Idempotency-Key: one key, one effect, one answer.

The key is written in the use-case's own transaction (see `kernel.unit`); the answer is kept beside it afterwards and
given again to whoever repeats the request. A process that dies between the two leaves a key without an answer: the
effect has happened once, and the caller is told so.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from chalicelib.kernel import aws
from chalicelib.kernel.errors import Busy, Malformed
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.idempotency import KEY_LENGTH_MAX, AnswerLost, IdempotencyRecord, answered, caller_key
from chalicelib.kernel.scope import Idempotency, Scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.unit import KEY_IN_USE, Unit
from chalicelib.web.http import Request, Response

KEY_FORM = N_("An Idempotency-Key has 1 to %(count)s printable characters.")
ANSWER_BYTES_MAX = 300_000  # an item holds 400 kB


def guard_of(request: Request, *, is_required: bool) -> Idempotency | None:
    """The caller's key with the hash of what it stands for. Raises Malformed if it is needed and missing."""
    key = request.headers.get("idempotency-key")
    if key is None:
        if is_required:
            raise Malformed(N_("Send an Idempotency-Key: points or messages move here."))
        return None
    if not key.strip() or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise Malformed(KEY_FORM, values={"count": KEY_LENGTH_MAX})
    # Keyed, because a body may hold a password, which a plain hash would let somebody guess at leisure.
    message = b"\x1f".join((request.method.encode(), request.path.encode(), request.body))
    return Idempotency(key, hmac.new(settings().secret.encode(), message, hashlib.sha256).hexdigest())


def earlier_answer(scope: Scope, guard: Idempotency) -> Response | None:
    """What was answered under this key before, or None. Raises KeyReused, or AnswerLost."""
    record = answered(scope, guard)
    if record is None:
        return None
    headers = {**json.loads(record.headers or "{}"), "Idempotency-Hit": "true"}
    return Response(int(record.status), record.answer or "", headers)


def claim_late(scope: Scope, guard: Idempotency) -> Response | None:
    """Claim the key of a request that changed nothing, because what it asked for was so already: whoever repeats it is
    answered the same, and another body is refused. Answers what a twin was given who was faster, or None."""
    unit = Unit(scope)
    claimed = IdempotencyRecord.claimed(scope.chain_id, scope.actor.id, guard.key, guard.body_hash)
    unit.create(claimed, refusal=Busy(KEY_IN_USE))
    try:
        unit.commit()
    except Busy:
        return lost_race(scope, guard)
    guard.is_written = True
    return None


def keep_answer(scope: Scope, guard: Idempotency, response: Response) -> None:
    """Keep an answer beside its key, for whoever repeats the request."""
    if not guard.is_written or not isinstance(response.body, str) or len(response.body.encode()) > ANSWER_BYTES_MAX:
        return
    aws.client("dynamodb").update_item(
        TableName=IdempotencyRecord.Meta.table_name,
        Key=IdempotencyRecord.raw_key(caller_key(scope.chain_id, scope.actor.id, guard.key)),
        UpdateExpression="SET #s = :s, answer = :a, headers = :h",
        ConditionExpression="attribute_exists(caller_key)",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={
            ":s": {"N": str(response.status)},
            ":a": {"S": response.body},
            ":h": {"S": json.dumps(response.headers)},
        },
    )


def lost_race(scope: Scope, guard: Idempotency) -> Response | None:
    """After a conflict: the answer of the twin that was faster, or None if there is none. Raises Busy while it is at
    work."""
    try:
        return earlier_answer(scope, guard)
    except AnswerLost:
        raise Busy(KEY_IN_USE) from None
