"""One use-case, one transaction. A Unit collects writes and commits all of them or none."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeVar

from chalicelib.kernel import aws, metrics
from chalicelib.kernel.audit import audit_entry
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import AlreadyExists, Busy, Refusal, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.idempotency import IdempotencyRecord
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Record
from chalicelib.kernel.wire import Operations

KEY_IN_USE = N_("The same Idempotency-Key is being worked on.")

T = TypeVar("T")

OPERATIONS_MAX = 90  # DynamoDB takes 100; the rest is room for audit, events and the idempotency record
TRIES_MAX = 8
BACKOFF_S = 0.02  # first pause after a conflict, doubled each time, jittered

_RETRIED_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_RETRIED_ERRORS = frozenset(
    {"TransactionInProgressException", "ThrottlingException", "ProvisionedThroughputExceededException"}
)


class UnitTooLarge(RuntimeError):
    """A use-case wrote more than one transaction holds: it has to become a resumable plan of steps."""


_Slot = tuple[str, ...]  # a table's name and the values of an item's key


@dataclass
class _Operation:
    kind: str  # Put | Delete | Update | ConditionCheck
    body: dict[str, Any]
    refusal: Refusal | type[Refusal]
    record: Record | None = None


@dataclass
class Unit:
    """The writes of one use-case.

    `create` and `update` are safe against races by condition; a broken condition raises the refusal given, by default
    AlreadyExists or Stale. Writing the same record twice keeps the first condition and the last state.
    """

    scope: Scope
    _operations: dict[_Slot, _Operation] = field(default_factory=dict)
    _after: list[Callable[[], None]] = field(default_factory=list)

    def create(self, record: Record, *, refusal: Refusal | None = None) -> None:
        """Write a record that must not exist yet; its version becomes 1."""
        record.attribute_values["version"] = 1
        hash_name, _ = record.key_names()
        self._put(record, "attribute_not_exists(#k)", {"#k": hash_name}, {}, refusal or AlreadyExists)

    def update(self, record: Record, *, refusal: Refusal | None = None) -> None:
        """Write a record that was read before and must be unchanged since; its version goes up by one."""
        slot = self._slot(record)
        if slot in self._operations and self._operations[slot].record is not None:
            self._operations[slot].body["Item"] = record.serialize()
            return
        before = int(record.version)
        record.version = before + 1
        self._put(record, "#v = :before", {"#v": "version"}, {":before": {"N": str(before)}}, refusal or Stale)

    def put(self, record: Record) -> None:
        """Write a record whatever is there: for entries under a key that is theirs alone."""
        self._put(record, None, {}, {}, Busy)

    def replace(self, record: Record, condition: str, values: Mapping[str, Any], *, refusal: Refusal) -> None:
        """Write a record under a condition of the caller's own."""
        self._put(record, condition, {}, values, refusal)

    def delete(self, record: Record, *, refusal: Refusal | None = None) -> None:
        """Delete a record that must be unchanged since it was read."""
        self._add(
            record,
            "Delete",
            {
                "Key": record.key(),
                "ConditionExpression": "#v = :before",
                "ExpressionAttributeNames": {"#v": "version"},
                "ExpressionAttributeValues": {":before": {"N": str(int(record.version))}},
            },
            refusal or Stale,
        )

    def check(
        self,
        table: type[Record],
        key: tuple[str, str | None],
        condition: str,
        *,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
        refusal: Refusal,
    ) -> None:
        """Make the transaction depend on a condition on an item that it does not write."""
        body: dict[str, Any] = {"Key": table.raw_key(*key), "ConditionExpression": condition}
        self._add_raw(table, "ConditionCheck", body, names, values, refusal)

    def unchanged(self, record: Record, *, refusal: Refusal | None = None) -> None:
        """Make the transaction depend on `record` being as it was read."""
        if self._slot(record) in self._operations:
            return
        self._add(
            record,
            "ConditionCheck",
            {
                "Key": record.key(),
                "ConditionExpression": "#v = :before",
                "ExpressionAttributeNames": {"#v": "version"},
                "ExpressionAttributeValues": {":before": {"N": str(int(record.version))}},
            },
            refusal or Stale,
        )

    def amend(
        self,
        table: type[Record],
        key: tuple[str, str | None],
        expression: str,
        *,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
        condition: str | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        """Change an item by an update expression, without reading it first."""
        body: dict[str, Any] = {"Key": table.raw_key(*key), "UpdateExpression": expression}
        if condition:
            body["ConditionExpression"] = condition
        self._add_raw(table, "Update", body, names, values, refusal or Stale)

    def audit(self, action: str, subject_id: str, **detail: str | int | bool | None) -> None:
        """Note who did what to whom, in the same transaction. `detail` holds field names and ids, no personal data."""
        self.put(audit_entry(self.scope, action, subject_id, detail))

    def after(self, step: Callable[[], None]) -> None:
        """Run `step` once the transaction has been committed. A crash in between loses it: the agenda must know."""
        self._after.append(step)

    def written(self, table: type[Record], key: tuple[str, str]) -> Record | None:
        """The record that the unit writes whole under a key, if it does."""
        operation = self._operations.get((table.Meta.table_name, *key))
        return operation.record if operation is not None else None

    @property
    def size(self) -> int:
        """How many items the transaction writes or checks so far."""
        return len(self._operations)

    def commit(self) -> None:
        """Write everything or nothing. Raises the first broken condition's refusal, or Busy after many conflicts."""
        self._guard_idempotency()
        if self._operations:
            if len(self._operations) > OPERATIONS_MAX:
                raise UnitTooLarge(f"{len(self._operations)} items in one transaction")
            self._write()
        steps, self._after = self._after, []
        for step in steps:
            step()

    # -- inside ------------------------------------------------------------------------------------------------

    def _slot(self, record: Record) -> _Slot:
        return record.Meta.table_name, *record.key_values()

    def _put(
        self,
        record: Record,
        condition: str | None,
        names: Mapping[str, str],
        values: Mapping[str, Any],
        refusal: Refusal | type[Refusal],
    ) -> None:
        slot = self._slot(record)
        known = self._operations.get(slot)
        if known is not None and known.kind == "Put":
            known.body["Item"] = record.serialize()
            known.record = record
            return
        body: dict[str, Any] = {"Item": record.serialize()}
        if condition:
            body["ConditionExpression"] = condition
            if names:  # DynamoDB refuses an empty map
                body["ExpressionAttributeNames"] = dict(names)
            if values:
                body["ExpressionAttributeValues"] = dict(values)
        if known is not None and known.kind == "ConditionCheck" and condition:
            del self._operations[slot]  # the write carries a condition on the same version
        self._add(record, "Put", body, refusal, slot)

    def _add(
        self,
        record: Record,
        kind: str,
        body: dict[str, Any],
        refusal: Refusal | type[Refusal],
        slot: _Slot | None = None,
    ) -> None:
        slot = slot or self._slot(record)
        if slot in self._operations:
            raise RuntimeError(f"two operations on one item of {slot[0]}")
        body["TableName"] = record.Meta.table_name
        self._operations[slot] = _Operation(kind, body, refusal, record if kind == "Put" else None)

    def _add_raw(
        self,
        table: type[Record],
        kind: str,
        body: dict[str, Any],
        names: Mapping[str, str] | None,
        values: Mapping[str, Any] | None,
        refusal: Refusal | type[Refusal],
    ) -> None:
        if names:
            body["ExpressionAttributeNames"] = dict(names)
        if values:
            body["ExpressionAttributeValues"] = dict(values)
        body["TableName"] = table.Meta.table_name
        key: Key = body["Key"]
        slot = table.Meta.table_name, *(value["S"] for value in key.values())
        if slot in self._operations:
            if kind == "ConditionCheck" and self._operations[slot].kind == "Put":
                return  # the record is written under its own condition
            raise RuntimeError(f"two operations on one item of {slot[0]}")
        self._operations[slot] = _Operation(kind, body, refusal)

    def _guard_idempotency(self) -> None:
        guard = self.scope.idempotency
        if guard is None or guard.is_written or not self._operations:
            return
        record = IdempotencyRecord.claimed(self.scope.chain_id, self.scope.actor.id, guard.key, guard.body_hash)
        self.create(record, refusal=Busy(KEY_IN_USE))

    def _write(self) -> None:
        operations = list(self._operations.values())
        items = Operations({operation.kind: operation.body} for operation in operations)
        token = uuid.uuid4().hex
        for attempt in range(TRIES_MAX):
            try:
                aws.client("dynamodb").transact_write_items(TransactItems=items, ClientRequestToken=token)
            except aws.ClientError as error:
                if not _may_be_retried(error, operations):
                    raise
                metrics.count(metrics.CONFLICTS_RETRIED)
                time.sleep(BACKOFF_S * 2**attempt * (0.5 + random.random()))
            else:
                if self.scope.idempotency is not None:
                    self.scope.idempotency.is_written = True
                return
        raise Busy()


def _may_be_retried(error: aws.ClientError, operations: list[_Operation]) -> bool:
    """Whether the transaction may be tried again; raises the refusal whose condition broke."""
    if aws.error_code(error) in _RETRIED_ERRORS:
        return True
    if aws.error_code(error) != "TransactionCanceledException":
        return False
    reasons = [str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])]
    for operation, reason in zip(operations, reasons, strict=False):
        if reason == "ConditionalCheckFailed":
            raise operation.refusal from None
    return any(reason in _RETRIED_REASONS for reason in reasons)


def retried(use_case: Callable[[], T], *, tries_max: int = 5) -> T:
    """Run a read-decide-write again when somebody else wrote first; it must re-read what it changes."""
    for attempt in range(tries_max):
        try:
            return use_case()
        except Stale:
            if attempt == tries_max - 1:
                raise Busy() from None
            metrics.count(metrics.CONFLICTS_RETRIED)
            time.sleep(BACKOFF_S * 2**attempt * (0.5 + random.random()))
    raise Busy()
