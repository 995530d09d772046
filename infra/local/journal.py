"""What makes the local stack survive kill -9: every change is in a file before its answer leaves.

A log holds changes of items as they turned out, not requests, so replay is exact, needs no clock and takes about a
microsecond an item. Tables, queues, topics and identities are small: they are written whole whenever one changes.
A forked child writes a snapshot while requests go on; older files then go. No fsync: this survives the process, not
the machine's power.
"""

from __future__ import annotations

import gc
import logging
import marshal
import os
import struct
import time
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local import items, tuning
from infra.local.emulator import dynamodb, ses, ses_v2, sns, sqs

logger = logging.getLogger("journal")

HEADER = struct.Struct("<II")  # length and CRC-32 of what follows
SNAPSHOT_RECORD_ITEMS = 500
LOG_BYTES_MIN = 64 * 1024 * 1024  # a log shorter than this is never worth a snapshot
RECORD_BYTES_MAX = 256 * 1024 * 1024  # a length beyond this is damage, not a record

CONTROL, CHANGES, END = "control", "changes", "end"
# Everything that is not an item, by name: small, and written whole.
STORES: dict[str, Any] = {
    "tags": dynamodb._tags,
    "ttl": dynamodb._ttl_settings,
    "pitr": dynamodb._pitr_settings,
    "topics": sns._topics,
    "subscriptions": sns._sub_arn_to_topic,
    "queue_urls": sqs._queue_name_to_url,
    "identities": ses_v2._identities,
    "identities_v1": ses._identities,
    "configuration_sets": ses_v2._config_sets,
    "ses_tags": ses_v2._ses_tags,
    "templates": ses._templates,
    "account": ses._account_details,
}
NOT_KEPT_OF_A_TABLE = ("items", dynamodb._INDEX_MEMBERS, "ItemCount", "TableSizeBytes")
NOT_KEPT_OF_A_QUEUE = ("messages", "dedup_cache")


class Damaged(Exception):
    """A file of the journal cannot be read to its end."""


class Journal:
    """The log and the snapshots in one folder."""

    def __init__(self, folder: Path, log_bytes_min: int = LOG_BYTES_MIN) -> None:
        self._folder = folder
        self._log_bytes_min = log_bytes_min
        self._control = b""
        self._number = 0
        self._log = -1
        self._log_bytes = 0
        self._snapshot_bytes = 0
        self._child = 0
        folder.mkdir(parents=True, exist_ok=True)

    # -- starting ---------------------------------------------------------------------------------------------

    def open(self) -> int:
        """Bring the state back and open the log for writing; how many items there are."""
        gc.disable()
        snapshots, logs = self._files("snapshot"), self._files("log")
        number = max(snapshots, default=0)
        if number:
            self._snapshot_bytes = snapshots[number].stat().st_size
            self._replay(snapshots[number], must_end=True)
        wanted = sorted(n for n in logs if n >= number)
        for n in wanted:
            self._replay(logs[n], may_be_torn=n == wanted[-1])
        self._number = wanted[-1] if wanted else max(number, 1)
        self._open_log()
        self._forget_before(number)
        count = recount()
        items.changes.clear()
        tuning.tokens_stored.clear()
        # The state is long-lived: without this every full collection would walk it.
        gc.collect()
        gc.freeze()
        gc.enable()
        return count

    def _files(self, kind: str) -> dict[int, Path]:
        found = {}
        for path in self._folder.glob(f"{kind}.*"):
            suffix = path.suffix[1:]
            if suffix.isdigit():
                found[int(suffix)] = path
        return found

    def _open_log(self) -> None:
        path = self._folder / f"log.{self._number:06d}"
        self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._log_bytes = os.fstat(self._log).st_size

    def _replay(self, path: Path, may_be_torn: bool = False, must_end: bool = False) -> None:
        good, ended = 0, False
        tables = tables_by_arn()
        with path.open("rb") as file:
            for kind, content, position in records(file):
                good = position
                if kind == CHANGES:
                    apply(tables, content)
                elif kind == CONTROL:
                    restore_control(content)
                    self._control = marshal.dumps(content, items.MARSHAL_VERSION)
                    tables = tables_by_arn()
                else:
                    ended = True
        size = path.stat().st_size
        if good < size and may_be_torn:
            logger.warning("%s ends in %d bytes of a record that was never answered", path.name, size - good)
            os.truncate(path, good)
        elif good < size or (must_end and not ended):
            raise Damaged(f"{path} is damaged at byte {good} of {size}")

    # -- writing ----------------------------------------------------------------------------------------------

    def note(self) -> None:
        """Write what the last request changed of the items."""
        if not items.changes and not tuning.tokens_stored:
            return
        self._write(CHANGES, (items.changes, tuning.tokens_stored))
        items.changes.clear()
        tuning.tokens_stored.clear()

    def note_control(self) -> None:
        """Write tables, queues, topics and identities, if they changed."""
        content = control()
        packed = marshal.dumps(content, items.MARSHAL_VERSION)
        if packed != self._control:
            self._control = packed
            self._write(CONTROL, content)

    def _write(self, kind: str, content: Any) -> None:
        record = framed(kind, content)
        written = os.write(self._log, record)
        if written != len(record):
            raise OSError(f"the disk took {written} of {len(record)} bytes")
        self._log_bytes += written

    # -- snapshots --------------------------------------------------------------------------------------------

    def tend(self) -> None:
        """Now and then: start a snapshot when the log has outgrown it, and finish one that is done."""
        if self._child:
            self._reap()
        elif self._log_bytes > max(self._log_bytes_min, self._snapshot_bytes):
            self.snapshot()

    def snapshot(self) -> None:
        """Begin a new log and let a child write down the state before it."""
        os.close(self._log)
        self._number += 1
        self._open_log()
        with warnings.catch_warnings():
            # The child touches nothing that another thread could hold: it writes a file and exits.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child = os.fork()
        if self._child == 0:
            status = 1
            try:
                gc.disable()
                write_snapshot(self._folder / f"snapshot.{self._number:06d}")
                status = 0
            finally:
                os._exit(status)

    def _reap(self) -> None:
        child, status = os.waitpid(self._child, os.WNOHANG)
        if child == 0:
            return
        self._child = 0
        snapshots = self._files("snapshot")
        if status == 0 and snapshots:
            newest = max(snapshots)
            self._snapshot_bytes = snapshots[newest].stat().st_size
            self._forget_before(newest)
        else:
            logger.error("a snapshot failed; the log goes on")
            self._snapshot_bytes = self._log_bytes + self._log_bytes_min

    def _forget_before(self, number: int) -> None:
        for kind in ("snapshot", "log"):
            for n, path in self._files(kind).items():
                if n < number:
                    path.unlink(missing_ok=True)
        for path in self._folder.glob("*.part"):
            if not self._child:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop writing; everything is in the file already."""
        os.close(self._log)


# -- records ---------------------------------------------------------------------------------------------------


def framed(kind: str, content: Any) -> bytes:
    """A record: header and content."""
    body = marshal.dumps((kind, content), items.MARSHAL_VERSION)
    return HEADER.pack(len(body), zlib.crc32(body)) + body


def records(file: Any) -> Iterator[tuple[str, Any, int]]:
    """Every complete record and the position behind it."""
    position = 0
    while len(header := file.read(HEADER.size)) == HEADER.size:
        length, checksum = HEADER.unpack(header)
        if length > RECORD_BYTES_MAX:
            return
        body = file.read(length)
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        position += HEADER.size + length
        kind, content = marshal.loads(body)
        yield kind, content, position


def tables_by_arn() -> dict[str, dict[str, Any]]:
    """Every table under the name its changes carry."""
    return {table["TableArn"]: table for table in dynamodb._tables.all_values()}


def apply(tables: dict[str, dict[str, Any]], content: Any) -> None:
    """Carry changes into the tables."""
    changes, tokens = content
    for arn, pk, sk, packed in changes:
        table = tables.get(arn)
        if table is None:
            continue
        kept = items.items_of(table)
        if packed is not None:
            kept.partition(pk).put(sk, packed)
        elif pk in kept:
            kept[pk].remove(sk)
            if not kept[pk]:
                del kept[pk]
    for account, region, token, digest, response, sizes, completed_at in tokens:
        if time.time() - completed_at < dynamodb._TXN_TOKEN_TTL:
            kept_token = {
                "signature": tuning.Digest(digest),
                "response": response,
                "sizes": sizes,
                "completed_at": completed_at,
            }
            dynamodb._txn_idempotency.set_scoped(account, region, token, kept_token)


def recount() -> int:
    """Bring every table's item count up to date; the sum."""
    total = 0
    for table in dynamodb._tables.all_values():
        table["ItemCount"] = sum(len(partition) for partition in items.items_of(table).values())
        table["TableSizeBytes"] = table["ItemCount"] * 200
        total += table["ItemCount"]
    return total


# -- everything that is not an item ----------------------------------------------------------------------------


def control() -> dict[str, Any]:
    """Tables without their items, queues without their messages, topics, identities and the rest."""
    content = {name: dict(store._data) for name, store in STORES.items()}
    content["tables"] = {
        key: {name: value for name, value in table.items() if name not in NOT_KEPT_OF_A_TABLE}
        for key, table in dynamodb._tables.all_items()
    }
    content["queues"] = {
        key: {name: value for name, value in queue.items() if name not in NOT_KEPT_OF_A_QUEUE}
        for key, queue in sqs._queues.all_items()
    }
    for queue in content["queues"].values():
        queue["attributes"] = {n: v for n, v in queue["attributes"].items() if not n.startswith("Approximate")}
    return content


def restore_control(content: dict[str, Any]) -> None:
    """Put back what `control` took."""
    for name, store in STORES.items():
        store._data.clear()
        store._data.update(content[name])
    kept = {key: items.items_of(table) for key, table in dynamodb._tables.all_items()}
    dynamodb._tables.clear()
    for key, table in content["tables"].items():
        restored = {**table, "items": kept.get(key, items.Items()), "ItemCount": 0, "TableSizeBytes": 0}
        dynamodb._tables.set_scoped(*key, restored)
    sqs._queues.clear()
    for key, queue in content["queues"].items():
        sqs._queues.set_scoped(*key, {**queue, "messages": [], "dedup_cache": {}})


def write_snapshot(path: Path) -> None:
    """Write the whole state to a file that appears only when it is complete."""
    part = path.with_name(path.name + ".part")
    with part.open("wb", buffering=1024 * 1024) as file:
        file.write(framed(CONTROL, control()))
        batch: list[items.Change] = []
        for table in dynamodb._tables.all_values():
            arn = table["TableArn"]
            for pk, partition in items.items_of(table).items():
                for sk, packed in partition.packed_items():
                    batch.append((arn, pk, sk, packed))
                    if len(batch) >= SNAPSHOT_RECORD_ITEMS:
                        file.write(framed(CHANGES, (batch, [])))
                        batch = []
        tokens = [
            (*key, entry["signature"].value, entry["response"], entry["sizes"], entry["completed_at"])
            for key, entry in dynamodb._txn_idempotency.all_items()
        ]
        file.write(framed(CHANGES, (batch, tokens)))
        file.write(framed(END, None))
    part.rename(path)
