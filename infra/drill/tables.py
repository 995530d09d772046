"""The tables of one prefix brought back under another: from backups, or from any second of the last 35 days.

    python -m infra.drill.tables --from hospes-prod- --to hospes-prod-r1- --at 2026-03-08T20:00:00Z

DynamoDB restores into new tables only, and forgets what is no data: time to live and point-in-time recovery are set
anew here. The drill calls the same functions on the local engine, with backups, which are all that the engine has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

WAIT_EVERY_S = 5.0
WAIT_MAX_S = 6 * 3600.0  # AWS promises nothing; large tables take hours
SUM_BYTES = 16


@dataclass(frozen=True)
class Checksum:
    """What a table holds: how many items, and a sum over all of them that does not depend on their order."""

    items: int
    digest: str


def names_of(client: Any, prefix: str) -> list[str]:
    """The tables of a prefix, by their names without it."""
    found: list[str] = []
    for page in client.get_paginator("list_tables").paginate():
        found += [name.removeprefix(prefix) for name in page["TableNames"] if name.startswith(prefix)]
    return sorted(found)


def back_up(client: Any, prefix: str, names: Iterable[str], label: str) -> dict[str, str]:
    """A backup of each table, by its name; where each lies."""
    return {
        name: str(client.create_backup(TableName=prefix + name, BackupName=label)["BackupDetails"]["BackupArn"])
        for name in names
    }


def restore_backups(client: Any, backups: dict[str, str], prefix: str) -> None:
    """Make tables with a new prefix from backups, and wait until all are there."""
    for name, arn in backups.items():
        client.restore_table_from_backup(TargetTableName=prefix + name, BackupArn=arn)
    wait_active(client, [prefix + name for name in backups])


def restore_instant(client: Any, source: str, names: Iterable[str], prefix: str, at: datetime) -> None:
    """Make tables with a new prefix as those of `source` were at an instant, and wait until all are there."""
    wanted = list(names)
    for name in wanted:
        client.restore_table_to_point_in_time(
            SourceTableName=source + name, TargetTableName=prefix + name, RestoreDateTime=at
        )
    wait_active(client, [prefix + name for name in wanted])


def wait_active(client: Any, tables: Iterable[str], wait_s: float = WAIT_MAX_S) -> None:
    """Return when every table can be used. Raises TimeoutError."""
    ends_at = time.monotonic() + wait_s
    waiting = list(tables)
    while waiting:
        waiting = [one for one in waiting if client.describe_table(TableName=one)["Table"]["TableStatus"] != "ACTIVE"]
        if not waiting:
            return
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{len(waiting)} tables are not ready, the first is {waiting[0]}")
        time.sleep(WAIT_EVERY_S)


def time_to_live(client: Any, prefix: str, names: Iterable[str]) -> dict[str, str]:
    """The attribute that ends an item's life, by table, for those that have one."""
    found = {}
    for name in names:
        described = client.describe_time_to_live(TableName=prefix + name)["TimeToLiveDescription"]
        if described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
            found[name] = str(described["AttributeName"])
    return found


def equip(client: Any, prefix: str, names: Iterable[str], lives: dict[str, str]) -> None:
    """Give restored tables what a restore leaves out: time to live, and recovery of their own."""
    for name in names:
        table = prefix + name
        if name in lives:
            client.update_time_to_live(
                TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": lives[name]}
            )
        client.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def checksum(client: Any, table: str) -> Checksum:
    """Read a whole table and add up what it holds. For drills and restores: it costs a read of everything."""
    total, items = 0, 0
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            content = json.dumps(item, sort_keys=True, default=_plain).encode()
            total += int.from_bytes(hashlib.blake2b(content, digest_size=SUM_BYTES).digest(), "big")
            items += 1
    return Checksum(items, f"{total % 2 ** (8 * SUM_BYTES):0{2 * SUM_BYTES}x}")


def checksums(client: Any, prefix: str, names: Iterable[str]) -> dict[str, Checksum]:
    """The checksum of every table."""
    return {name: checksum(client, prefix + name) for name in names}


def _plain(value: Any) -> Any:
    """Binary values as text; a set of values in order."""
    return value.hex() if isinstance(value, bytes) else str(value)


def main() -> int:
    """Restore the tables of a stage to an instant; the exit status."""
    parser = argparse.ArgumentParser(description="Restores all tables of a prefix to an instant, under a new prefix.")
    parser.add_argument("--from", dest="source", required=True, help="the prefix of the tables that there are")
    parser.add_argument("--to", required=True, help="the prefix of the tables to be made")
    parser.add_argument("--at", required=True, type=datetime.fromisoformat, help="the instant, with its zone")
    asked = parser.parse_args()
    client = boto3.client("dynamodb")
    names = names_of(client, asked.source)
    lives = time_to_live(client, asked.source, names)
    restore_instant(client, asked.source, names, asked.to, asked.at)
    equip(client, asked.to, names, lives)
    print(f"{len(names)} tables restored under {asked.to}. Reconcile before anything sweeps: see docs/runbook.md.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
